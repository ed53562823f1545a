"""The facets of every asset as arrays, so that a million are filtered, sorted and counted in milliseconds.

SQLite holds the truth. This is a copy by column, brought up to date before each use by what was touched since; a
snapshot on disk, mapped and copied on write, spares a start from reading everything again. An asset's place in each
array is its rowid.
"""

from __future__ import annotations

import json
import os
import struct
import threading
import zlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path, PurePath
from typing import Any

import numpy as np
from numpy.typing import NDArray

from daemon.library.tables import AssetRow, StateRow

Array = NDArray[Any]

NUMBERS = {
    "bpm": "f4", "length": "f4", "rating": "u1", "added": "f8", "brightness": "f4", "pitch": "f4", "loudness": "f4",
    "noisiness": "f4",
}  # fmt: skip
WORDS = {"kind": "u2", "class": "u2", "stem": "u2", "key": "u2", "source": "i4", "folder": "i4"}
"""Facets that are one of some words: an array holds the word's place in `words[name]`; 0 is none. A sound that stands
in several folders has all of them for its folder, with BETWEEN in between; one that is missing those it stood in."""
BETWEEN = "\0"
FLAGS = {"known": "?", "missing": "?"}
NAMES = {"name": "u8", "name_on": "u8"}
"""The first eight bytes of a name and the next eight, as numbers that are in order as the names are."""
DTYPES = {**NUMBERS, **WORDS, **FLAGS, **NAMES}

_CHUNK = 5000
_STARTS = 16  # bytes of a name
_GROWTH = 1.5
_MAGIC = b"RDCOLS04"
_LENGTHS = struct.Struct("<QI")  # of the header; crc32 of all that follows it
_PAGE = 4096

_CHANGES = """
SELECT t.seq, t.number, a.id IS NOT NULL, a.bpm, a.length_s, a.rating, a.added_at,
    json_extract(a.meta, '$.brightness_hz'), json_extract(a.meta, '$.root_note'), json_extract(a.meta, '$.lufs'),
    json_extract(a.meta, '$.noisiness'), a.kind, a.class, a.stem, a."key", a.source,
    (SELECT group_concat(path, char(0)) FROM
        (SELECT p.path FROM path p WHERE p.asset_id = a.id AND NOT p.missing ORDER BY p.path)), a.name,
    (SELECT group_concat(path, char(0)) FROM
        (SELECT p.path FROM path p WHERE p.asset_id = a.id AND p.missing ORDER BY p.path))
FROM touched t LEFT JOIN asset a ON a.rowid = t.number
WHERE t.seq > ? ORDER BY t.seq LIMIT ?
"""


@dataclass(slots=True)
class _Dictionary:
    """Words in the order in which they came, the empty one first."""

    words: list[str] = field(default_factory=lambda: [""])
    places: dict[str, int] = field(default_factory=lambda: {"": 0})

    def place(self, word: str | None) -> int:
        word = word or ""
        found = self.places.get(word)
        if found is None:
            found = self.places[word] = len(self.words)
            self.words.append(word)
        return found


class Columns:
    """snapshot: its file, None to keep everything in memory. `refresh` first, inside a read."""

    def __init__(self, snapshot: Path | None = None) -> None:
        self.seq = 0
        self.size = 1
        self.unsaved = 0
        self._arrays: dict[str, Array] = _empty(1024)
        self._words = {name: _Dictionary() for name in WORDS}
        self._snapshot = snapshot
        self._lock = threading.Lock()
        self._opened = False

    def refresh(self) -> None:
        """Take over what changed. Inside a read, so that it is as new as what is read next."""
        with self._lock:
            if not self._opened:
                self._opened = True
                self._open()
            while rows := AssetRow._meta.database.execute_sql(_CHANGES, (self.seq, _CHUNK)).fetchall():
                self._take(rows)

    def __getitem__(self, name: str) -> Array:
        """(size,) values by rowid; NaN or 0 where there is none."""
        return self._arrays[name][: self.size]

    def words(self, name: str) -> Sequence[str]:
        return self._words[name].words

    def place(self, name: str, word: str) -> int | None:
        """Where a word stands among its facet's, None when no asset ever had it."""
        return self._words[name].places.get(word)

    def _take(self, rows: list[tuple[Any, ...]]) -> None:
        columns = list(zip(*rows, strict=True))
        numbers = np.array(columns[1], np.int64)
        self._grow(int(numbers.max()) + 1)
        arrays = self._arrays
        arrays["known"][numbers] = np.array(columns[2], bool)
        for name, values in zip(NUMBERS, columns[3:11], strict=True):
            filled = [0 if value is None else value for value in values] if name == "rating" else values
            arrays[name][numbers] = np.array(filled, DTYPES[name])
        for name, values in zip(WORDS, columns[11:16], strict=False):
            place = self._words[name].place
            arrays[name][numbers] = [place(value) for value in values]
        place = self._words["folder"].place
        arrays["folder"][numbers] = [
            place(_folders(stands or stood)) for stands, stood in zip(columns[16], columns[18], strict=True)
        ]
        arrays["missing"][numbers] = [paths is None for paths in columns[16]]
        starts = b"".join(_start(name) for name in columns[17])
        halves = np.frombuffer(starts, ">u8").reshape(-1, 2)
        for half, name in enumerate(NAMES):
            arrays[name][numbers] = halves[:, half]
        self.seq = int(columns[0][-1])
        self.unsaved += len(rows)

    def _grow(self, size: int) -> None:
        if size > len(self._arrays["known"]):
            larger = _empty(int(size * _GROWTH))
            for name, array in self._arrays.items():
                larger[name][: len(array)] = array
            self._arrays = larger  # whoever reads the old ones meanwhile keeps them
        self.size = max(self.size, size)

    # ------------------------------------------------------------ the snapshot

    def save(self) -> None:
        """Write the snapshot, whole or not at all. Raises OSError."""
        if self._snapshot is None:
            return
        with self._lock:
            head = {
                "library": _library_id(), "seq": self.seq, "size": self.size,
                "words": {name: each.words for name, each in self._words.items()},
            }  # fmt: skip
            parts = [np.ascontiguousarray(self[name]).tobytes() for name in DTYPES]
            self.unsaved = 0
        header = json.dumps(head).encode()
        header += b" " * (-(len(_MAGIC) + _LENGTHS.size + len(header)) % _PAGE)
        crc = 0
        for part in (header, *parts):
            crc = zlib.crc32(part, crc)
        self._snapshot.parent.mkdir(parents=True, exist_ok=True)
        new = self._snapshot.with_suffix(".new")
        with new.open("wb") as file:
            file.write(_MAGIC + _LENGTHS.pack(len(header), crc) + header)
            for part in parts:
                file.write(part)
            file.flush()
            os.fsync(file.fileno())
        new.replace(self._snapshot)

    def _open(self) -> None:
        """Begin with the snapshot, if it is whole and of this library; otherwise with nothing."""
        if self._snapshot is None or not self._snapshot.is_file():
            return
        loaded = _load(self._snapshot)
        if loaded is None:
            return
        head, arrays = loaded
        latest = AssetRow._meta.database.execute_sql("SELECT MAX(seq) FROM touched").fetchone()[0] or 0
        if head["library"] != _library_id() or head["seq"] > latest:
            return
        self._arrays, self.size, self.seq = arrays, head["size"], head["seq"]
        for name, words in head["words"].items():
            self._words[name] = _Dictionary(words, {word: place for place, word in enumerate(words)})


def starts_of(name: str) -> tuple[int, int]:
    """As NAMES has it."""
    start = _start(name)
    return int.from_bytes(start[:8], "big"), int.from_bytes(start[8:], "big")


def _start(name: str | None) -> bytes:
    return (name or "").encode()[:_STARTS].ljust(_STARTS, b"\0")


def _folders(paths: str | None) -> str | None:
    if paths is None:
        return None
    return BETWEEN.join(dict.fromkeys(str(PurePath(path).parent) for path in paths.split(BETWEEN)))


def _empty(size: int) -> dict[str, Array]:
    empty = {name: np.zeros(size, dtype) for name, dtype in DTYPES.items()}
    for name, dtype in NUMBERS.items():
        if dtype[0] == "f":
            empty[name][:] = np.nan
    return empty


def _load(path: Path) -> tuple[dict[str, Any], dict[str, Array]] | None:
    """Header and arrays of a snapshot; None when it is damaged or another version's."""
    data = np.memmap(path, np.uint8, "c")
    start = len(_MAGIC) + _LENGTHS.size
    if bytes(data[: len(_MAGIC)]) != _MAGIC or len(data) < start:
        return None
    length, crc = _LENGTHS.unpack(bytes(data[len(_MAGIC) : start]))
    if zlib.crc32(data[start:].data) != crc:
        return None
    head = json.loads(bytes(data[start : start + length]))
    arrays: dict[str, Array] = {}
    at = start + length
    for name, dtype in DTYPES.items():
        size = np.dtype(dtype).itemsize * head["size"]
        arrays[name] = data[at : at + size].view(dtype)
        at += size
    return head, arrays


def _library_id() -> str:
    row = StateRow.get_or_none(StateRow.name == "library.id")
    return "" if row is None else str(row.value)
