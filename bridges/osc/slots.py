"""Eight places for the newest open jobs, so that a fixed layout has something to show them on."""

from __future__ import annotations

from dataclasses import dataclass

from bridges.osc.table import SLOTS

OPEN = frozenset({"preparing", "queued", "running"})


@dataclass(slots=True)
class Slot:
    """number: 1 to 8. job: "" when nothing was there yet."""

    number: int
    job: str = ""
    name: str = ""
    state: str = ""
    progress: float = 0.0
    placed: int = 0

    def values(self) -> dict[str, str | float]:
        """What its addresses say."""
        base = f"/roadie/slot/{self.number}"
        return {f"{base}/name": self.name, f"{base}/state": self.state, f"{base}/progress": self.progress}


class Slots:
    """A job keeps its place for as long as it is among the eight, and after its end until another needs it: its
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

    def place(self, job: str, name: str, state: str, progress: float) -> Slot:
        """A new job's place: a free one, else that of the job that ended first, else that of the oldest."""
        slot = self.of(job) or min(
            self._slots, key=lambda each: (each.job != "", each.state in OPEN, each.placed)
        )
        self._placed += 1
        slot.job, slot.name, slot.state = job, name, state
        slot.progress, slot.placed = float(progress), self._placed
        return slot

    def values(self) -> dict[str, str | float]:
        return {address: value for slot in self._slots for address, value in slot.values().items()}
