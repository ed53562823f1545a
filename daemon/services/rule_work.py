"""What the rules' engine asks of the library: its cursor, its runs, its changes, and how fast this machine is."""

from __future__ import annotations

from dataclasses import dataclass

from daemon.library.changes import Changes, NotRestored
from daemon.library.rule_runs import NewRun, RuleRuns, RunRecord
from daemon.library.speeds import Speed, Speeds

__all__ = ["Changes", "NewRun", "NotRestored", "RuleRuns", "RuleWork", "RunRecord", "Speed", "Speeds"]


@dataclass(frozen=True, slots=True)
class RuleWork:
    runs: RuleRuns
    changes: Changes
    speeds: Speeds
