"""Onsets of a stem: where each hit or note begins, to about a millisecond, in bounded memory."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import maximum_filter1d, median_filter, uniform_filter1d

from daemon.steps.slicing.attack import Envelopes
from daemon.steps.slicing.evidence import gather, likelihood
from daemon.steps.slicing.novelty import FPS, hop_frames, listen, novelty

Read = Callable[[int, int], NDArray[np.float32]]
"""(start_frames, length_frames) -> (channels, length) float32."""

_CHUNK_S = 30.0
_LEAD_S = 0.05
_OPENING_S, _OPENING_DB = 0.01, -46.0
_CLOSING_S = 0.025  # where a file stops in mid-sound, its end looks like an attack
_LIKELY = 0.27  # where misses and false onsets balance on fonts that were left out of a training
_TREBLE_HZ = (
    32000  # the weights lean on treble: without it, by a lower rate, a plain threshold is the better judge
)
_PLAIN_DB = 1.5
_CONTEXT_S = 1.5  # heard before and after a chunk, so that its borders leave no trace


@dataclass(frozen=True, slots=True)
class Sensitivity:
    """threshold: mean rise over all bands (dB) that an onset must exceed; None lets the weights trained on drums
    decide where the rate has treble. above_local: multiple of the local median added to it. min_gap_s: two onsets
    closer than this are one. spread: see `listen`."""

    threshold: float | None = None
    above_local: float = 1.5
    min_gap_s: float = 0.0135
    spread: int = 0


@dataclass(frozen=True, slots=True)
class Onset:
    """frame: start of the attack. strength: mean rise over the bands in dB."""

    frame: int
    strength: float


def pick(curve: NDArray[np.float32], how: Sensitivity) -> NDArray[np.intp]:
    """Frames of `curve` that are peaks above the adaptive threshold."""
    threshold = _PLAIN_DB if how.threshold is None else how.threshold
    smooth = uniform_filter1d(curve, 3)
    local = median_filter(curve, int(0.2 * FPS) | 1)
    reach = max(int(how.min_gap_s * FPS), 1)
    peaks = smooth == maximum_filter1d(smooth, 2 * reach + 1)
    return np.flatnonzero(peaks & (smooth > threshold + how.above_local * local))


def _chunk(audio: NDArray[np.float32], rate: int, peak: float, how: Sensitivity) -> list[Onset]:
    low, high = listen(audio, rate, peak, how.spread)
    curve = novelty(low, high)
    hop = hop_frames(rate)
    envelopes = Envelopes(audio, rate, peak)
    if how.threshold is None and rate >= _TREBLE_HZ:
        evidence = gather(low, high, curve)
        frames = evidence.frames[likelihood(evidence.values) > _LIKELY]
    else:
        frames = pick(curve, how)
    return [Onset(envelopes.attack_start(int(i) * hop), float(curve[i])) for i in frames]


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
    hop = hop_frames(rate)
    # Chunks begin on whole hops, so that a sound is seen alike in whichever chunk it lies.
    size, context, lead = (max(int(part * rate) // hop, 1) * hop for part in (_CHUNK_S, _CONTEXT_S, _LEAD_S))
    found: list[Onset] = []
    for start in range(0, frames, size):
        first, last = max(start - context, 0), min(start + size + context, frames)
        audio = read(first, last - first)
        if first == 0:  # silence before the file, from which a sound that begins it can rise
            audio, first = np.pad(audio, ((0, 0), (lead, 0))), -lead
        local = _chunk(audio, rate, peak, how)
        end = min(start + size, frames - int(_CLOSING_S * rate))
        if start == 0 and not _begins_at_once(audio[:, lead:], rate, peak):
            local = [o for o in local if o.frame > lead + int(_OPENING_S * rate)]
        found += [
            Onset(max(o.frame + first, 0), o.strength) for o in local if _within(o.frame + first, start, end)
        ]
        tick(last / frames)
    return _thin(iter(sorted(found, key=lambda o: o.frame)), int(how.min_gap_s * rate))


def _begins_at_once(audio: NDArray[np.float32], rate: int, peak: float) -> bool:
    """Whether what the file begins with is a sound, not the noise floor that it is full of."""
    return float(np.abs(audio[:, : int(0.03 * rate)]).max(initial=0.0)) > peak * 10 ** (_OPENING_DB / 20)


def _within(frame: int, start: int, end: int) -> bool:
    return (start <= frame or start == 0) and frame < end
