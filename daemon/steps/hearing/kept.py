"""What is kept of a sound that was heard, and the files in which it travels: the daemon stores it and does not look at
it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import msgspec

from daemon.kernel.types import Json


class Kept(msgspec.Struct, frozen=True, array_like=True):
    """engine: what the classifier kept (`Classification.kept`). note: of `meta.NOTE`, what the analysis told, which
    stands where the classifier tells none."""

    engine: bytes
    note: dict[str, Json] = {}


class Asked(msgspec.Struct, frozen=True, array_like=True):
    """A sound that is to be told anew. path: where it stands: its name is evidence. kept: of `Kept`, encoded."""

    path: str
    kept: bytes


class Named(msgspec.Struct, frozen=True, array_like=True):
    """A sound whose class a person said. kept: of `Kept`, encoded."""

    label: str
    name: str
    kept: bytes


def encoded(kept: Kept) -> bytes:
    return msgspec.msgpack.encode(kept)


def decoded(data: bytes) -> Kept | None:
    """None for what another roadie kept in another way: that sound is heard again."""
    try:
        return msgspec.msgpack.decode(data, type=Kept)
    except msgspec.DecodeError:
        return None


def write_heard(path: Path, heard: Mapping[int, bytes]) -> None:
    """heard: `encoded` of each input, by its number."""
    path.write_bytes(msgspec.msgpack.encode(heard))


def read_heard(path: Path) -> dict[int, bytes]:
    return msgspec.msgpack.decode(path.read_bytes(), type=dict[int, bytes])


def write_asked(path: Path, asked: Sequence[Asked]) -> None:
    path.write_bytes(msgspec.msgpack.encode(asked))


def read_asked(path: Path) -> list[Asked]:
    return msgspec.msgpack.decode(path.read_bytes(), type=list[Asked])


def write_told(path: Path, told: Sequence[Mapping[str, Json] | None]) -> None:
    """told: of each that was asked for, in order: class, confidence and those of `meta.NOTE`; None of one that has to
    be heard again."""
    path.write_bytes(msgspec.msgpack.encode(told))


def read_told(path: Path) -> list[dict[str, Json] | None]:
    return msgspec.msgpack.decode(path.read_bytes(), type=list[dict[str, Json] | None])


def write_named(path: Path, named: Sequence[Named]) -> None:
    path.write_bytes(msgspec.msgpack.encode(named))


def read_named(path: Path) -> list[Named]:
    return msgspec.msgpack.decode(path.read_bytes(), type=list[Named])
