"""Time, injected, so that no test sleeps."""

from __future__ import annotations

import time
from typing import Protocol


class Clock(Protocol):
    def now(self) -> float:
        """Wall time in seconds since the epoch: for people and for rows, never for deciding order."""
        ...

    def monotonic(self) -> float:
        """Seconds that never go back: for timeouts and rates."""
        ...


class SystemClock:
    def now(self) -> float:
        return time.time()

    def monotonic(self) -> float:
        return time.monotonic()
