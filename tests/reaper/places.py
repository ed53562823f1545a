"""What the expected places are computed with: a tempo map and item geometry of their own, in Python."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import mido
import numpy as np
import soundfile

PPQ = 960
Map = list[dict[str, Any]]


def quarter(points: Map, at_s: float) -> float:
    """Quarter notes from the project's beginning: each tempo holds until the next; a linear one moves to it."""
    total = 0.0
    for index, point in enumerate(points):
        end = points[index + 1]["timepos"] if index + 1 < len(points) else np.inf
        until = min(at_s, end)
        if until <= point["timepos"]:
            break
        steps = np.linspace(point["timepos"], until, 20_001)
        if point.get("linear") and np.isfinite(end):
            share = (steps - point["timepos"]) / (end - point["timepos"])
            bpm = point["bpm"] + (points[index + 1]["bpm"] - point["bpm"]) * share
        else:
            bpm = np.full_like(steps, point["bpm"])
        total += float(np.trapezoid(bpm / 60, steps))
    return total


def notes_of(path: Path) -> list[tuple[float, float, int, int]]:
    """(start_s, end_s, pitch, velocity) of a MIDI file, by mido's own clock."""
    now, open_, found = 0.0, {}, []
    for message in mido.MidiFile(str(path)):
        now += message.time
        if message.type == "note_on" and message.velocity > 0:
            open_[message.note] = (now, message.velocity)
        elif message.type in ("note_off", "note_on") and message.note in open_:
            start, velocity = open_.pop(message.note)
            found.append((start, now, message.note, velocity))
    return sorted(found)


def ticks_of(path: Path) -> list[int]:
    """Where notes begin, in the file's own ticks."""
    found = []
    for each in mido.MidiFile(str(path)).tracks:
        now = 0
        for message in each:
            now += message.time
            if message.type == "note_on" and message.velocity > 0:
                found.append(now)
    return sorted(found)


def audio(path: Path | str) -> np.ndarray:
    """(frames, channels)."""
    return soundfile.read(str(path), always_2d=True)[0]


def lag(piece: np.ndarray, whole: np.ndarray, expected: int, reach: int = 400) -> int:
    """Where in `whole` a piece fits best, as frames away from `expected`; both mono."""
    scores = []
    for shift in range(-reach, reach + 1):
        start = expected + shift
        if start < 0:
            scores.append(-np.inf)
            continue
        part = whole[start : start + len(piece)]
        scores.append(float(np.dot(piece[: len(part)], part)))
    return int(np.argmax(scores)) - reach
