"""Marching drums and hand cymbals of MuseScore's sound font: they lie outside General MIDI's map, so their recordings
are taken from the file by name. Most of the rims that are to be had are among them."""

from __future__ import annotations

import io
import re
import struct
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import soundfile
import soxr
from numpy.typing import NDArray

from daemon.engines.classifier.image import RATE_HZ
from training.tagger.sound import Sound, tidy

_CLASSES = (
    (r"M(Bass|Tnr)-\w+ rim \d", "rim"), (r"MSnr-rim \d", "rim"),
    (r"MSnr-(hit|rim shot|stick shot) \d", "snare"), (r"MTnr-\w+ (hit|mute) \d", "tom"),
    (r"MSnr-(backstick|stick click|shell) \d", "perc"), (r"MTnr-mallet click \d", "perc"),
    (r"MCym1 crash .*", "crash"), (r"58_\d+_(HALFCRASH|CRASHCHOKE|SMASH)1", "crash"),
    (r"58_\d+_HIHAT1", "closed-hat"), (r"58_\d+_SIZZLE1", "open-hat"),
)  # fmt: skip
"""Names of recordings and their class. Bass drums that are hit are neither kicks nor toms, taps of hand cymbals neither
rides nor crashes: they are left out."""
_HEADER = struct.Struct("<20sIIIIIBbHH")
_OGG = 0x10  # of a recording's type: compressed, which is what makes a .sf3


def sounds(font: Path) -> Iterator[Sound]:
    """Their recordings, from a compressed font (.sf3)."""
    for name, rate_hz, audio in recordings(font):
        label = next((label for pattern, label in _CLASSES if re.fullmatch(pattern, name)), None)
        if label is None:
            continue
        mono = np.asarray(soxr.resample(audio, rate_hz, RATE_HZ), np.float32)
        if (sound := tidy(mono)) is not None:
            yield Sound(label, f"musescore:marching:{name}", sound)


def recordings(font: Path) -> Iterator[tuple[str, int, NDArray[np.float32]]]:
    """(name, rate in hertz, mono) of all compressed recordings of a font: SoundFont 2.01, section 7.10, with Ogg
    streams where SoundFont has samples."""
    data = font.read_bytes()
    (size,) = struct.unpack_from("<I", data, (at := data.rfind(b"shdr")) + 4)
    start = data.find(b"smpl", data.find(b"sdta")) + 8
    for offset in range(at + 8, at + 8 + size - _HEADER.size, _HEADER.size):
        name, first, end, _, _, rate_hz, _, _, _, kind = _HEADER.unpack_from(data, offset)
        if kind & _OGG:
            audio, _ = soundfile.read(
                io.BytesIO(data[start + first : start + end]), dtype="float32", always_2d=True
            )
            yield name.split(b"\0")[0].decode("latin-1"), rate_hz, audio.mean(axis=1)
