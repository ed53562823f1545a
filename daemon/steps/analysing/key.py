"""Key: what the pitch classes of a sound, its bass, its chords, its beginning and its end say for each key.

Features are laid out from the tonic, so that one network scores all twelve; it takes the place of the profiles of
Krumhansl and Temperley and knows the modes of popular music, each of which counts as major or minor by its third.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import uniform_filter1d

from daemon.steps.analysing.chroma import FINE, PitchClasses, folded, tuning_cents
from daemon.steps.analysing.nets import Floats, net, shares

MAJOR_NAMES = ("C", "Db", "D", "Eb", "E", "F", "F#", "G", "Ab", "A", "Bb", "B")
MINOR_NAMES = ("Cm", "C#m", "Dm", "Ebm", "Em", "Fm", "F#m", "Gm", "G#m", "Am", "Bbm", "Bm")
_EDGE_FRAMES = 13  # about 1.2 s: songs begin and end on their tonic more often than not
_CHORD_FRAMES = 9
_LEAST_FRAMES = 4
_OPENING, _OPENING_BASS = 6, 8  # groups of features
_OPENING_WEIGHT = 2.0
_TUNED = (0.06, 0.11)
"""Of `tuned_beside_one`: 90 % of 600 made-up drum loops are below the first, 98 % below 0.09; 120 songs are above."""


@dataclass(frozen=True, slots=True)
class Key:
    """name: "Am", "C#m", "F". confidence: 0..1. tuning_cents: from A4 = 440 Hz."""

    name: str
    confidence: float
    tuning_cents: float


def key_of(frames: Sequence[NDArray[np.float16]]) -> Key | None:
    """The likeliest key of frames of `PitchClasses`, or None when nothing tuned was heard."""
    heard = np.array(frames) if frames else np.zeros((0, 3, 12 * FINE))
    cents = tuning_cents(heard)
    told = features(folded(heard, cents))
    if told is None:
        return None
    chances = shares(scores_of(net("key").scores(rotated(told)), told))
    best = int(np.argmax(chances))
    low, high = _TUNED
    tuned = float(np.clip((tuned_beside_one(heard) - low) / (high - low), 0, 1))
    name = (MAJOR_NAMES + MINOR_NAMES)[best]
    return Key(name, round(float(chances[best]) * tuned, 3), round(cents, 1))


def scores_of(learnt: Floats, told: Floats) -> Floats:
    """(24,): twelve major keys, then twelve minor ones. learnt: (12, 2) of the network; to it comes how much the
    beginning sounds like the tonic triad, which decides between a minor key and its relative major where both share
    all their chords."""
    opening = told[_OPENING] + told[_OPENING_BASS]
    return np.asarray(learnt.T.ravel() + _OPENING_WEIGHT * _correlations(opening))


def _correlations(classes: Floats) -> Floats:
    """(24,): of pitch classes with each major, then each minor triad; 0 where all classes are alike."""
    if classes.std() < 1e-9:
        return np.zeros(24)
    return np.array([np.corrcoef(classes, triad)[0, 1] for triad in _triads()])


def tuned_beside_one(frames: NDArray[np.floating]) -> float:
    """How much of what sounds keeps to semitones of one tuning, in each range without the pitch class that sounds most,
    which says nothing of a scale: 0 for any pitch alike or for one alone, near 1 for many on the spot. Every moment and
    every range counts alike, or loud drums would outweigh what is tuned between them. frames: of `PitchClasses`."""
    heard = frames[frames.any(axis=(1, 2))].astype(np.float32)
    if not len(heard):
        return 0.0
    each = np.einsum("nrp,nr->rp", heard, 1 / np.maximum(heard.sum(axis=2), 1e-6)) / len(heard)
    near = uniform_filter1d(each, FINE + 1, axis=1, mode="wrap")
    pitches = np.arange(12 * FINE)
    beside = np.abs((pitches - near.argmax(axis=1)[:, None] + 6 * FINE) % (12 * FINE) - 6 * FINE)
    turned = np.where(beside > FINE // 2 + 1, each, 0) @ np.exp(2j * np.pi * pitches / FINE)
    return float(np.abs(turned.sum()) / len(each))


def features(classes: Floats) -> Floats | None:
    """(groups, 12) from pitch classes (n, 3, 12), each group about how much of each class there is: by range, by
    range with every moment alike, at the beginning and the end, as roots of major and minor chords, as bass note."""
    loud = classes.sum(axis=(1, 2))
    if not loud.any():
        return None
    heard = classes[loud > 0.05 * np.percentile(loud, 95)]
    if len(heard) < _LEAST_FRAMES:
        return None
    each = heard.sum(axis=2, keepdims=True)
    usual = np.maximum(np.median(each, axis=0, keepdims=True), 1e-6)
    even = heard / (each + 1e-9) * np.minimum(each / usual, 2)
    full, bass = heard.sum(axis=1), heard[:, 0]
    groups = [heard[:, r].sum(axis=0) for r in range(3)] + [np.sqrt(even[:, r]).sum(axis=0) for r in range(3)]
    groups += [full[:_EDGE_FRAMES].sum(axis=0), full[-2 * _EDGE_FRAMES :].sum(axis=0)]
    groups += [bass[:_EDGE_FRAMES].sum(axis=0) + 1e-6, bass[-2 * _EDGE_FRAMES :].sum(axis=0) + 1e-6]
    chords = _chords(full + 0.7 * bass)
    shares_of = [group / (group.sum() + 1e-9) for group in groups]
    lowest = np.bincount(bass.argmax(axis=1), minlength=12) / len(bass)
    return np.array([*shares_of, chords[:12], chords[12:], lowest])


def _chords(classes: Floats) -> Floats:
    """(24,): share of the time that sounds like each major, then each minor triad."""
    smooth = uniform_filter1d(classes, _CHORD_FRAMES, axis=0)
    smooth /= np.linalg.norm(smooth, axis=1, keepdims=True) + 1e-9
    return np.asarray(shares(25 * smooth @ _triads().T).mean(axis=0))


@cache
def _triads() -> Floats:
    """(24, 12): major triads by their root, then minor ones, of length 1."""
    rows = [
        [float((pitch - tonic) % 12 in tones) for pitch in range(12)]
        for tones in ((0, 4, 7), (0, 3, 7))
        for tonic in range(12)
    ]
    return np.asarray(np.array(rows) / np.sqrt(3))


def rotated(told: Floats) -> Floats:
    """(12, groups * 12): the features as they look from each tonic."""
    return np.stack([np.roll(told, -tonic, axis=1).ravel() for tonic in range(12)])


def harmony_change(classes: Floats) -> Floats:
    """(n,): how much the pitch classes after each frame differ from those before, 0..1. classes: (n, 3, 12)."""
    chroma = classes.sum(axis=1)
    sums = np.concatenate([np.zeros((1, 12)), np.cumsum(chroma, axis=0)])
    reach, count = 4, len(chroma)
    at = np.arange(count)
    before = sums[at] - sums[np.maximum(at - reach, 0)]
    after = sums[np.minimum(at + reach, count)] - sums[at]
    unit = [part / np.maximum(np.linalg.norm(part, axis=1, keepdims=True), 1e-9) for part in (before, after)]
    return np.asarray(1 - (unit[0] * unit[1]).sum(axis=1))


def harmony_at(pitches: PitchClasses, at_s: Floats) -> Floats:
    """How much the harmony changes at these moments."""
    if not pitches.frames:
        return np.zeros(at_s.size)
    heard = np.array(pitches.frames)
    change = harmony_change(folded(heard, tuning_cents(heard)))
    # a window of the pitch classes is centred half a window after it begins
    centres_s = (np.arange(change.size) * pitches.hop + pitches.size / 2) / pitches.rate_hz
    return np.interp(at_s, centres_s, change)
