"""Onsets of a stem: where each hit or note begins, to about a millisecond, in bounded memory."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import maximum_filter1d, median_filter, uniform_filter1d

from daemon.steps.slicing.attack import Envelopes
from daemon.steps.slicing.novelty import FPS, hop_frames, novelty

Read = Callable[[int, int], NDArray[np.float32]]
"""(start_frames, length_frames) -> (channels, length) float32."""

_CHUNK_S = 30.0
_CONTEXT_S = 1.5  # heard before and after a chunk, so that its borders leave no trace


@dataclass(frozen=True, slots=True)
class Sensitivity:
    """threshold: mean rise over all bands (dB) that an onset must exceed. above_local: multiple of the local
    median added to it. min_gap_s: of two onsets closer than this the weaker goes."""

    threshold: float = 1.5
    above_local: float = 1.0
    min_gap_s: float = 0.0135


@dataclass(frozen=True, slots=True)
class Onset:
    """frame: start of the attack. strength: mean rise over the bands in dB."""

    frame: int
    strength: float


def pick(curve: NDArray[np.float32], how: Sensitivity) -> NDArray[np.intp]:
    """Frames of `curve` that are peaks above the adaptive threshold."""
    smooth = uniform_filter1d(curve, 3)
    local = median_filter(curve, int(0.2 * FPS) | 1)
    reach = max(int(how.min_gap_s * FPS), 1)
    peaks = smooth == maximum_filter1d(smooth, 2 * reach + 1)
    return np.flatnonzero(peaks & (smooth > how.threshold + how.above_local * local))


def _chunk(audio: NDArray[np.float32], rate: int, peak: float, how: Sensitivity) -> list[Onset]:
    curve = novelty(audio, rate, peak)
    hop = hop_frames(rate)
    envelopes = Envelopes(audio, rate, peak)
    return [Onset(envelopes.attack_start(int(i) * hop), float(curve[i])) for i in pick(curve, how)]


def _thin(onsets: Iterator[Onset], gap_frames: int) -> list[Onset]:
    kept: list[Onset] = []
    for onset in onsets:
        if kept and onset.frame - kept[-1].frame < gap_frames:
            kept[-1] = Onset(kept[-1].frame, max(kept[-1].strength, onset.strength))
        else:
            kept.append(onset)
    return kept


def detect(
    read: Read,
    frames: int,
    rate: int,
    peak: float,
    how: Sensitivity = Sensitivity(),
    tick: Callable[[float], None] = lambda _fraction: None,
) -> list[Onset]:
    """Onsets in order. peak: largest absolute sample of the file; tick: told the fraction done, once a chunk.

    Memory depends on the chunk and the channels, never on `frames`.
    """
    size, context = int(_CHUNK_S * rate), int(_CONTEXT_S * rate)
    found: list[Onset] = []
    for start in range(0, frames, size):
        first, last = max(start - context, 0), min(start + size + context, frames)
        local = _chunk(read(first, last - first), rate, peak, how)
        end = start + size
        found += [Onset(o.frame + first, o.strength) for o in local if start <= o.frame + first < end]
        tick(min(end / frames, 1.0))
    return _thin(iter(sorted(found, key=lambda o: o.frame)), int(how.min_gap_s * rate))
