"""Carries out the runs of rules: one action after the other, each done once, also over restarts."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping, Sequence
from typing import Any

from daemon.kernel.errors import NotFound, RoadieError
from daemon.services.rule_work import RunRecord
from rules.actions.protocol import Doing, Subject
from rules.actions.registry import action
from rules.book import RuleBook
from rules.model import Rule, Step
from rules.ports import Ports

log = logging.getLogger(__name__)

AT_ONCE = 16
"""Runs that act at the same time. Those that wait for a job to end do not count."""
_ENDED = ("done", "failed", "cancelled")


class ActionFailed(RoadieError):
    code = "action_failed"


class RunRunner:
    def __init__(self, book: RuleBook, ports: Ports) -> None:
        self._book = book
        self._ports = ports
        self._slots = asyncio.Semaphore(AT_ONCE)
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._ends: dict[str, asyncio.Event] = {}

    async def start(self) -> None:
        """Go on with what an earlier daemon left open."""
        for record in await self._ports.work.runs.open_runs():
            self.begin(record.id)

    async def stop(self) -> None:
        """Open runs stay open and go on at the next start."""
        tasks = list(self._tasks.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def begin(self, run: str) -> None:
        if run in self._tasks:
            return
        task = asyncio.create_task(self._guarded(run), name=f"rule run {run}")
        self._tasks[run] = task
        task.add_done_callback(lambda _: self._tasks.pop(run, None))

    def heard(self, body: Mapping[str, Any]) -> None:
        """Every event passes here: jobs that are waited for end with one."""
        if body.get("type") == "job.state" and body.get("state") in _ENDED:
            waiting = self._ends.get(str(body["job"]))
            if waiting is not None:
                waiting.set()

    async def _guarded(self, run: str) -> None:
        try:
            record = await self._ports.work.runs.get(run)
            if record.state not in ("pending", "running"):
                return
            await self._carry_out(record)
            await self._ports.work.runs.set_state(run, "done")
        except RoadieError as error:
            log.warning("rule run %s: %s", run, error)
            await self._failed(run, error.message)
        except Exception as error:
            log.exception("rule run %s", run)
            await self._failed(run, f"{type(error).__name__}: {error}")

    async def _failed(self, run: str, why: str) -> None:
        try:
            await self._ports.work.runs.set_state(run, "failed", why)
        except RoadieError as error:
            log.warning("the end of rule run %s is not stored, so it goes on at the next start: %s", run, error)

    async def _carry_out(self, record: RunRecord) -> None:
        rule = self._rule(record)
        await self._ports.work.runs.set_state(record.id, "running")
        for ordinal, step in enumerate(rule.then):
            known = record.results[ordinal] if ordinal < len(record.results) else {}
            jobs = [str(job) for job in known["jobs"]] if "jobs" in known else None
            if jobs is None:
                subjects = await self._same(known["subjects"]) if known else await self._subjects(record)
                jobs = await self._act(record, ordinal, step, subjects)
            for job in jobs:
                await self._ended(job)

    def _rule(self, record: RunRecord) -> Rule:
        """The rule as it was when it answered. Raises ActionFailed when it has changed since: its old actions are
        not known any more, and its new ones were never asked for this."""
        try:
            rule = self._book.get(record.rule).rule
        except NotFound:
            rule = None
        if rule is None or rule.version != record.version:
            raise ActionFailed(
                "the rule was changed or removed before its actions were carried out", where=record.rule
            )
        return rule

    async def _subjects(self, record: RunRecord) -> list[Subject]:
        """As they are now: an action before may have made them better known, or moved them. Raises ActionFailed."""
        subjects = [subject for each in record.subjects if (subject := await self._subject(each)) is not None]
        if not subjects:
            raise ActionFailed("the files that it answers for are not known any more", where=record.rule)
        return subjects

    async def _same(self, asked: Sequence[Mapping[str, Any]]) -> list[Subject]:
        """Those of an action that was under way when the daemon ended. Its jobs may have moved the files since, so
        their paths are as they were: only then is the same asked again."""
        known = [await self._subject(each) for each in asked]
        return [
            Subject(str(each["path"]), str(each["asset"]), now.view if now is not None else None)
            for each, now in zip(asked, known, strict=True)
        ]

    async def _subject(self, each: Mapping[str, Any]) -> Subject | None:
        try:
            view = await self._ports.library.get(str(each["asset"]))
        except NotFound:
            return None
        path = str(each["path"])
        if path not in view.paths and view.path is not None:
            path = view.path  # it was moved since
        return Subject(path, view.id, view)

    async def _act(self, record: RunRecord, ordinal: int, step: Step, subjects: Sequence[Subject]) -> list[str]:
        doing = Doing(record.rule, record.id, ordinal, self._ports)
        asked = [{"asset": each.asset, "path": each.path} for each in subjects]
        async with self._slots:
            await self._ports.work.runs.set_asked(record.id, ordinal, asked)
            jobs = await action(step.action).do(step.asked, subjects, doing)
            result = {"action": step.action, "jobs": jobs}
            await self._ports.work.runs.set_result(record.id, ordinal, result)
        return jobs

    async def _ended(self, job: str) -> None:
        """Wait for a job's end. Raises ActionFailed when it did not end well."""
        ended = self._ends.setdefault(job, asyncio.Event())
        try:
            while True:
                state, error = await self._ports.work.runs.job_state(job)
                if state in _ENDED or not state:
                    break
                await ended.wait()
                ended.clear()
        finally:
            self._ends.pop(job, None)
        if state in ("failed", "cancelled"):
            raise ActionFailed(
                f"the job {job} {'failed' if state == 'failed' else 'was cancelled'}", why=error or None
            )
