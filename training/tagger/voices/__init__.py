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
from training.tagger.voices.dsp import air

Voice = Callable[[np.random.Generator], NDArray[np.float64]]


def _struck(*voices: Voice) -> tuple[Voice, ...]:
    """The same, as recordings of struck things have them (`air`)."""

    def recorded(voice: Voice) -> Voice:
        return lambda rng: air(rng, voice(rng))

    return tuple(recorded(voice) for voice in voices)


VOICES: dict[str, tuple[Voice, ...]] = {
    "kick": (*_struck(membranes.kick, membranes.kick), electro.kick, electro.kick, electro.fm_kick),
    "snare": (
        *_struck(membranes.snare, membranes.snare, membranes.snares_off), electro.snare, electro.snare,
    ),
    "rim": (*_struck(membranes.side_stick, membranes.side_stick), electro.rim),
    "clap": (*_struck(hands.clap, hands.dry_clap, hands.crowd_clap), electro.clap),
    "snap": (*_struck(hands.snap, hands.snap), electro.snap),
    "closed-hat": (
        *_struck(cymbals.closed_hat, cymbals.closed_hat, cymbals.pedal_hat), electro.closed_hat,
    ),
    "open-hat": (
        cymbals.open_hat, cymbals.open_hat, cymbals.half_open_hat, cymbals.loose_hat, electro.open_hat,
    ),
    "tom": (*_struck(membranes.tom, membranes.tom), electro.tom),
    "crash": (cymbals.crash, cymbals.crash, cymbals.splash, cymbals.china, cymbals.soft_cymbal, electro.crash),
    "ride": (cymbals.ride, cymbals.ride, cymbals.ride_bell, cymbals.ride_bell, electro.ride),
    "shaker": (hands.shaker, hands.shaker, hands.maraca),
    "tambourine": (*_struck(hands.tambourine, hands.tambourine), electro.tambourine),
    "cowbell": (*_struck(metals.cowbell), electro.cowbell),
    "hand-drum": _struck(
        membranes.conga, membranes.bongo, membranes.djembe, membranes.tabla, membranes.cajon,
        membranes.timbale,
    ),
    "perc": (
        *_struck(
            metals.woodblock, metals.claves, metals.triangle, metals.agogo, metals.glass, metals.bell,
            metals.tin, metals.jingle, metals.sticks, hands.vibraslap,
        ),
        hands.guiro, hands.cuica, electro.blip, electro.zap,
    ),
    "bass": (basses.bass, basses.sub, basses.acid, basses.string_bass),
    "guitar": (strings.guitar, strings.guitar, strings.overdriven, strings.strummed),
    "keys": (keys.piano, keys.organ, keys.electric_piano),
    "strings": (strings.bowed, strings.ensemble, strings.pizzicato),
    "brass": (winds.brass,),
    "woodwind": (winds.flute, winds.reed),
    "mallet": _struck(mallets.bar, mallets.bar, mallets.chime),
    "synth": (synths.pad, synths.pad, synths.lead, synths.pluck_note, synths.stab, synths.plain),
    "vocal": (singing.sung, singing.sung, singing.choir, singing.shout),
    "fx": (
        effects.riser, effects.downlifter, effects.noise_sweep, effects.impact, effects.vinyl, effects.glitch,
        effects.laser, effects.reverse, effects.ambience, effects.scrape, effects.siren, effects.bubbles,
    ),
}  # fmt: skip
