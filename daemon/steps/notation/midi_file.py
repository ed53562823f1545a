"""Writing parts as a Standard MIDI File, format 1, 960 ticks to the quarter note."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import mido

from daemon.steps.notation.part import DRUM_CHANNEL, MidiNote, Part
from daemon.steps.notation.tempo import PPQ, TempoMap

_CENTRE, _WHEEL_STEPS = 0, 8192
_RANGES_SEMITONES = (2, 12, 24)
_RELEASE, _CONTROL, _WHEEL, _STRIKE = range(4)
"""The order of what happens at one tick: keys are let go before anything else, struck after everything else."""

_LONGEST_DELTA_TICKS = (1 << 28) - 1
"""What the format has room for between two events; an empty text stands where more passes."""

Event = tuple[int, int, mido.Message]


def write(
    path: Path, title: str, tempo: TempoMap, parts: Sequence[Part], markers: Sequence[tuple[int, str]]
) -> None:
    """title: the source's name. markers: (tick, text). Names are written as UTF-8."""
    song = mido.MidiFile(type=1, ticks_per_beat=PPQ, charset="utf8")
    song.tracks.append(_conductor(title, tempo, markers))
    channels = (channel for channel in range(16) if channel != DRUM_CHANNEL)
    for part in parts:
        song.tracks.append(_track(part, DRUM_CHANNEL if part.drums else next(channels)))
    song.save(str(path))


def _conductor(title: str, tempo: TempoMap, markers: Sequence[tuple[int, str]]) -> mido.MidiTrack:
    events: list[Event] = [
        (0, 0, mido.MetaMessage("track_name", name=title)),
        (0, 1, mido.MetaMessage("text", text=f"tempo: {tempo.origin}")),
    ]
    for meter in tempo.meters:
        message = mido.MetaMessage("time_signature", numerator=meter.num, denominator=meter.den)
        events.append((meter.tick, 2, message))
    for change in tempo.changes:
        events.append((change.tick, 3, mido.MetaMessage("set_tempo", tempo=change.microseconds)))
    events += [(tick, 4, mido.MetaMessage("marker", text=text)) for tick, text in markers]
    return _timed(events)


def _track(part: Part, channel: int) -> mido.MidiTrack:
    events: list[Event] = [(0, 0, mido.MetaMessage("track_name", name=part.stem))]
    if not part.drums:
        program = mido.Message("program_change", channel=channel, program=part.program)
        events.append((0, _CONTROL, program))
    reach = _wheel_range(part.notes)
    if reach:
        events += _range_setting(channel, reach)
        events += _wheel_moves(part.notes, channel, reach)
    for note in part.notes:
        key = {"channel": channel, "note": note.pitch}
        events.append((note.tick, _STRIKE, mido.Message("note_on", velocity=note.velocity, **key)))
        events.append((note.end_tick, _RELEASE, mido.Message("note_off", velocity=64, **key)))
    return _timed(events)


def _wheel_range(notes: Sequence[MidiNote]) -> int:
    """Semitones either way that hold every bend; 0 when there is none."""
    widest = max((abs(cents) for note in notes for _, cents in note.bends), default=0.0)
    if not widest:
        return 0
    return next((reach for reach in _RANGES_SEMITONES if widest <= reach * 100), _RANGES_SEMITONES[-1])


def _range_setting(channel: int, reach_semitones: int) -> list[Event]:
    """Registered parameter 0 (pitch bend sensitivity), then the null parameter, as the MIDI standard asks."""
    controls = ((101, 0), (100, 0), (6, reach_semitones), (38, 0), (101, 127), (100, 127))
    return [
        (0, _CONTROL, mido.Message("control_change", channel=channel, control=number, value=value))
        for number, value in controls
    ]


def _wheel_moves(notes: Sequence[MidiNote], channel: int, reach_semitones: int) -> Iterator[Event]:
    """The wheel where it changes; every note begins with the wheel at its own bend, or at rest."""
    now = _CENTRE
    for note in notes:
        before = [cents for tick, cents in note.bends if tick <= note.tick]
        moves = [(note.tick, before[-1] if before else 0.0)]
        moves += [(tick, cents) for tick, cents in note.bends if note.tick < tick < note.end_tick]
        for tick, cents in moves:
            value = round(cents / (100 * reach_semitones) * _WHEEL_STEPS)
            value = min(max(value, -_WHEEL_STEPS), _WHEEL_STEPS - 1)
            if value != now:
                now = value
                yield tick, _WHEEL, mido.Message("pitchwheel", channel=channel, pitch=value)


def _timed(events: Sequence[Event]) -> mido.MidiTrack:
    """Absolute ticks to the deltas of a track; the end of the track is the last event's."""
    track = mido.MidiTrack()
    now = 0
    for tick, _, message in sorted(events, key=lambda event: event[:2]):
        while tick - now > _LONGEST_DELTA_TICKS:
            track.append(mido.MetaMessage("text", time=_LONGEST_DELTA_TICKS))
            now += _LONGEST_DELTA_TICKS
        track.append(message.copy(time=tick - now))
        now = tick
    track.append(mido.MetaMessage("end_of_track", time=0))
    return track
