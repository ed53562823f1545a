"""Ableton Live sets (.als) of Live 9 to 12: gzip-compressed XML, read as a stream."""

from __future__ import annotations

import binascii
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO, Literal

from daemon.kernel.errors import UnreadableProject
from daemon.projects.als_files import FileRef
from daemon.projects.als_tempo import Automated, tempo_map
from daemon.projects.model import Project, Track, Use
from daemon.projects.references import References, paths_in_state
from daemon.projects.xml_events import parse

_TRACKS: Mapping[str, Literal["audio", "midi", "group", "return"]] = {
    "AudioTrack": "audio", "MidiTrack": "midi", "GroupTrack": "group", "ReturnTrack": "return",
}  # fmt: skip
_MAIN = ("MainTrack", "MasterTrack")  # since Live 12, and before
_CLIPS = ("AudioClip", "MidiClip")
_STATES = ("ProcessorState", "Buffer")  # hexadecimal, of plug-ins
_TEXTS = frozenset({*_STATES, "Data"})
_WANTED = frozenset(
    {*_TRACKS, *_CLIPS, "FileRef", "AutomationEnvelope", "PointeeId", "FloatEvent", "EnumEvent", "CurrentStart",
     "CurrentEnd", "EffectiveName", "TrackGroupId", "InKey"}
)  # fmt: skip
_PARENTS = frozenset({"", "Tempo", "TimeSignature", "ScaleInformation"})
"""Elements that are looked at, and those whose children are: a set has millions of others."""
_NOTES = ("C", "C#", "D", "D#", "E", "F", "F#", "G", "G#", "A", "A#", "B")
_MODES = {"Major": "", "Minor": "m"}
"""Scales that a key name can say. Live 12 writes numbers whose list is not published: those are not taken for keys."""


@dataclass(slots=True)
class _Clip:
    at_beats: float
    end_beats: float | None = None
    start_beats: float | None = None
    in_session: bool = False


@dataclass(slots=True)
class _OpenTrack:
    kind: Literal["audio", "midi", "group", "return"]
    id: str
    name: str = ""
    group: str = "-1"


@dataclass(slots=True)
class _PlannedUse:
    """A use whose place is in beats until the tempo is known."""

    file: FileRef
    where: Literal["clip", "instrument", "plug-in"]
    track: str | None
    clip: _Clip | None


@dataclass(slots=True)
class _Envelope:
    target: str = ""
    events: list[tuple[float, float]] = field(default_factory=list)


class _Reader:
    """One pass over the elements; `_path` is where it stands."""

    def __init__(self) -> None:
        self.written_by = ""
        self.tempo, self.meter = Automated(120.0), Automated(201.0)
        self.envelopes: dict[str, list[tuple[float, float]]] = {}
        self.tracks: list[_OpenTrack] = []
        self.uses: list[_PlannedUse] = []
        self.in_states: list[tuple[str, str | None]] = []  # (path, track)
        self.in_key, self.root, self.scale = False, "", ""
        self._path: list[str] = []
        self._track: _OpenTrack | None = None
        self._clip: _Clip | None = None
        self._ref: FileRef | None = None
        self._ref_depth = 0
        self._envelope: _Envelope | None = None

    # ------------------------------------------------------------ elements

    def start(self, name: str, attributes: Mapping[str, str]) -> None:
        parent = self._path[-1] if self._path else ""
        self._path.append(name)
        if self._ref is not None:
            self._ref.element(self._path[self._ref_depth :], attributes)
        elif name in _WANTED or parent in _PARENTS:
            self._wanted(name, parent, attributes)

    def _wanted(self, name: str, parent: str, attributes: Mapping[str, str]) -> None:
        value = attributes.get("Value", "")
        if not parent:
            if name != "Ableton":
                raise ValueError(f"its root is <{name}>, not <Ableton>")
            self.written_by = attributes.get("Creator", "Ableton Live")
        elif name in _TRACKS and parent == "Tracks":
            self._track = _OpenTrack(_TRACKS[name], attributes.get("Id", ""))
        elif name in _CLIPS:
            self._clip = _Clip(_number(attributes.get("Time"), 0.0), in_session="ClipSlotList" in self._path)
        elif name == "FileRef":
            self._ref, self._ref_depth = FileRef(), len(self._path)
        elif name == "AutomationEnvelope" and any(main in self._path for main in _MAIN):
            self._envelope = _Envelope()
        elif self._envelope is not None:
            self._in_envelope(name, attributes)
        elif self._track is not None:
            self._in_track(name, parent, value)
        elif name in ("Manual", "AutomationTarget"):
            self._in_main(name, parent, attributes)
        elif name == "InKey" and parent == "LiveSet":
            self.in_key = value == "true"
        elif parent == "ScaleInformation" and len(self._path) == 4:  # the set's own, not a clip's
            self.root = value if name in ("RootNote", "Root") else self.root
            self.scale = value if name == "Name" else self.scale

    def end(self, name: str, text: str) -> None:
        self._path.pop()
        if name == "FileRef" and self._ref is not None:
            self._file(self._ref)
            self._ref = None
        elif self._ref is not None:
            self._ref.text(name, text)
        elif name in _CLIPS:
            self._clip = None
        elif name == "AutomationEnvelope" and self._envelope is not None:
            self.envelopes[self._envelope.target] = self._envelope.events
            self._envelope = None
        elif self._track is not None and name in _TRACKS and self._path[-1:] == ["Tracks"]:
            self.tracks.append(self._track)
            self._track = None
        elif name in _STATES and text:
            # At once: all states together may be most of the set.
            track = self._track.name if self._track else None
            self.in_states += [(found, track) for found in paths_in_state(_unhex(text))]

    # ------------------------------------------------------------ parts

    def _in_track(self, name: str, parent: str, value: str) -> None:
        track, clip = self._track, self._clip
        assert track is not None
        if clip is not None:
            if name == "CurrentEnd":
                clip.end_beats = _number(value, 0.0)
            elif name == "CurrentStart":
                clip.start_beats = _number(value, 0.0)
        elif parent == "Name" and name == "EffectiveName":
            track.name = value
        elif name == "TrackGroupId" and parent in _TRACKS:
            track.group = value

    def _in_main(self, name: str, parent: str, attributes: Mapping[str, str]) -> None:
        """Tempo and meter of the main track: first their fixed value and the id that an envelope names."""
        if not any(main in self._path for main in _MAIN) or parent not in ("Tempo", "TimeSignature"):
            return
        automated = self.tempo if parent == "Tempo" else self.meter
        if name == "Manual":
            automated.fixed = _number(attributes.get("Value"), automated.fixed)
        else:
            automated.target = attributes.get("Id", "")

    def _in_envelope(self, name: str, attributes: Mapping[str, str]) -> None:
        assert self._envelope is not None
        if name == "PointeeId":
            self._envelope.target = attributes.get("Value", "")
        elif name in ("FloatEvent", "EnumEvent"):
            event = (_number(attributes.get("Time"), 0.0), _number(attributes.get("Value"), 0.0))
            self._envelope.events.append(event)

    def _file(self, ref: FileRef) -> None:
        if not ref.is_sound or "SampleRef" not in self._path or "SourceContext" in self._path:
            return  # presets and devices, and where a sample once came from
        where: Literal["clip", "instrument"] = "instrument" if self._clip is None else "clip"
        self.uses.append(_PlannedUse(ref, where, self._track.name if self._track else None, self._clip))


def read_als(file: BinaryIO, path: Path) -> Project:
    """file: at its beginning. Raises UnreadableProject."""
    reader = _Reader()
    try:
        parse(file, path, reader.start, reader.end, _TEXTS)
    except ValueError as error:
        raise UnreadableProject("this is no Live set", where=path, why=error) from error
    for automated in (reader.tempo, reader.meter):  # their targets stand behind the envelopes that name them
        automated.events = reader.envelopes.get(automated.target, [])
    tempo = tempo_map(reader.tempo, reader.meter)
    references = References(str(path.parent))
    for planned in reader.uses:
        places = planned.file.places(path)
        if places:
            references.add(places[0], _use(planned, tempo.seconds), places[1:], planned.file.size)
    for found, track in reader.in_states:
        references.add(found, Use("plug-in", track))
    return Project(
        "ableton", str(path), reader.written_by, tempo.points, None, _key(reader), _tracks(reader.tracks),
        references.all(), tempo.warnings,
    )  # fmt: skip


def _use(planned: _PlannedUse, seconds: Callable[[float], float]) -> Use:
    clip = planned.clip
    if clip is None or clip.in_session:
        return Use(planned.where, planned.track)
    start = clip.at_beats if clip.start_beats is None else clip.start_beats
    at_s = seconds(start)
    length_s = None if clip.end_beats is None else max(0.0, seconds(clip.end_beats) - at_s)
    return Use(planned.where, planned.track, at_s, length_s)


def _tracks(found: list[_OpenTrack]) -> tuple[Track, ...]:
    groups = {track.id: track.group for track in found}

    def depth(track: _OpenTrack) -> int:
        count, group = 0, track.group
        while group in groups and count < len(groups):
            count, group = count + 1, groups[group]
        return count

    return tuple(Track(track.name, track.kind, depth(track)) for track in found)


def _key(reader: _Reader) -> str | None:
    """Only when the set is switched to a key: every set names a scale, C major unless somebody chose."""
    if not reader.in_key or reader.scale not in _MODES or not reader.root.isdecimal():
        return None
    return _NOTES[int(reader.root) % 12] + _MODES[reader.scale]


def _unhex(text: str) -> bytes:
    try:
        return binascii.unhexlify("".join(text.split()))
    except (binascii.Error, ValueError):
        return b""  # another kind of text in an element of that name


def _number(text: str | None, default: float) -> float:
    try:
        value = float(text) if text is not None else default
    except ValueError:
        return default
    return value if math.isfinite(value) else default
