"""Measures what the demo delivered, with numpy and libsndfile and none of roadie's own signal code."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import soundfile
from numpy.typing import NDArray

AUDIBLE_DB = -60.0
"""A file whose peak is below this counts as silent."""
CLIPPED_RUN = 3
"""So many samples in a row at an integer format's end count as clipped; a single one may just touch it."""
_AUDIO = frozenset({".wav", ".flac", ".aiff", ".ogg", ".mp3"})


@dataclass(frozen=True, slots=True)
class StemScore:
    """SDR in dB of a stem against the part it should be; mixture_db: of the whole mixture taken as that stem."""

    stem: str
    sdr_db: float
    mixture_db: float

    @property
    def gain_db(self) -> float:
        return self.sdr_db - self.mixture_db


@dataclass(frozen=True, slots=True)
class Level:
    """peak_db: dBFS, -inf for digital silence."""

    path: Path
    peak_db: float
    clipped: bool

    @property
    def silent(self) -> bool:
        return self.peak_db < AUDIBLE_DB


def stem_scores(mix: Path, parts: Mapping[str, Path], stems: Mapping[str, Path]) -> list[StemScore]:
    """For each stem of which the true part is known. All files have the mix's rate and length."""
    whole = _samples(mix)
    scores = []
    for name in stems:
        if name in parts:
            true = _samples(parts[name])
            scores.append(StemScore(name, sdr_db(true, _samples(stems[name])), sdr_db(true, whole)))
    return scores


def sdr_db(true: NDArray[np.float64], estimate: NDArray[np.float64]) -> float:
    """Signal to distortion in dB: 10 log10(|s|^2 / |s - e|^2), as in the Music Demixing Challenge 2021.

    true, estimate: (frames, channels) of one shape. Raises ValueError when the shapes differ.
    """
    if true.shape != estimate.shape:
        raise ValueError(f"a stem of shape {estimate.shape} cannot be compared with a part of {true.shape}")
    error = float(np.sum((true - estimate) ** 2))
    return float(10 * np.log10(max(float(np.sum(true**2)), 1e-20) / max(error, 1e-20)))


def levels(paths: Iterable[Path]) -> list[Level]:
    """Of every audio file among the paths."""
    return [_level(path) for path in paths if path.suffix.lower() in _AUDIO]


def _level(path: Path) -> Level:
    samples = np.abs(_samples(path))
    peak = float(samples.max()) if samples.size else 0.0
    with np.errstate(divide="ignore"):
        peak_db = float(20 * np.log10(peak))
    return Level(path, peak_db, _clipped(path, samples))


def _clipped(path: Path, magnitudes: NDArray[np.float64]) -> bool:
    """Float has no end to clip at."""
    subtype = soundfile.info(str(path)).subtype
    bits = {"PCM_16": 16, "PCM_24": 24, "PCM_32": 32}.get(subtype)
    if bits is None:
        return False
    full = magnitudes >= 1 - 2.0 ** (1 - bits)
    runs = full[CLIPPED_RUN - 1 :].copy()
    for back in range(1, CLIPPED_RUN):
        runs &= full[CLIPPED_RUN - 1 - back : len(full) - back]
    return bool(runs.any())


def _samples(path: Path) -> NDArray[np.float64]:
    """(frames, channels), full scale 1."""
    samples: NDArray[np.float64] = soundfile.read(str(path), dtype="float64", always_2d=True)[0]
    return samples
