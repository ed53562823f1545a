"""What was heard of one sound, as it is kept: from it the sound's class is told anew without its file, when only what
the tagger goes by besides its network has changed."""

from __future__ import annotations

import struct
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

from daemon.engines.classifier.classes import CLASSES
from daemon.engines.classifier.kind import LOOP, ONE_SHOT
from daemon.kernel.types import Json
from daemon.kernel.work import EMBEDDING_DIMS

FORMAT = 1
"""Rises with what the bytes mean: those of another format are not read, and the sound is heard again."""

_HEAD = struct.Struct("<BBBBff")  # format, loop, pictures, note or _NO_NOTE, cents, confidence
_NO_NOTE = 255
_SHARES, _EMBEDDING = 4 * len(CLASSES), 2 * EMBEDDING_DIMS


@dataclass(frozen=True, slots=True)
class Note:
    """number: MIDI. cents: from it. confidence: 0..1. The latter two are rounded as they are told."""

    number: int
    cents: float
    confidence: float

    def told(self) -> dict[str, Json]:
        return {"root_note": self.number, "root_cents": self.cents, "root_confidence": self.confidence}


@dataclass(frozen=True, slots=True)
class Findings:
    """kind: "one-shot" or "loop". shares: (n, classes), what the network gave each picture. embeddings: (n, dims) of
    these, in float32 with the digits of float16, as `packed` keeps them: what is told at once is told of the same
    numbers as what is told later. n is 0 for silence. note: None where none is clear."""

    kind: str
    shares: NDArray[np.float32]
    embeddings: NDArray[np.float32]
    note: Note | None = None

    @classmethod
    def of(
        cls,
        kind: str,
        shares: NDArray[np.float32],
        embeddings: NDArray[np.float32],
        note: Note | None = None,
    ) -> Self:
        """As the network gave them."""
        return cls(kind, shares, embeddings.astype(np.float16).astype(np.float32), note)

    @classmethod
    def silence(cls, kind: str) -> Self:
        empty = np.zeros((0, len(CLASSES)), np.float32), np.zeros((0, EMBEDDING_DIMS), np.float32)
        return cls(kind, *empty)

    @property
    def silent(self) -> bool:
        return len(self.shares) == 0

    def packed(self) -> bytes:
        note = self.note
        head = _HEAD.pack(
            FORMAT,
            self.kind == LOOP,
            len(self.shares),
            *((_NO_NOTE, 0.0, 0.0) if note is None else _numbers(note)),
        )
        return head + self.shares.astype("<f4").tobytes() + self.embeddings.astype("<f2").tobytes()

    @classmethod
    def unpacked(cls, data: bytes) -> Self | None:
        """None for the bytes of another format."""
        if len(data) < _HEAD.size or data[0] != FORMAT:
            return None
        _, loop, count, number, cents, confidence = _HEAD.unpack_from(data)
        middle = _HEAD.size + count * _SHARES
        if len(data) != middle + count * _EMBEDDING:
            return None
        shares = np.frombuffer(data[_HEAD.size : middle], "<f4").reshape(count, len(CLASSES)).astype(np.float32)
        embeddings = np.frombuffer(data[middle:], "<f2").reshape(count, EMBEDDING_DIMS).astype(np.float32)
        note = None if number == _NO_NOTE else Note(number, round(cents, 1), round(confidence, 3))
        return cls(LOOP if loop else ONE_SHOT, shares, embeddings, note)


def _numbers(note: Note) -> tuple[int, float, float]:
    return note.number, note.cents, note.confidence


def said_of(hint: Mapping[str, Json]) -> list[str]:
    """The classes that a hint says the name allows for."""
    said = hint.get("said")
    return [str(each) for each in said] if isinstance(said, list) else []
