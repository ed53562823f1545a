"""A step's context without a worker around it."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from daemon.engines.protocol import Engine


@dataclass
class Context:
    out: Path
    device: str = "cpu"
    threads: int = 1
    seed: int = 0
    progress: list[float] = field(default_factory=list)

    def checkpoint(self, fraction: float, note: str = "") -> None:
        self.progress.append(fraction)

    def engine(self) -> Engine:
        raise AssertionError("this step has no engine")
