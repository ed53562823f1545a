"""Synthesised voices with wide random parameters: one function per way of making a sound, listed by class."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from training.tagger.voices import cymbals, effects, electro, hands, membranes, metals, singing, tonal

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
    "bass": (tonal.bass, tonal.sub, tonal.acid, tonal.string_bass),
    "guitar": (tonal.guitar, tonal.guitar, tonal.overdriven, tonal.strummed),
    "keys": (tonal.piano, tonal.organ, tonal.electric_piano),
    "strings": (tonal.bowed, tonal.ensemble, tonal.pizzicato),
    "brass": (tonal.brass,),
    "woodwind": (tonal.flute, tonal.reed),
    "mallet": (tonal.bar, tonal.bar, tonal.chime),
    "synth": (tonal.pad, tonal.pad, tonal.lead, tonal.pluck_note, tonal.stab),
    "vocal": (singing.sung, singing.sung, singing.choir, singing.shout),
    "fx": (
        effects.riser, effects.downlifter, effects.noise_sweep, effects.impact, effects.vinyl, effects.glitch,
        effects.laser, effects.reverse, effects.ambience, effects.scrape, effects.siren, effects.bubbles,
    ),
}  # fmt: skip
