"""Tempo, beats and bars of curves of new sound and of changing harmony.

The beat's period is the likeliest of all (`periods`), then followed through the piece (`beats`), then counted into bars
(`bars`). The tempo told is a fit through all beats, which is far finer than any lag: of a steady piece the slope of the
line through them, of one that wanders the number of beats over the time between the first and the last.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from daemon.steps.analysing.bars import find_bars
from daemon.steps.analysing.beats import pace, track
from daemon.steps.analysing.nets import Floats, net, shares
from daemon.steps.analysing.periods import Rhythm, candidates, correlated, evidence, rhythm, sharpened

PULSE_WEIGHTS = (1.0, 1.0, 1.0, 1.0, 0.5)
"""Of the four curves and of the harmony's change, in the curve that beats are tracked on."""
_LEAST_S = 4.0
_LEAST_BEATS = 9
_STEADY_S = 0.02  # mean distance of beats from the line through them, up to which a piece has one tempo
NEAR = 0.045
"""Octaves: candidates that are the same tempo."""
_CLEAR = (0.06, 0.2)  # correlation at the beat: noise stays below, any beat is above
_STRUCK_DB = (12.0, 22.0)  # of the strongest new sounds, all curves together: held tones and hiss stay below
_CLAIM = 1.5  # log odds of a tempo that the file's name claims


@dataclass(frozen=True, slots=True)
class Tempo:
    """confidence: 0..1. steady: one tempo from end to end. first_downbeat_s: the first bar line at or after the sound
    begins. beats_s, downbeats_s: all of them."""

    bpm: float
    confidence: float
    steady: bool
    beats_per_bar: int
    first_downbeat_s: float
    beats_s: Floats
    downbeats_s: Floats


def rows_of(curves: NDArray[np.floating], change: NDArray[np.floating], fps: float) -> Floats:
    """(5, n): the four curves and the harmony's change, sharpened."""
    return sharpened(np.concatenate([curves, change[None, :]]), fps)


def pulse_of(pulses: Floats) -> Floats:
    """(n,): one curve to track beats on, deviation 1."""
    pulse = np.asarray(PULSE_WEIGHTS) @ pulses
    return np.asarray(pulse / (pulse.std() + 1e-9))


def estimate(
    curves: NDArray[np.floating], change: NDArray[np.floating], fps: float, bpm_range: tuple[float, float],
    claimed_bpm: float | None = None,
) -> Tempo | None:  # fmt: skip
    """curves: (4, n) of `pulses`, change: (n,) of the harmony, at `fps`. claimed_bpm: by the file's name, a hint that
    decides between tempi that are nearly as likely. None when there is too little sound."""
    if curves.shape[1] < _LEAST_S * fps or not curves.any():
        return None
    pulses = rows_of(curves, change, fps)
    found = rhythm(pulses, fps)
    rough, confidence = _likeliest(found, bpm_range, claimed_bpm)
    confidence *= _part(float(np.percentile(curves.sum(axis=0), 99)), _STRUCK_DB)
    pulse = pulse_of(pulses)
    beats_s = track(pulse, pace(pulse, rough, fps), fps)
    begins_s, ends_s = _sounding_s(pulse, fps)
    beats_s = beats_s[(beats_s > begins_s - 0.1) & (beats_s < ends_s + 0.1)]
    if beats_s.size < _LEAST_BEATS:
        return None
    bars = find_bars(pulses, beats_s, fps)
    beats_s, downbeats_s = bars.beats_s, bars.downbeats_s
    count = np.arange(beats_s.size)
    slope, start = np.polyfit(count, beats_s, 1)
    steady = bool(np.abs(beats_s - (start + slope * count)).mean() < _STEADY_S)
    if steady:
        first = int(np.argmin(np.abs(beats_s - downbeats_s[0]))) if downbeats_s.size else 0
        beats_s = start + slope * count
        downbeats_s = beats_s[first :: bars.beats_per_bar]
        bpm = 60.0 / slope
    else:
        bpm = 60.0 * (beats_s.size - 1) / (beats_s[-1] - beats_s[0])
    first_s = float(downbeats_s[0]) if downbeats_s.size else float(beats_s[0])
    return Tempo(
        round(float(bpm), 2), round(confidence, 3), steady, bars.beats_per_bar,
        round(_first_bar(first_s, bars.beats_per_bar * 60.0 / bpm, begins_s), 4), beats_s, downbeats_s,
    )  # fmt: skip


def scores(found: Rhythm, bpm: Floats, claimed_bpm: float | None = None) -> Floats:
    """(n,): log odds of these tempi against each other. claimed_bpm: by the file's name."""
    heard = net("tempo").scores(evidence(found, bpm))[:, 0]
    if claimed_bpm is None:
        return heard
    return np.asarray(heard + _CLAIM * np.exp(-0.5 * (np.log2(bpm / claimed_bpm) / 0.015) ** 2))


def _part(value: float, between: tuple[float, float]) -> float:
    """0 up to the lower bound, 1 from the upper one on."""
    return float(np.clip((value - between[0]) / (between[1] - between[0]), 0, 1))


def _likeliest(found: Rhythm, bpm_range: tuple[float, float], claimed_bpm: float | None) -> tuple[float, float]:
    """(bpm, confidence): the candidate with the highest score; confidence is the share of all that is near it, less
    where nothing repeats clearly."""
    bpm = candidates()
    inside = (bpm >= 0.99 * bpm_range[0]) & (bpm <= 1.01 * bpm_range[1])
    chances = shares(np.where(inside, scores(found, bpm, claimed_bpm), -np.inf))
    best = int(np.argmax(chances))
    near = float(chances[np.abs(np.log2(bpm / bpm[best])) < NEAR].sum())
    repeats = float(correlated(found, np.array([1, 2, 4]) * 60.0 / bpm[best])[0].max())
    return float(bpm[best]), near * _part(repeats, _CLEAR)


def _sounding_s(pulse: Floats, fps: float) -> tuple[float, float]:
    """Where the first and the last new sound begin."""
    spots = np.flatnonzero(pulse > 0.1 * pulse.max())
    return float(spots[0]) / fps, float(spots[-1]) / fps


def _first_bar(line_s: float, bar_s: float, begins_s: float) -> float:
    """The bar line nearest after the sound begins, or hardly before; lines lie `bar_s` apart."""
    early_s = begins_s - 0.04 * bar_s
    return float(line_s + np.ceil((early_s - line_s) / bar_s) * bar_s)
