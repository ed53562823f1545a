"""How fast this machine was: seconds of work for each second of audio, measured at the jobs it has done."""

from __future__ import annotations

import statistics
from dataclasses import dataclass

from peewee import SQL

from daemon.library.database import Database
from daemon.library.tables import AssetRow, InputRow, RunRow, StepRow

NEWEST = 200
"""Steps looked at: what was slow a year ago is another machine."""


@dataclass(frozen=True, slots=True)
class Speed:
    """ratio: seconds of work per second of audio, the median. measured: on how many files."""

    ratio: float
    measured: int


class Speeds:
    def __init__(self, db: Database) -> None:
        self._db = db

    async def of_steps(self) -> dict[str, Speed]:
        """By what a step uses (separate, slice ...). Steps that were answered from the cache do not count twice."""

        def work() -> dict[str, Speed]:
            rows = (
                StepRow.select(StepRow.use, StepRow.runs, AssetRow.length_s)
                .join(InputRow, on=(StepRow.input == InputRow.id))
                .join(AssetRow, on=(InputRow.asset == AssetRow.id))
                .where((StepRow.state == "done") & (AssetRow.length_s > 0))
                .order_by(SQL("t1.rowid").desc())
                .limit(NEWEST)
                .tuples()
            )
            found: dict[str, list[float]] = {}
            for use, runs, length_s in rows:
                took_s = _took_s(runs)
                if took_s is not None:
                    found.setdefault(use, []).append(took_s / length_s)
            return {use: Speed(statistics.median(each), len(each)) for use, each in found.items()}

        return await self._db.read(work)


def _took_s(keys: list[str]) -> float | None:
    """What the runs of one step took in all; None when one of them is not kept any more."""
    rows = list(RunRow.select(RunRow.started_at, RunRow.finished_at).where(RunRow.key << list(keys)))
    if not keys or len(rows) < len(set(keys)):
        return None
    times = [(row.started_at, row.finished_at) for row in rows]
    if any(start is None or end is None for start, end in times):
        return None
    return float(sum(end - start for start, end in times))
