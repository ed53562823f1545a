"""Which assets sound like a vector: the mapped graph for what was there when it was made, the rest one by one."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from daemon.library import generations
from daemon.library.embeddings import DIMENSIONS, Stored, after, newest_model
from daemon.library.generations import Generation
from daemon.library.tables import StateRow

Vector = NDArray[np.float32]
Allowed = NDArray[np.bool_]

KEPT = 50_000  # newest vectors held in memory, 26 MB; beyond, they are read from the table at each search
_CHUNK = 5000
_FEW = 20_000  # so few are compared one by one sooner than found in the graph
_LEAST, _MOST = 96, 4096  # candidates taken from the graph
_SPARE = 4  # candidates for each one wanted: 8 bits do not order them exactly


@dataclass(frozen=True, slots=True)
class Near:
    """number: the asset's rowid. likeness: cosine, 1 for the same."""

    number: int
    likeness: float


class VectorIndex:
    """folder: where its generations are, None to have none. `refresh` first, inside a read."""

    def __init__(self, folder: Path | None = None) -> None:
        self._folder = folder
        self._lock = threading.Lock()
        self._opened = False
        self._base: Generation | None = None
        self._reset(None)

    def _reset(self, model: str | None) -> None:
        self.model = model
        self._seq = self._base.head.last_seq if self._base is not None and self._base.head.model == model else 0
        self._numbers: NDArray[np.int64] = np.zeros(0, np.int64)
        self._vectors: Vector = np.zeros((0, DIMENSIONS), np.float32)
        self.overflows = False

    @property
    def waiting(self) -> int:
        """Vectors that no generation holds yet, as far as they are held in memory."""
        return len(self._numbers)

    @property
    def base(self) -> Generation | None:
        """The generation in use; None when there is none of the model in use."""
        return self._base if self._base is not None and self._base.head.model == self.model else None

    def reopen(self) -> None:
        """There is a newer generation: open it at the next refresh."""
        with self._lock:
            self._opened = False

    def refresh(self) -> None:
        """Take over what was put in since; inside a read."""
        with self._lock:
            if not self._opened:
                self._opened = True
                self._base = None if self._folder is None else generations.newest(self._folder, library_id())
                self._reset(newest_model())
            model = newest_model()
            if model != self.model:
                self._reset(model)
            if model is None:
                return
            while len(self._numbers) < KEPT and (rows := after(model, self._seq, _CHUNK)):
                numbers, vectors = _arrays(rows)
                kept = ~np.isin(self._numbers, numbers)  # not those that were put in anew
                self._numbers = np.concatenate([self._numbers[kept], numbers])
                self._vectors = np.concatenate([self._vectors[kept], vectors])
                self._seq = rows[-1].seq
            self.overflows = len(self._numbers) >= KEPT and bool(after(model, self._seq, 1))

    def vector_of(self, number: int) -> Vector | None:
        """An asset's own vector; None when it has none."""
        held = np.flatnonzero(self._numbers == number)
        if held.size:
            return np.asarray(self._vectors[held[-1]])
        base = self.base
        if base is not None and number < len(base.place_of) and base.place_of[number] >= 0:
            return np.asarray(base.vectors[base.place_of[number]], np.float32)
        return None

    def near(self, vector: Vector, count: int, allowed: Allowed | None = None) -> list[Near]:
        """The `count` nearest assets, nearest first; inside a read. allowed: by asset number; None for all.

        What the index holds of an asset that has gone since is found too: the caller looks each up anyway.
        """
        vector = np.asarray(vector / np.linalg.norm(vector), np.float32)
        with self._lock:
            base, numbers, vectors, model, seq = self.base, self._numbers, self._vectors, self.model, self._seq
            found = [_scored(numbers, vectors, vector, count, allowed)]
            newer = set(numbers.tolist())
            if self.overflows and model is not None:
                found += [_scored(*part, vector, count, allowed) for part in _stored(model, seq)]
                newer.update(int(number) for part in found for number in part[0])
            if base is not None:
                found.append(_of_base(base, vector, count + min(len(newer), count), allowed))
                kept = np.array([number not in newer for number in found[-1][0].tolist()], bool)
                found[-1] = (found[-1][0][kept], found[-1][1][kept])
        all_numbers = np.concatenate([part[0] for part in found])
        likeness = np.concatenate([part[1] for part in found])
        best: dict[int, float] = {}
        for place in np.argsort(-likeness, kind="stable"):
            best.setdefault(int(all_numbers[place]), float(likeness[place]))
            if len(best) == count:
                break
        return [Near(number, like) for number, like in best.items()]


Found = tuple[NDArray[np.int64], NDArray[np.float32]]


def _scored(
    numbers: NDArray[np.int64],
    vectors: NDArray[Any],
    wanted: Vector,
    count: int,
    allowed: Allowed | None,
) -> Found:
    """The best `count` of these, each compared. A number that comes twice counts with its last vector."""
    if allowed is not None:
        inside = numbers < len(allowed)
        inside[inside] = allowed[numbers[inside]]
        numbers, vectors = numbers[inside], vectors[inside]
    likeness = np.empty(len(numbers), np.float32)
    for start in range(0, len(numbers), _CHUNK):
        likeness[start : start + _CHUNK] = np.asarray(vectors[start : start + _CHUNK], np.float32) @ wanted
    if len(numbers) > count:
        best = np.argpartition(-likeness, count)[:count]
        numbers, likeness = numbers[best], likeness[best]
    return numbers, likeness


def _stored(model: str, seq: int) -> Iterator[tuple[NDArray[np.int64], Vector]]:
    """What came after `seq`, straight from the table."""
    while rows := after(model, seq, _CHUNK):
        seq = rows[-1].seq
        yield _arrays(rows)


def _arrays(rows: list[Stored]) -> tuple[NDArray[np.int64], Vector]:
    """(n,) numbers and (n, DIMENSIONS) vectors."""
    vectors = np.frombuffer(b"".join(row.vector for row in rows), "<f2").reshape(-1, DIMENSIONS)
    return np.array([row.number for row in rows], np.int64), np.asarray(vectors, np.float32)


def _of_base(base: Generation, wanted: Vector, count: int, allowed: Allowed | None) -> Found:
    if base.graph is None:
        return _scored(base.numbers, base.vectors, wanted, count, allowed)
    share = 1.0
    if allowed is not None:
        few = int(np.count_nonzero(allowed[: len(base.place_of)]))
        if few <= _FEW:
            return _one_by_one(base, allowed, wanted, count)
        share = min(few / max(base.head.rows, 1), 1.0)
    taken = min(max(int(_SPARE * count / share), _LEAST), _MOST)
    places = base.graph.near(wanted, taken)
    numbers = base.numbers[places]
    current = base.place_of[numbers] == places  # not a vector that was replaced since
    found = _scored(numbers[current], base.vectors[places[current]], wanted, count, allowed)
    if allowed is not None and len(found[0]) < count:
        return _one_by_one(base, allowed, wanted, count)
    return found


def _one_by_one(base: Generation, allowed: Allowed, wanted: Vector, count: int) -> Found:
    numbers = np.flatnonzero(allowed[: len(base.place_of)])
    places = base.place_of[numbers]
    numbers, places = numbers[places >= 0], places[places >= 0]
    order = np.argsort(places)  # the file is read from front to back
    return _scored(numbers[order], base.vectors[places[order]], wanted, count, None)


def library_id() -> str:
    """What tells this library from another whose files were put in its place; inside a read."""
    row: Any = StateRow.get_or_none(StateRow.name == "library.id")
    return "" if row is None else str(row.value)
