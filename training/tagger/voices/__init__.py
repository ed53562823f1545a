"""Synthesised voices with wide random parameters: one function per way of making a sound, listed by class."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from training.tagger.voices import (
    basses,
    cymbals,
    effects,
    electro,
    hands,
    keys,
    mallets,
    membranes,
    metals,
    singing,
    strings,
    synths,
    winds,
)

Voice = Callable[[np.random.Generator], NDArray[np.float64]]

VOICES: dict[str, tuple[Voice, ...]] = {
    "kick": (membranes.kick, membranes.kick, electro.kick, electro.kick, electro.fm_kick),
    "snare": (membranes.snare, membranes.snare, membranes.snares_off, electro.snare, electro.snare),
    "rim": (membranes.side_stick, membranes.side_stick, electro.rim),
    "clap": (hands.clap, hands.dry_clap, hands.crowd_clap, electro.clap),
    "snap": (hands.snap, hands.snap, electro.snap),
    "closed-hat": (cymbals.closed_hat, cymbals.closed_hat, cymbals.pedal_hat, electro.closed_hat),
    "open-hat": (
        cymbals.open_hat, cymbals.open_hat, cymbals.half_open_hat, cymbals.loose_hat, electro.open_hat,
    ),
    "tom": (membranes.tom, membranes.tom, electro.tom),
    "crash": (cymbals.crash, cymbals.crash, cymbals.splash, cymbals.china, cymbals.soft_cymbal, electro.crash),
    "ride": (cymbals.ride, cymbals.ride, cymbals.ride_bell, electro.ride),
    "shaker": (hands.shaker, hands.shaker, hands.maraca),
    "tambourine": (hands.tambourine, hands.tambourine, electro.tambourine),
    "cowbell": (metals.cowbell, electro.cowbell),
    "hand-drum": (membranes.conga, membranes.bongo, membranes.djembe, membranes.tabla, membranes.cajon),
    "perc": (
        metals.woodblock, metals.claves, metals.triangle, metals.agogo, metals.glass, metals.bell, hands.guiro,
        hands.vibraslap, electro.blip, electro.zap, metals.tin,
    ),
    "bass": (basses.bass, basses.sub, basses.acid, basses.string_bass),
    "guitar": (strings.guitar, strings.guitar, strings.overdriven, strings.strummed),
    "keys": (keys.piano, keys.organ, keys.electric_piano),
    "strings": (strings.bowed, strings.ensemble, strings.pizzicato),
    "brass": (winds.brass,),
    "woodwind": (winds.flute, winds.reed),
    "mallet": (mallets.bar, mallets.bar, mallets.chime),
    "synth": (synths.pad, synths.pad, synths.lead, synths.pluck_note, synths.stab),
    "vocal": (singing.sung, singing.sung, singing.choir, singing.shout),
    "fx": (
        effects.riser, effects.downlifter, effects.noise_sweep, effects.impact, effects.vinyl, effects.glitch,
        effects.laser, effects.reverse, effects.ambience, effects.scrape, effects.siren, effects.bubbles,
    ),
}  # fmt: skip
