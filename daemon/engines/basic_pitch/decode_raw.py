"""Mode "raw": section by section, the notes of `basic_pitch.inference.predict`."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from daemon.engines.basic_pitch.posteriors import Posteriors, Spool
from daemon.engines.basic_pitch.raw import (
    FrameNote,
    Scale,
    bends_in_thirds,
    constrain,
    find_notes,
    nominal_times,
    onset_strength,
    rises,
)
from daemon.engines.basic_pitch.sections import pieces, section_bounds
from daemon.engines.basic_pitch.settings import Settings
from daemon.engines.protocol import Note
from daemon.kernel.checkpoint import Checkpoint

CENTS_PER_BIN = 100 / 3


_LONGEST_FRAMES = 50_000
"""About ten minutes."""

Times = Callable[[int, int], NDArray[np.float64]]


def decode(
    spool: Spool,
    settings: Settings,
    checkpoint: Checkpoint,
    times_of: Times = nominal_times,
    longest_frames: int = _LONGEST_FRAMES,
) -> list[Note]:
    """Two passes: the scale of the inferred onsets is one of the whole recording. times_of: the times of
    (first frame, how many frames). longest_frames: a section without a rest is cut after so many, which may
    part a note that predict has in one piece."""
    limits = settings.thresholds()
    scale = Scale()
    loudest = [np.zeros(0, np.float32)]
    for before, piece in pieces(spool):
        notes = constrain(piece.notes, limits)
        scale.look(constrain(piece.onsets, limits), rises(notes, constrain(before, limits)))
        loudest.append(notes.max(axis=1))
    found: list[Note] = []
    for first, last in pairwise(section_bounds(np.concatenate(loudest), limits.frame, longest_frames)):
        before_count = min(2, first)
        section = spool.read(first, last)
        before = constrain(spool.read(first - before_count, first).notes, limits)
        notes = constrain(section.notes, limits)
        strength = onset_strength(constrain(section.onsets, limits), rises(notes, before), scale)
        times = times_of(first, last - first)
        found += [as_note(note, section, times, settings.bends) for note in find_notes(notes, strength, limits)]
        checkpoint(0.9 + 0.1 * last / max(1, spool.frames), "notes")
    return found


def as_note(note: FrameNote, section: Posteriors, times: NDArray[np.float64], bends: bool) -> Note:
    """times: of the section's frames, in seconds."""
    start_s, end_s = float(times[note.first]), float(times[note.last])
    moves: tuple[tuple[float, float], ...] = ()
    if bends:
        cents = bends_in_thirds(section, note) * CENTS_PER_BIN
        grid = np.linspace(start_s, end_s, len(cents))
        moves = tuple(zip(grid.tolist(), cents.tolist(), strict=True))
    return Note(start_s, end_s, note.pitch, velocity_of(note.amplitude), note.amplitude, moves)


def velocity_of(amplitude: float) -> int:
    """Basic Pitch's own reckoning: the mean probability, as 1..127."""
    return min(127, max(1, round(127 * amplitude)))
