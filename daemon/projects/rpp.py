"""REAPER projects (.rpp, .rpp-bak) and track templates (.RTrackTemplate)."""

from __future__ import annotations

import base64
import binascii
import math
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO

from daemon.kernel.errors import UnreadableProject
from daemon.projects.model import Project, TempoPoint, Track, Use
from daemon.projects.references import References, paths_in_state
from daemon.projects.rpp_lines import Line, lines

HEAD = b"<REAPER_PROJECT"
TEMPLATE_HEAD = b"<TRACK"

_SQUARE = 1
"""Shape of a tempo point that stands until the next; 0 goes there in a straight line."""
_DENOMINATOR = 65_536
"""A tempo point's meter is num + 65536 * den."""
_PLUGINS = frozenset({"VST", "AU", "CLAP", "LV2", "DX", "VIDEO_EFFECT"})
_MOST_STATE = 64 << 20  # characters of base64 of one plug-in that are looked through


@dataclass(slots=True)
class _Take:
    """The part of an item that is being read. section: start and length in the file, seconds."""

    offset_s: float = 0.0
    rate: float = 1.0
    section_s: float = 0.0
    files: list[str] = field(default_factory=list)


@dataclass(slots=True)
class _Item:
    at_s: float = 0.0
    length_s: float = 0.0
    takes: list[_Take] = field(default_factory=lambda: [_Take()])


class _Reader:
    """One pass over the lines. State is what the current block needs."""

    def __init__(self, path: Path) -> None:
        self.references = References(str(path.parent))
        self.written_by = "REAPER"
        self.rate_hz: int | None = None
        self.base = TempoPoint(0.0, 120.0)
        self.points: list[TempoPoint] = []
        self.tracks: list[Track] = []
        self._names: list[str] = []
        self._depth = 0
        self._track_depth = 0
        self._item: _Item | None = None
        self._state: list[str] = []
        self._state_size = 0

    def line(self, line: Line) -> None:
        tag = line.tag
        if line.opens:
            self._open(tag, line)
        elif line.closes:
            self._close(tag)
        elif tag in _PLUGINS:
            self._plugin_line(line.text)
        elif tag == "SOURCE":
            self._source_line(line)
        elif tag == "ITEM":
            self._item_line(line)
        elif tag == "TRACK":
            self._track_line(line)
        elif tag == "TEMPOENVEX":
            self._tempo_line(line)
        elif tag == "REAPER_PROJECT":
            self._project_line(line)

    @property
    def track(self) -> str | None:
        return self._names[-1] if self._names else None

    def _open(self, tag: str, line: Line) -> None:
        if tag == "REAPER_PROJECT":
            tokens = line.tokens
            self.written_by = f"REAPER {tokens[2]}" if len(tokens) > 2 else "REAPER"
        elif tag == "TRACK":
            self._names.append("")
            self._track_depth = self._depth
        elif tag == "ITEM":
            self._item = _Item()
        elif tag in _PLUGINS:
            self._state, self._state_size = [], 0

    def _close(self, tag: str) -> None:
        if tag == "TRACK":
            self.tracks.append(Track(self._names.pop(), "track", self._track_depth))
        elif tag == "ITEM" and self._item is not None:
            self._use(self._item)
            self._item = None
        elif tag in _PLUGINS:
            self._use_state()

    def _project_line(self, line: Line) -> None:
        tokens = line.tokens
        if tokens[0] == "SAMPLERATE" and len(tokens) > 2 and tokens[2] == "1":
            self.rate_hz = int(_number(tokens, 1, 0.0)) or None
        elif tokens[0] == "TEMPO":
            bpm = _number(tokens, 1, 120.0)
            self.base = TempoPoint(0.0, bpm, _whole(tokens, 2, 4), _whole(tokens, 3, 4))

    def _tempo_line(self, line: Line) -> None:
        tokens = line.tokens
        if tokens[0] != "PT" or len(tokens) < 3:
            return
        before = self.points[-1] if self.points else self.base
        meter = _whole(tokens, 4, 0)
        num, den = meter % _DENOMINATOR, meter // _DENOMINATOR
        if num < 1 or den < 1:
            num, den = before.num, before.den
        bpm = _number(tokens, 2, before.bpm)
        if bpm > 0:
            ramp = _whole(tokens, 3, _SQUARE) != _SQUARE
            self.points.append(TempoPoint(_number(tokens, 1, 0.0), bpm, num, den, ramp))

    def _track_line(self, line: Line) -> None:
        tokens = line.tokens
        if tokens[0] == "NAME" and len(tokens) > 1:
            self._names[-1] = tokens[1]
        elif tokens[0] == "ISBUS" and len(tokens) > 2:
            self._depth = max(0, self._depth + _whole(tokens, 2, 0))

    def _item_line(self, line: Line) -> None:
        if self._item is None:
            return
        tokens = line.tokens
        key, take = tokens[0], self._item.takes[-1]
        if key == "POSITION":
            self._item.at_s = _number(tokens, 1, 0.0)
        elif key == "LENGTH":
            self._item.length_s = _number(tokens, 1, 0.0)
        elif key == "SOFFS":
            take.offset_s = _number(tokens, 1, 0.0)
        elif key == "PLAYRATE":
            take.rate = _number(tokens, 1, 1.0)
        elif key == "TAKE":
            self._item.takes.append(_Take())

    def _source_line(self, line: Line) -> None:
        tokens = line.tokens
        take = self._item.takes[-1] if self._item is not None else None
        if tokens[0] == "FILE" and len(tokens) > 1:
            if take is None:
                self.references.add(tokens[1], Use("other", self.track))
            else:
                take.files.append(tokens[1])
        elif tokens[0] == "STARTPOS" and take is not None:
            take.section_s = _number(tokens, 1, 0.0)

    def _use(self, item: _Item) -> None:
        for take in item.takes:
            for file in take.files:
                offset_s = take.offset_s + take.section_s
                use = Use("item", self.track, item.at_s, item.length_s, offset_s, take.rate)
                self.references.add(file, use)

    def _plugin_line(self, text: str) -> None:
        self._state_size += len(text)
        if self._state_size <= _MOST_STATE:
            self._state.append(text)

    def _use_state(self) -> None:
        for path in paths_in_state(_decoded(self._state)):
            self.references.add(path, Use("plug-in", self.track))
        self._state = []


def read_rpp(file: BinaryIO, path: Path) -> Project:
    """file: at its beginning. Raises UnreadableProject."""
    reader = _Reader(path)
    seen = False
    for line in lines(file, path):
        seen = True
        if not line.tag:
            raise UnreadableProject("the project cannot be read", where=f"{path}, line {line.number}",
                                    why="text stands outside every block")  # fmt: skip
        reader.line(line)
    if not seen:
        raise UnreadableProject("the project cannot be read", where=path, why="it is empty")
    points = tuple(sorted(reader.points, key=lambda point: point.at_s)) or (reader.base,)
    return Project(
        "reaper", str(path), reader.written_by, points, reader.rate_hz, None, tuple(reader.tracks),
        reader.references.all(),
    )  # fmt: skip


def _decoded(rows: list[str]) -> bytes:
    """Base64 in pieces: each piece that ends a run of full lines is a stream of its own."""
    out, run = bytearray(), ""
    for row in rows:
        run += row
        if row.endswith("=") or len(row) < 128:
            out += _bytes(run) + b"\x00"
            run = ""
    return bytes(out + _bytes(run))


def _bytes(text: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return text.encode()  # some plug-ins keep plain text there


def _number(tokens: list[str], place: int, default: float) -> float:
    try:
        value = float(tokens[place])
    except (IndexError, ValueError):
        return default
    return value if math.isfinite(value) else default


def _whole(tokens: list[str], place: int, default: int) -> int:
    return int(_number(tokens, place, float(default)))
