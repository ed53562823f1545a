"""Eight places for the newest open jobs, so that a fixed layout has something to show them on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from bridges.osc.table import SLOTS

if TYPE_CHECKING:
    from bridges.osc.feed import JobFeed

OPEN = frozenset({"preparing", "queued", "running"})
KEPT_S = 1.0
"""For so long a slot shows how its job ended, though another waits for it: who presses cancel twice cancels one job."""


@dataclass(slots=True)
class Slot:
    """number: 1 to 8. job: "" when nothing was there yet. ended_s: when its job ended, None while it is open, also
    where its state does not say so yet."""

    number: int
    job: str = ""
    name: str = ""
    state: str = ""
    progress: float = 0.0
    placed: int = 0
    ended_s: float | None = None

    def values(self) -> dict[str, str | float]:
        """What its addresses say."""
        base = f"/roadie/slot/{self.number}"
        return {f"{base}/name": self.name, f"{base}/state": self.state, f"{base}/progress": self.progress}

    def kept_s(self, now_s: float) -> float:
        """For how long it is kept from other jobs."""
        return 0.0 if self.ended_s is None else max(0.0, self.ended_s + KEPT_S - now_s)


class Slots:
    """Each of the eight newest open jobs has a place, and keeps it after its end until one of them needs it: its
    result is there to be heard, and a fader does not jump to another job under the hand."""

    def __init__(self) -> None:
        self._slots = [Slot(number) for number in range(1, SLOTS + 1)]
        self._placed = 0

    def __getitem__(self, number: int) -> Slot:
        return self._slots[number - 1]

    def all(self) -> list[Slot]:
        return list(self._slots)

    def of(self, job: str) -> Slot | None:
        return next((slot for slot in self._slots if slot.job == job), None)

    def seat(self, newest: Sequence[JobFeed], now_s: float) -> tuple[list[Slot], float | None]:
        """Give the newest open jobs, at most eight, the places that they have not: free ones, else those of jobs that
        ended, the first of them first, else those of open jobs that are not among them any more.

        Returns the places given, and in how many seconds a place is free for a job that has none yet, None where
        each has one.
        """
        jobs = {feed.job for feed in newest}
        others = sorted((slot for slot in self._slots if slot.job not in jobs), key=_needed)
        free = [slot for slot in others if not slot.kept_s(now_s)]
        without = [feed for feed in newest if self.of(feed.job) is None]
        wait_s = min((slot.kept_s(now_s) for slot in others if slot.kept_s(now_s)), default=None)
        given = [self._place(slot, feed) for slot, feed in zip(free, without, strict=False)]
        return given, wait_s if len(given) < len(without) else None

    def _place(self, slot: Slot, feed: JobFeed) -> Slot:
        self._placed += 1
        slot.job, slot.name, slot.placed, slot.ended_s = feed.job, feed.name, self._placed, None
        slot.state, slot.progress = feed.state, float(feed.progress)
        return slot

    def values(self) -> dict[str, str | float]:
        return {address: value for slot in self._slots for address, value in slot.values().items()}


def _needed(slot: Slot) -> tuple[bool, bool, float, int]:
    """Those that are needed least come first."""
    return slot.job != "", slot.ended_s is None, slot.ended_s or 0.0, slot.placed
