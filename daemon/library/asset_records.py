"""Assets as they are known, and as they are made known."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from daemon.kernel.types import AssetId, Json

USER, MODEL, FILE_NAME = "user", "model", "file name"

COLUMNS = {"bpm": "bpm", "key": "key", "stem": "stem", "class": "label", "confidence": "confidence",
            "length_s": "length_s", "rate": "rate_hz", "channels": "channels"}  # fmt: skip
"""Key of a meta -> the field that has it too, to be looked for by."""


def _signed(number: int) -> int:
    """The last 64 bits, the first of which is the sign."""
    return (number + 2**63) % 2**64 - 2**63


@dataclass(frozen=True, slots=True)
class FileStat:
    """What an unchanged file looks like from outside: a stat tells whether it must be read again."""

    size: int
    mtime_ns: int
    inode: int

    @classmethod
    def of(cls, path: Path) -> FileStat:
        """Raises OSError when the file is not there."""
        return cls.told(path.stat())

    @classmethod
    def told(cls, stat: os.stat_result) -> FileStat:
        """Times after 2262 and the inodes of some file systems need 64 bits without a sign, and SQLite's have one. They
        are only compared, so they go round."""
        return cls(stat.st_size, _signed(stat.st_mtime_ns), _signed(stat.st_ino))


@dataclass(frozen=True, slots=True)
class Look:
    """A known path. made: roadie wrote it. heard: the mark of the engine that told what it is."""

    stat: FileStat
    missing: bool
    made: bool
    heard: str | None


@dataclass(frozen=True, slots=True)
class Tag:
    label: str
    confidence: float
    origin: str


@dataclass(frozen=True, slots=True)
class Asset:
    """One asset as the library knows it. paths: where it stands now. missing: it stands nowhere."""

    id: AssetId
    kind: str
    name: str
    paths: tuple[str, ...]
    stem: str | None
    label: str | None
    confidence: float | None
    bpm: float | None
    key: str | None
    length_s: float | None
    rate_hz: int | None
    channels: int | None
    rating: int
    parent: str | None
    source: str | None
    job: str | None
    meta: Mapping[str, Json]
    added_at: float
    tags: tuple[Tag, ...] = ()

    @property
    def missing(self) -> bool:
        return not self.paths


@dataclass(frozen=True, slots=True)
class Heard:
    """What an engine told of a file. mark: the engine's, with what it was taught. network: the mark of what makes its
    embeddings. embedding: None when it has none. said: labels that the file's name names. kept: what engines of that
    network tell its class anew from; None of what has no class."""

    mark: str
    network: str
    embedding: tuple[float, ...] | None = None
    said: tuple[str, ...] = ()
    kept: bytes | None = None


@dataclass(frozen=True, slots=True)
class NewAsset:
    """A file to be known. made: roadie wrote it. source: the song it came from. heard: None for one that was only
    read."""

    id: AssetId
    kind: str
    path: Path
    stat: FileStat
    byte_hash: str | None = None
    made: bool = False
    parent: str | None = None
    source: str | None = None
    job: str | None = None
    meta: Mapping[str, Json] = field(default_factory=dict)
    heard: Heard | None = None
