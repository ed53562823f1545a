"""One progress for reading the file and for separating each of its channel pairs at the same time."""

from __future__ import annotations

from daemon.kernel.checkpoint import Checkpoint

_READING = 0.02  # of the whole, about what the first pass takes


class Progress:
    """parts: channel pairs, which advance together."""

    def __init__(self, checkpoint: Checkpoint, parts: int) -> None:
        self._checkpoint = checkpoint
        self._parts = parts
        self._pairs: list[float] = []
        self._told = 0.0

    def read(self, fraction: float) -> None:
        """The first pass over one pair is so far."""
        self._tell(_READING * min(1.0, fraction), "reading")

    def part(self) -> Checkpoint:
        """The checkpoint of one pair's separation."""
        index = len(self._pairs)
        self._pairs.append(0.0)

        def checkpoint(fraction: float, note: str = "") -> None:
            self._pairs[index] = fraction
            self._tell(_READING + (1 - _READING) * sum(self._pairs) / self._parts, note)

        return checkpoint

    def _tell(self, fraction: float, note: str) -> None:
        self._told = max(self._told, fraction)  # never back, whatever is done again
        self._checkpoint(self._told, note)
