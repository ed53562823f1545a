"""Sounds as an MP3 leaves them: many behind each other in one file, there and back with ffmpeg."""

from __future__ import annotations

import subprocess

import numpy as np

from daemon.engines.classifier.image import RATE_HZ
from training.tagger.sound import Mono
from training.tagger.voices.dsp import Rng

_GAP = 4410
_BITRATES = ("48k", "64k", "96k", "128k")


def through_mp3(rng: Rng, sounds: list[Mono]) -> list[Mono]:
    """The same sounds, encoded and decoded; each keeps its place (ffmpeg removes the encoder's delay)."""
    if not sounds:
        return []
    gap = np.zeros(_GAP, np.float32)
    joined = np.concatenate([part for sound in sounds for part in (0.9 * sound, gap)]).astype("<f4")
    raw = ["-f", "f32le", "-ar", str(RATE_HZ), "-ac", "1"]
    quiet = ["ffmpeg", "-v", "error", "-threads", "1"]
    encoder = ["-c:a", "libmp3lame", "-b:a", str(rng.choice(_BITRATES)), "-f", "mp3", "-"]
    packed = subprocess.run(
        [*quiet, *raw, "-i", "-", *encoder], input=joined.tobytes(), check=True, capture_output=True
    )
    back = subprocess.run(
        [*quiet, "-f", "mp3", "-i", "-", *raw, "-"], input=packed.stdout, check=True, capture_output=True
    )
    decoded = np.frombuffer(back.stdout, "<f4")
    decoded = np.pad(decoded, (0, max(joined.size - decoded.size, 0)))
    out, at = [], 0
    for sound in sounds:
        out.append(decoded[at : at + sound.size].copy())
        at += sound.size + _GAP
    return out
