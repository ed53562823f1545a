"""Sounds as an MP3 leaves them: many behind each other in one file, there and back with libsndfile (LAME, mpg123)."""

from __future__ import annotations

import io

import numpy as np
import soundfile

from daemon.engines.classifier.image import RATE_HZ
from training.tagger.sound import Mono
from training.tagger.voices.dsp import Rng

_GAP = 4410
_LEAST_KBIT, _MOST_KBIT = 32, 320  # what libsndfile's compression levels 1 and 0 stand for at this rate
_BITRATES_KBIT = (48, 64, 96, 128)


def through_mp3(rng: Rng, sounds: list[Mono]) -> list[Mono]:
    """The same sounds, encoded and decoded; each keeps its place (the decoder removes the encoder's delay)."""
    if not sounds:
        return []
    gap = np.zeros(_GAP, np.float32)
    joined = np.concatenate([part for sound in sounds for part in (0.9 * sound, gap)]).astype(np.float32)
    level = (_MOST_KBIT - int(rng.choice(_BITRATES_KBIT))) / (_MOST_KBIT - _LEAST_KBIT)
    packed = io.BytesIO()
    soundfile.write(
        packed, joined, RATE_HZ, format="MP3", subtype="MPEG_LAYER_III",
        compression_level=level, bitrate_mode="CONSTANT",
    )  # fmt: skip
    packed.seek(0)
    decoded, _ = soundfile.read(packed, dtype="float32")
    decoded = np.pad(decoded, (0, max(joined.size - decoded.size, 0)))
    out, at = [], 0
    for sound in sounds:
        out.append(decoded[at : at + sound.size].copy())
        at += sound.size + _GAP
    return out
