"""A step's context without a worker around it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import cast

from daemon.engines.protocol import Engine
from daemon.steps.spec import Closes, KeptT


@dataclass
class Context:
    out: Path
    device: str = "cpu"
    threads: int = 1
    seed: int = 0
    progress: list[float] = field(default_factory=list)
    kept: Closes | None = None

    def checkpoint(self, fraction: float, note: str = "") -> None:
        self.progress.append(fraction)

    def engine(self) -> Engine:
        raise AssertionError("this step has no engine")

    def keep(self, make: Callable[[], KeptT]) -> KeptT:
        """Kept for the test's own calls; `close` when they are over."""
        if self.kept is None:
            self.kept = make()
        return cast("KeptT", self.kept)

    def close(self) -> None:
        if self.kept is not None:
            self.kept.close()
            self.kept = None
