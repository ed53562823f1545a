"""What the owner of a library taught the tagger: sounds whose class a person said, remembered by their embeddings.

A sound near one of them takes its class, also one that the network never knew; a sound far from all of them is left
to the network. So a few corrections change what is like them and nothing else. (A kernel regression with the
network's shares as its prior: Nadaraya 1964, Watson 1964.)
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

_WIDTHS = (0.02, 0.04, 0.08, 0.15, 0.3)  # of the kernel, in cosine distance, among which learning chooses
_STRENGTHS = (0.5, 1.0, 3.0, 10.0)  # of one taught sound against the network


@dataclass(frozen=True, slots=True)
class Learned:
    """names: all classes, the network's first. embeddings: (n, dims) of the taught sounds. labels: (n,) into names.
    width, strength: of the kernel."""

    names: tuple[str, ...]
    embeddings: NDArray[np.float32]
    labels: NDArray[np.int64]
    width: float
    strength: float

    @classmethod
    def taught(
        cls, embeddings: NDArray[np.float32], classes: Sequence[str], shares: NDArray[np.float32]
    ) -> Self:
        """From embeddings (n, dims), the classes that a person gave them, and the network's own shares (n, classes).
        Width and strength are those by which each taught sound is best told from the others (leave one out)."""
        names = (*CLASSES, *sorted(set(classes) - set(CLASSES)))
        labels = np.array([names.index(one) for one in classes], np.int64)
        tried = [
            cls(names, embeddings, labels, width, strength) for width in _WIDTHS for strength in _STRENGTHS
        ]
        return min(tried, key=lambda one: one._cost(shares))

    def applied(
        self, shares: NDArray[np.float32], embedding: NDArray[np.float32]
    ) -> tuple[tuple[str, ...], NDArray[np.float32]]:
        """All names, and their shares for one sound with the network's shares (classes,) and embedding (dims,)."""
        return self.names, self._mixed(shares, self.strength * self._nearness(self.embeddings @ embedding))

    def _nearness(self, cosines: NDArray[np.float32]) -> NDArray[np.float32]:
        return np.asarray(np.exp((cosines - 1) / self.width), np.float32)

    def _mixed(self, shares: NDArray[np.float32], weights: NDArray[np.float32]) -> NDArray[np.float32]:
        votes = np.asarray(np.bincount(self.labels, weights, minlength=len(self.names)), np.float64)
        votes[: len(CLASSES)] += shares
        return np.asarray(votes / votes.sum(), np.float32)

    def _cost(self, shares: NDArray[np.float32]) -> float:
        weights = self.strength * self._nearness(self.embeddings @ self.embeddings.T)
        np.fill_diagonal(weights, 0)
        found = [
            self._mixed(own, row)[label] for own, row, label in zip(shares, weights, self.labels, strict=True)
        ]
        return float(-np.log(np.maximum(found, 1e-4)).mean())

    def write(self, path: Path) -> None:
        with path.open("wb") as file:
            np.savez(
                file, names=np.array(self.names), embeddings=self.embeddings, labels=self.labels,
                kernel=np.array([self.width, self.strength]),
            )  # fmt: skip

    @classmethod
    def read(cls, path: Path) -> Self:
        """Raises BadConfig for a file that is no such thing."""
        try:
            with np.load(path, allow_pickle=False) as data:
                width, strength = data["kernel"].tolist()
                names = tuple(str(name) for name in data["names"])
                return cls(names, data["embeddings"], data["labels"], width, strength)
        except (OSError, ValueError, KeyError) as error:
            raise BadConfig(
                "what the tagger was taught cannot be read", where=path, why=error,
                hint="roadie library learn writes it anew; roadie library learn --forget removes it",
            ) from error  # fmt: skip
