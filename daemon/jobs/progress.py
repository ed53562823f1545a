"""How far a job is, and how long it may still take."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from daemon.kernel.clock import Clock
from daemon.kernel.work import Lane
from daemon.steps import registry

# Shares of a job's time: a separation is most of it, wherever it runs.
WEIGHTS = {Lane.HEAVY: 10.0, Lane.CPU: 1.0, Lane.PLUGIN: 2.0}
TELL_EVERY_S = 0.1
ENOUGH = 0.03  # of the job, before an estimate of the rest means anything


@dataclass(slots=True)
class Meter:
    """Progress of one job over its inputs and their steps. Live only: rows keep states, not fractions."""

    clock: Clock
    inputs: int
    steps: Sequence[tuple[str, str]]  # (id, use)
    started_s: float
    _done: dict[tuple[str, str], float] = field(default_factory=dict)
    _told_s: float = 0.0

    def set(self, input_id: str, step: str, fraction: float) -> None:
        self._done[input_id, step] = min(max(fraction, 0.0), 1.0)

    def finish_input(self, input_id: str) -> None:
        """An input has ended, whichever way: nothing of it is left to wait for."""
        for step, _ in self.steps:
            self._done[input_id, step] = 1.0

    def fractions(self) -> dict[tuple[str, str], float]:
        """(input, step) -> 0..1 of what has begun."""
        return dict(self._done)

    @property
    def progress(self) -> float:
        """0..1 of the whole job."""
        weights = {step: WEIGHTS[registry.spec(use).lane] for step, use in self.steps}
        total = sum(weights.values()) * self.inputs
        done = sum(weights.get(step, 0.0) * fraction for (_, step), fraction in self._done.items())
        return done / total if total else 0.0

    @property
    def eta_s(self) -> float | None:
        """Seconds left if it goes on as it went; None too early to say."""
        progress = self.progress
        if progress < ENOUGH:
            return None
        return (self.clock.monotonic() - self.started_s) * (1.0 - progress) / progress

    def due(self) -> bool:
        """Whether to tell of progress now: not more often than a person can read."""
        now = self.clock.monotonic()
        if now - self._told_s < TELL_EVERY_S:
            return False
        self._told_s = now
        return True
