"""All measures of one sound that is held in memory.

`measure_sound` is what a scan calls for each one-shot and loop, with the samples it has decoded anyway: a few
milliseconds for a sound of half a second (`bench/measures.py`). Loudness and true peak are not among them: who decodes
block by block has a `daemon.audio.loudness.LoudnessMeter` running already.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from daemon.engines.classifier.measures import measure
from daemon.kernel.types import Json
from daemon.steps.measuring.ends import clipped_frames, silence_s
from daemon.steps.measuring.pitch import pitch_of
from daemon.steps.measuring.stereo import width
from daemon.steps.measuring.wrap import loopability

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
    before_s, after_s = silence_s(audio, rate_hz)
    told: dict[str, Json] = {
        "brightness_hz": round(plain.brightness_hz, 1),
        "attack_s": round(plain.attack_s, 4),
        "decay_s": round(plain.decay_s, 3),
        "noisiness": round(plain.noisiness, 3),
        "stereo_width": round(width(audio), 3),
        "silence_start_s": round(before_s, 4),
        "silence_end_s": round(after_s, 4),
        "clipped_frames": clipped_frames(audio),
    }
    pitch = pitch_of(audio, rate_hz)
    if pitch is not None:
        told |= {
            "root_note": pitch.note, "root_cents": round(pitch.cents, 1), "root_confidence": round(pitch.confidence, 3),
        }  # fmt: skip
    return told | loopability(audio, rate_hz, plain.hits, bpm_hint)
