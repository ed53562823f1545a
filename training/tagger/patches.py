"""The freepats package: one Gravis Ultrasound patch for each drum and instrument of General MIDI."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import soxr

from daemon.engines.classifier.image import RATE_HZ
from training.tagger.classes import DRUM_KEYS, PROGRAMS
from training.tagger.sound import Mono, Sound, tidy
from training.tagger.voices.dsp import Rng

FOLDER = Path("/usr/share/midi/freepats")
_HEADER, _SAMPLE = 239, 96  # bytes before the first sample's header, and of each
_MAGIC = b"GF1PATCH110\0"
_LOOP = 4


def sounds(rng: Rng) -> Iterator[Sound]:
    """Every drum once, every instrument's samples at their pitch and shifted, held and short."""
    for path in sorted(FOLDER.glob("*_000/*.pat")):
        number = int(path.name[:3])
        drum = path.parent.name.startswith("Drum")
        label = (DRUM_KEYS if drum else PROGRAMS).get(number)
        if label is None:
            continue
        for wave, rate_hz, loop in read(path):
            variants = 1 if drum else 5
            for i in range(variants):
                shift = 0.0 if i == 0 else rng.uniform(-5, 5)
                audio = wave if drum or loop is None else _held(rng, wave, rate_hz, loop)
                audio = soxr.resample(audio, rate_hz * 2 ** (shift / 12), RATE_HZ, quality="HQ")
                if (sound := tidy(audio)) is not None:
                    yield Sound(label, f"freepats:{'drum' if drum else number}", sound, pitched=not drum)


def read(path: Path) -> list[tuple[Mono, int, tuple[int, int] | None]]:
    """(samples, rate in Hz, loop in frames or None) of each wave of a patch. Raises ValueError for other files."""
    data = path.read_bytes()
    if not data.startswith(_MAGIC):
        raise ValueError(f"{path} is no GF1 patch")
    count = data[198]  # samples in the first layer
    found, at = [], _HEADER
    for _ in range(count):
        size, start, end, rate_hz = struct.unpack_from("<IIIH", data, at + 8)
        modes = data[at + 55]
        raw = data[at + _SAMPLE : at + _SAMPLE + size]
        at += _SAMPLE + size
        wide, unsigned = bool(modes & 1), bool(modes & 2)
        values = np.frombuffer(
            raw[: len(raw) // 2 * 2] if wide else raw,
            ("<u2" if unsigned else "<i2") if wide else ("u1" if unsigned else "i1"),
        )
        scale = 32768.0 if wide else 128.0
        wave = (values.astype(np.float32) - (scale if unsigned else 0)) / np.float32(scale)
        step = 2 if wide else 1
        loop = (start // step, end // step) if modes & _LOOP and end - start > 16 * step else None
        found.append((wave, int(rate_hz), loop))
    return found


def _held(rng: Rng, wave: Mono, rate_hz: int, loop: tuple[int, int]) -> Mono:
    """Its attack, its loop for a random time, and a release."""
    first, last = loop
    length = int(rng.choice([0.2, 0.5, 1.2, 2.5]) * rate_hz)
    body = wave[first:last]
    turns = max(-(-(length - first) // max(body.size, 1)), 1)
    out = np.concatenate([wave[:first], np.tile(body, turns)])[:length].copy()
    release = min(int(rng.uniform(0.03, 0.2) * rate_hz), out.size)
    out[-release:] *= np.linspace(1, 0, release, dtype=np.float32)
    return out
