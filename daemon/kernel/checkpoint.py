"""How long work stays interruptible."""

from __future__ import annotations

from typing import Protocol


class Checkpoint(Protocol):
    """Called by engines and steps between segments, well under a second apart.

    Tells the progress (0..1 of this run) and a short note, waits while the lane is paused, and raises
    `Cancelled` when nobody wants the result any more.
    """

    def __call__(self, fraction: float, note: str = "") -> None: ...
