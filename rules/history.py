"""What rules did, and taking it back."""

from __future__ import annotations

from collections.abc import Sequence

from daemon.kernel.errors import Conflict, RoadieError
from daemon.services.rule_work import RunRecord
from daemon.services.types_jobs import Kept
from daemon.services.types_rules import RuleRunView, RuleSubject, RuleUndoView
from rules.book import RuleBook
from rules.ports import Ports


class History:
    """The runs that are stored, of rules that are still there or not."""

    def __init__(self, book: RuleBook, ports: Ports) -> None:
        self._book = book
        self._jobs = ports.jobs
        self._work = ports.work

    async def runs(self, rule: str | None, limit: int) -> Sequence[RuleRunView]:
        """Newest first. Raises NotFound for a rule that neither is there nor ever answered anything."""
        found = await self._work.runs.newest(rule, limit)
        if rule is not None and not found:
            self._book.get(rule)
        return [_view(each) for each in found]

    async def run(self, run: str) -> RuleRunView:
        """Raises NotFound."""
        return _view(await self._work.runs.get(run))

    async def undo(self, run: str) -> RuleUndoView:
        """Take back all that a run did: what its jobs wrote and moved, tags, collections. Asked again, it does what
        is left. Raises NotFound, and Conflict while it is not finished."""
        record = await self._work.runs.get(run)
        if record.state in ("pending", "running"):
            raise Conflict("the rule is still at it", where=run, hint="Wait for it, or cancel its jobs first")
        removed: list[str] = []
        files: list[str] = []
        kept: list[Kept] = []
        gone: list[str] = []
        for job in reversed(await self._work.runs.jobs_of(run)):
            try:
                undone = await self._jobs.undo(job)
            except RoadieError as error:
                kept.append(Kept(path=f"job {job}", why=error.message))
                continue
            removed += undone.removed
            files += undone.restored
            kept += undone.kept
            gone += undone.gone
        restored, stayed = await self._work.changes.undo(run)
        kept += [Kept(path=each.what, why=each.why) for each in stayed]
        await self._work.runs.set_state(run, "undone")
        return RuleUndoView(id=run, removed=removed, files=files, restored=restored, kept=kept, gone=gone)


def _view(record: RunRecord) -> RuleRunView:
    return RuleRunView(
        id=record.id, rule=record.rule, version=record.version, event=record.event, state=record.state,  # type: ignore[arg-type]
        subjects=[RuleSubject(asset=str(each["asset"]), path=str(each["path"])) for each in record.subjects],
        depth=record.depth, parent=record.parent,
        jobs=[str(job) for result in record.results for job in result.get("jobs", ())],
        error=record.error, at=record.at, finished_at=record.finished_at,
    )  # fmt: skip
