"""Mode "poly": Basic Pitch's notes without their ghosts, for chords and everything that is not one voice."""

from __future__ import annotations

from dataclasses import replace

from daemon.engines.basic_pitch import decode_raw
from daemon.engines.basic_pitch.posteriors import Spool, frame_times
from daemon.engines.basic_pitch.settings import Settings
from daemon.engines.protocol import Note
from daemon.kernel.checkpoint import Checkpoint

_OVERTONES = frozenset({12, 19, 24, 28, 31, 36})
"""Semitones from a tone to its second to eighth partials."""
_LONGEST_FRAMES = 15_000
"""About three minutes: the memory of a section without any rest."""
_TOGETHER_S = 0.06
_GHOST_AMPLITUDE = 0.75
"""An overtone's ghost is weaker than this share of its fundamental."""
_BROKEN_S = 0.06
"""A shorter gap between two notes of one pitch, without a strike of the second, is a break in one note."""


def decode(spool: Spool, settings: Settings, checkpoint: Checkpoint) -> list[Note]:
    notes = decode_raw.decode(spool, settings, checkpoint, frame_times, _LONGEST_FRAMES)
    return drop_ghosts(join_broken(notes))


def drop_ghosts(notes: list[Note]) -> list[Note]:
    """Without those that begin with a stronger note whose overtone they are, and end no later than it."""
    ordered = sorted(notes, key=lambda note: note.start_s)
    kept = []
    low = 0
    for note in ordered:
        while ordered[low].start_s < note.start_s - _TOGETHER_S:
            low += 1
        if not any(_is_ghost(note, other) for other in _until(ordered, low, note.start_s + _TOGETHER_S)):
            kept.append(note)
    return kept


def _until(ordered: list[Note], low: int, end_s: float) -> list[Note]:
    high = low
    while high < len(ordered) and ordered[high].start_s <= end_s:
        high += 1
    return ordered[low:high]


def _is_ghost(note: Note, other: Note) -> bool:
    return (
        note.pitch - other.pitch in _OVERTONES
        and note.confidence < _GHOST_AMPLITUDE * other.confidence
        and note.end_s <= other.end_s + _TOGETHER_S
    )


def join_broken(notes: list[Note]) -> list[Note]:
    """Notes of one pitch that follow each other within _BROKEN_S, the second weaker, become one."""
    joined: list[Note] = []
    for note in sorted(notes, key=lambda note: (note.pitch, note.start_s)):
        last = joined[-1] if joined else None
        if (
            last is not None
            and last.pitch == note.pitch
            and 0 <= note.start_s - last.end_s < _BROKEN_S
            and note.confidence < 0.7 * last.confidence
        ):
            joined[-1] = replace(last, end_s=note.end_s, bends=last.bends + note.bends)
        else:
            joined.append(note)
    return joined
