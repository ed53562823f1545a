"""One instrument's notes on the grid of a MIDI file."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from daemon.steps.notation.notes_file import NoteEntry
from daemon.steps.notation.tempo import PPQ, TempoMap

DRUM_CHANNEL = 9
"""Channel 10, counted from 0."""
GRIDS = {
    "1/4": PPQ,
    "1/8": PPQ // 2,
    "1/8t": PPQ // 3,
    "1/16": PPQ // 4,
    "1/16t": PPQ // 6,
    "1/32": PPQ // 8,
}
"""Ticks of each quantise value."""


@dataclass(frozen=True, slots=True)
class MidiNote:
    """bends: (tick, cents from the pitch)."""

    tick: int
    end_tick: int
    pitch: int
    velocity: int
    bends: tuple[tuple[int, float], ...] = ()


@dataclass(frozen=True, slots=True)
class Part:
    """stem: also the track's name. program: General MIDI, 0..127. drums: on channel 10. parent: the index of
    the input it was made from. base: the name of a file of its own, without ".mid"."""

    stem: str
    program: int
    drums: bool
    notes: tuple[MidiNote, ...]
    parent: int
    base: str


def placed(entries: Sequence[NoteEntry], tempo: TempoMap, bends: bool) -> list[MidiNote]:
    """Notes at ticks, each at least one tick long."""
    notes = []
    for entry in entries:
        tick = tempo.tick(entry.start_s)
        moves = tuple((tempo.tick(time_s), cents) for time_s, cents in entry.bends) if bends else ()
        end_tick = max(tick + 1, tempo.tick(entry.end_s))
        notes.append(MidiNote(tick, end_tick, entry.pitch, entry.velocity, moves))
    return notes


def quantised(notes: Sequence[MidiNote], grid_ticks: int, origin_tick: float) -> list[MidiNote]:
    """Begin each note on the grid through origin_tick nearest to it; its length and bends move with it."""
    moved = []
    for note in notes:
        steps = round((note.tick - origin_tick) / grid_ticks)
        target = round(origin_tick + steps * grid_ticks)
        shift = (target if target >= 0 else target + grid_ticks) - note.tick
        bends = tuple((max(0, tick + shift), cents) for tick, cents in note.bends)
        moved.append(replace(note, tick=note.tick + shift, end_tick=note.end_tick + shift, bends=bends))
    return moved


def separated(notes: Sequence[MidiNote]) -> list[MidiNote]:
    """Sorted; a key struck again while it is held is let go first, and one of two strikes at one tick stays."""
    kept: dict[int, list[MidiNote]] = {}
    for note in sorted(notes, key=lambda note: (note.pitch, note.tick, -note.velocity)):
        row = kept.setdefault(note.pitch, [])
        if row and row[-1].tick == note.tick:
            continue
        if row and row[-1].end_tick > note.tick:
            row[-1] = replace(row[-1], end_tick=note.tick)
        row.append(note)
    return sorted((note for row in kept.values() for note in row), key=lambda note: (note.tick, note.pitch))


def without_clashing_bends(notes: Sequence[MidiNote]) -> list[MidiNote]:
    """A channel has one pitch wheel: notes that sound together keep none of their bends. notes: sorted."""
    clear = []
    latest_end = 0
    for place, note in enumerate(notes):
        following = notes[place + 1].tick if place + 1 < len(notes) else note.end_tick
        alone = note.tick >= latest_end and note.end_tick <= following
        clear.append(note if alone else replace(note, bends=()))
        latest_end = max(latest_end, note.end_tick)
    return clear
