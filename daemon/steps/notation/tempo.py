"""A tempo map as a MIDI file can hold it: integer tempos at integer ticks, and seconds to ticks by those."""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from daemon.steps.midi import TempoPoint

PPQ = 960
_RAMP_STEP_TICKS = PPQ // 4
"""A ramp becomes steps of a sixteenth note."""
_MOST_RAMP_STEPS = 50_000
"""In all ramps of a map, more than an hour and a half at 120 bpm. Longer ones have longer steps, which are as fine for
how slowly they go: a map of a few points must not become gigabytes."""
_MICRO = 1_000_000


@dataclass(frozen=True, slots=True)
class Change:
    """A tempo as written. at_s: when it takes effect, by the tempos written before it."""

    tick: int
    at_s: float
    microseconds: int  # for a quarter note


@dataclass(frozen=True, slots=True)
class Meter:
    tick: int
    num: int
    den: int


class TempoMap:
    """changes, meters: in order, the first of each at tick 0. origin: where the tempo came from, for people.

    Tick 0 is the beginning of the audio. Each change is placed where the ideal tempo would have it, and its
    integer tempo chosen so that the next one comes out at its right time: rounding does not add up.
    """

    def __init__(self, changes: Sequence[Change], meters: Sequence[Meter], origin: str) -> None:
        self.changes = tuple(changes)
        self.meters = tuple(meters)
        self.origin = origin
        self._starts = [change.at_s for change in self.changes]

    def exact_tick(self, at_s: float) -> float:
        """The position of a time, in ticks with a fraction; before the beginning it is 0."""
        change = self.changes[max(0, bisect_right(self._starts, at_s) - 1)]
        return max(0.0, change.tick + (at_s - change.at_s) * _MICRO * PPQ / change.microseconds)

    def tick(self, at_s: float) -> int:
        return round(self.exact_tick(at_s))


def constant(bpm: float, beats_per_bar: int, origin: str) -> TempoMap:
    """beats_per_bar: quarter notes."""
    return TempoMap([Change(0, 0.0, round(60 * _MICRO / bpm))], [Meter(0, beats_per_bar, 4)], origin)


def from_points(points: Sequence[TempoPoint], origin: str) -> TempoMap:
    """points: at least one, in order of time, as `MidiParams` has them."""
    started = _from_zero(points)
    step_ticks = _ramp_step_ticks(started)
    knots: list[tuple[float, float]] = [(0.0, 0.0)]  # (beats, seconds)
    places = [0.0]
    for point, after in pairwise(started):
        length_s = after.at_s - point.at_s
        final = after.bpm if point.ramp else point.bpm
        if final != point.bpm:
            inside = _ramp(point.bpm, final, length_s, step_ticks)
            knots += [(places[-1] + beats, point.at_s + at_s) for beats, at_s in inside]
        places.append(places[-1] + (point.bpm + final) / 2 * length_s / 60)
        knots.append((places[-1], after.at_s))
    return TempoMap(_changes(knots, started[-1].bpm), _meters(started, places), origin)


def _meters(points: Sequence[TempoPoint], places: Sequence[float]) -> list[Meter]:
    """places: where each point lies, in beats. Only what differs from the meter before."""
    meters: list[Meter] = []
    for point, beats in zip(points, places, strict=True):
        if not meters or (meters[-1].num, meters[-1].den) != (point.num, point.den):
            meters.append(Meter(round(beats * PPQ), point.num, point.den))
    return meters


def _from_zero(points: Sequence[TempoPoint]) -> list[TempoPoint]:
    """The map from second 0 on: the first point reaches back to it; of those before it, the last one counts, a
    ramp under way entered at its tempo of that moment."""
    past = [point for point in points if point.at_s <= 0]
    later = [point for point in points if point.at_s > 0]
    if not past:
        first = points[0]
        return [TempoPoint(0.0, first.bpm, first.num, first.den), *later]
    now = past[-1]
    bpm = now.bpm
    if now.ramp and later:
        bpm += (later[0].bpm - now.bpm) * -now.at_s / (later[0].at_s - now.at_s)
    return [TempoPoint(0.0, bpm, now.num, now.den, now.ramp), *later]


def _ramp_step_ticks(points: Sequence[TempoPoint]) -> float:
    beats = sum(
        (point.bpm + after.bpm) / 2 * (after.at_s - point.at_s) / 60
        for point, after in pairwise(points)
        if point.ramp
    )
    return max(_RAMP_STEP_TICKS, beats * PPQ / _MOST_RAMP_STEPS)


def _ramp(start_bpm: float, final_bpm: float, length_s: float, step_ticks: float) -> list[tuple[float, float]]:
    """(beats, seconds) from the ramp's beginning at each step inside it, both ends left out.

    With the tempo linear in time, beats(t) = (b0 t + (b1 - b0) t^2 / 2L) / 60, solved for t.
    """
    beats = (start_bpm + final_bpm) / 2 * length_s / 60
    steps = max(1, round(beats * PPQ / step_ticks))
    slope = (final_bpm - start_bpm) / length_s
    inside = (beats * step / steps for step in range(1, steps))
    return [(at, (math.sqrt(start_bpm**2 + 120 * slope * at) - start_bpm) / slope) for at in inside]


def _changes(knots: Sequence[tuple[float, float]], last_bpm: float) -> list[Change]:
    """Written tempos between knots that lie a tick or more apart."""
    changes: list[Change] = []
    at_s, tick = 0.0, 0
    for _, (beats, right_s) in pairwise(knots):
        ticks = round(beats * PPQ) - tick
        if ticks < 1:
            continue
        microseconds = max(1, round((right_s - at_s) * _MICRO * PPQ / ticks))
        changes.append(Change(tick, at_s, microseconds))
        at_s += ticks * microseconds / _MICRO / PPQ
        tick += ticks
    changes.append(Change(tick, at_s, round(60 * _MICRO / last_bpm)))
    return [c for i, c in enumerate(changes) if i == 0 or c.microseconds != changes[i - 1].microseconds]
