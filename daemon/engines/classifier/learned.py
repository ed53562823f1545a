"""What the owner of a library taught the tagger: sounds whose class a person said, remembered by their embeddings.

A sound near one of them takes its class, also one that the network never knew; a sound far from all of them is left
to the network. So a few corrections change what is like them and nothing else. (The nearest neighbour of each class by
cosine, its vote falling with distance, the network's shares as the prior.)
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Self

import numpy as np
from numpy.typing import NDArray

from daemon.engines.classifier.classes import CLASSES
from daemon.kernel.errors import BadConfig

REACH, FALL = 0.6, 0.07
"""At a cosine of REACH a taught sound counts half as much as the network, and e times less for each FALL below it.
Sounds of one kind have a cosine of about 0.5 in the median, others one of 0.0; bench/learn.py shows what other values
do. They are not fitted to what was taught: five sounds of one class say nothing about what else there is, and the
widest reach would win."""


@dataclass(frozen=True, slots=True)
class Learned:
    """names: all classes, the network's first. embeddings: (n, dims) of the taught sounds. labels: (n,) into names.
    loops: (n,) whether it is a loop, which is compared with loops only."""

    names: tuple[str, ...]
    embeddings: NDArray[np.float32]
    labels: NDArray[np.int64]
    loops: NDArray[np.bool_]

    @classmethod
    def taught(
        cls, embeddings: NDArray[np.float32], classes: Sequence[str], loops: Sequence[bool] = ()
    ) -> Self:
        """From embeddings (n, dims) of norm 1 and the classes that a person gave them. loops: (n,) which are loops;
        empty: none."""
        names = (*CLASSES, *sorted(set(classes) - set(CLASSES)))
        labels = _whatever_case(names, np.array([names.index(one) for one in classes], np.int64))
        return cls(names, embeddings, labels, np.array(loops or [False] * len(labels), bool))

    def applied(
        self, shares: NDArray[np.float32], embedding: NDArray[np.float32], *, loop: bool = False
    ) -> tuple[tuple[str, ...], NDArray[np.float32]]:
        """All names, and their shares for one sound (loop: for a loop as a whole) with the shares (classes,) that the
        network gave, or (names,) that this gave before, and embedding (dims,)."""
        votes = np.zeros(len(self.names))
        votes[: len(shares)] = shares
        nearest = np.full(len(self.names), -np.inf)
        those = self.loops == loop
        np.maximum.at(nearest, self.labels[those], self.embeddings[those] @ embedding)
        votes += 0.5 * np.exp((nearest - REACH) / FALL)
        return self.names, np.asarray(votes / votes.sum(), np.float32)

    def write(self, path: Path) -> None:
        with path.open("wb") as file:
            np.savez(
                file,
                names=np.array(self.names),
                embeddings=self.embeddings,
                labels=self.labels,
                loops=self.loops,
            )

    @classmethod
    def read(cls, path: Path) -> Self:
        """Raises BadConfig for a file that is no such thing."""
        try:
            with np.load(path, allow_pickle=False) as data:
                names = tuple(str(name) for name in data["names"])
                labels = _whatever_case(names, data["labels"])  # an older roadie's may have one twice
                loops = data["loops"] if "loops" in data else np.zeros(len(labels), bool)  # an older roadie's
                return cls(names, data["embeddings"], labels, loops)
        except (OSError, ValueError, KeyError) as error:
            raise BadConfig(
                "what the tagger was taught cannot be read", where=path, why=error,
                hint="roadie library learn writes it anew; roadie library learn --forget removes it",
            ) from error  # fmt: skip


def _whatever_case(names: Sequence[str], labels: NDArray[np.int64]) -> NDArray[np.int64]:
    """Labels into names of which those that differ in case alone are the first of them: votes for one class are not
    divided."""
    first: dict[str, int] = {}
    places = [first.setdefault(name.casefold(), number) for number, name in enumerate(names)]
    return np.array(places, np.int64)[labels]
