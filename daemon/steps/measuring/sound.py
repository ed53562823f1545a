"""All measures of one sound that is held in memory.

A scan, which has the samples of each one-shot anyway, takes `edges` from here and the rest from the classifier.
Loudness and true peak are not among them: who decodes block by block has a `daemon.audio.loudness.LoudnessMeter`
running already.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from daemon.engines.classifier.measures import measure
from daemon.engines.classifier.pitch import pitch_of
from daemon.kernel.types import Json
from daemon.steps.measuring.ends import clipped_frames, silence_s
from daemon.steps.measuring.stereo import width
from daemon.steps.measuring.wrap import loopability, wraps

LONGEST_S = 30.0
"""Longer sounds are songs: of those, only the first so many seconds are looked at here."""


def measure_sound(audio: NDArray[np.float32], rate_hz: int, bpm_hint: float | None = None) -> dict[str, Json]:
    """Meta (the keys of `daemon.kernel.meta`) of audio (channels, n). bpm_hint: from the file's name or tags, evidence
    for how many bars a loop has, never taken over. Empty for silence (below -80 dBFS).

    Keys: brightness_hz, attack_s, decay_s, noisiness, stereo_width, silence_start_s, silence_end_s, clipped_frames;
    with a clear pitch root_note, root_cents, root_confidence; wraps; of what has several hits loop_confidence, and
    where its length can be told in bars, bars and bpm with bpm_confidence.
    """
    audio = audio[:, : int(LONGEST_S * rate_hz)]
    plain = measure(audio, rate_hz)
    if plain is None:
        return {}
    told: dict[str, Json] = {
        "brightness_hz": round(plain.brightness_hz, 1),
        "attack_s": round(plain.attack_s, 4),
        "decay_s": round(plain.decay_s, 3),
        "noisiness": round(plain.noisiness, 3),
        **edges(audio, rate_hz),
    }
    pitch = pitch_of(audio, rate_hz)
    if pitch is not None:
        told |= {
            "root_note": pitch.note, "root_cents": round(pitch.cents, 1), "root_confidence": round(pitch.confidence, 3),
        }  # fmt: skip
    return told | loopability(audio, rate_hz, plain.hits, bpm_hint)


def edges(audio: NDArray[np.float32], rate_hz: int) -> dict[str, Json]:
    """What needs no ear: stereo_width, silence_start_s, silence_end_s, clipped_frames, wraps."""
    before_s, after_s = silence_s(audio, rate_hz)
    return {
        "stereo_width": round(width(audio), 3),
        "silence_start_s": round(before_s, 4),
        "silence_end_s": round(after_s, 4),
        "clipped_frames": clipped_frames(audio),
        "wraps": wraps(audio, rate_hz),
    }
