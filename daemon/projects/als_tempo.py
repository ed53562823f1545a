"""Live's tempo and meter: automation over beats, turned into a tempo map over seconds."""

from __future__ import annotations

import math
from bisect import bisect_right
from dataclasses import dataclass, field

from daemon.projects.model import TempoPoint

_MOST_POINTS = 20_000
_RAMP_STEP_BEATS = 1.0
_METER_BASE = 99
"""A meter num/den is written as 99 * log2(den) + num - 1."""


@dataclass(slots=True)
class Automated:
    """A parameter. fixed: its value without automation. target: the id that an envelope names. events: (beats,
    value) in order; the first stands at a time long before the beginning."""

    fixed: float
    target: str = ""
    events: list[tuple[float, float]] = field(default_factory=list)

    def at(self, beats: float) -> float:
        """The value of an envelope that stands until its next event."""
        held = [value for time, value in self.events if time <= beats]
        return held[-1] if held else (self.events[0][1] if self.events else self.fixed)


class BeatClock:
    """points: the tempo map. knots: (beats, seconds, bpm) between which the tempo is taken as standing or ramping."""

    def __init__(
        self, knots: list[tuple[float, float, float]], points: tuple[TempoPoint, ...], warnings: tuple[str, ...]
    ) -> None:
        self.points = points
        self.warnings = warnings
        self._knots = knots
        self._beats = [knot[0] for knot in knots]

    def seconds(self, beats: float) -> float:
        """Where a place on the timeline lies in time. Before the beginning, by the first tempo."""
        place = max(0, bisect_right(self._beats, beats) - 1)
        start, at_s, bpm = self._knots[place]
        final = bpm
        if place + 1 < len(self._knots):
            end, _, next_bpm = self._knots[place + 1]
            if next_bpm != bpm and end > start:
                final = bpm + (next_bpm - bpm) * (beats - start) / (end - start)
        return at_s + _length_s(beats - start, bpm, final)


def tempo_map(tempo: Automated, meter: Automated) -> BeatClock:
    """Live's tempo goes in a straight line over beats from event to event; two events at one time are a jump.

    A ramp is cut at every beat, because a tempo map's ramps are straight over time, which over one beat is the same
    within a thousandth of a beat for any ramp that music has.
    """
    # Sorting keeps the order of events at one time, which is the order they take effect in.
    given = sorted(tempo.events, key=lambda event: event[0])
    events = [(max(0.0, at), bpm) for at, bpm in given if bpm > 0] or [(0.0, tempo.fixed)]
    if events[0][0] > 0:
        events.insert(0, (0.0, events[0][1]))
    before = [event for event in events if event[0] == 0.0]
    events = before[-1:] + [event for event in events if event[0] > 0.0]
    bars = sorted({0.0, *(max(0.0, at) for at, _ in meter.events)})
    marks = _marks(events, bars)
    warnings: tuple[str, ...] = ()
    if len(marks) > _MOST_POINTS:
        marks = marks[:_MOST_POINTS]
        warnings = (f"only the first {_MOST_POINTS} tempo changes were read",)
    knots: list[tuple[float, float, float]] = []
    points: list[TempoPoint] = []
    at_s = 0.0
    for place, (beats, bpm, ramps) in enumerate(marks):
        num, den = _meter(meter.at(beats))
        knots.append((beats, at_s, bpm))
        if not points or at_s > points[-1].at_s:
            points.append(TempoPoint(at_s, bpm, num, den, ramps))
        else:
            points[-1] = TempoPoint(at_s, bpm, num, den, ramps)
        if place + 1 < len(marks):
            after = marks[place + 1]
            final = after[1] if ramps else bpm
            at_s += _length_s(after[0] - beats, bpm, final)
    return BeatClock(knots, tuple(points), warnings)


def _marks(events: list[tuple[float, float]], bars: list[float]) -> list[tuple[float, float, bool]]:
    """(beats, bpm, whether it ramps to the next) at every event, meter change, and beat of a ramp."""
    marks: list[tuple[float, float, bool]] = []
    for place, (start, bpm) in enumerate(events):
        end, final = events[place + 1] if place + 1 < len(events) else (math.inf, bpm)
        inside = [bar for bar in bars if start < bar < end]
        ramps = final != bpm and end > start
        if ramps:
            steps = min(_MOST_POINTS, math.ceil((end - start) / _RAMP_STEP_BEATS))
            inside = sorted({*inside, *(start + step * (end - start) / steps for step in range(1, steps))})
        marks.append((start, bpm, ramps))
        for beats in inside:
            value = bpm + (final - bpm) * (beats - start) / (end - start) if ramps else bpm
            marks.append((beats, value, ramps))
    return marks


def _length_s(beats: float, bpm: float, final: float) -> float:
    """The time of `beats` while the tempo goes from bpm to final in a straight line over beats: the integral of
    60 / bpm."""
    if abs(final - bpm) < 1e-9 * bpm:
        return 60 * beats / bpm
    return 60 * beats * math.log(final / bpm) / (final - bpm)


def _meter(value: float) -> tuple[int, int]:
    power, rest = divmod(int(value), _METER_BASE)
    if not 0 <= power <= 6:
        return 4, 4
    return rest + 1, 1 << power
