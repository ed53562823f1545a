"""Everything that can be asked of rules, behind the service of that name: list, write, switch, try, undo. It also
starts and stops what works by itself."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence
from pathlib import Path

from daemon.kernel.errors import BadParameter, BadRule, Conflict, RoadieError
from daemon.kernel.events import RulesChanged, RuleTriggered
from daemon.services import paths
from daemon.services.types_rules import (
    DryRunRequest,
    DryRunView,
    RuleRunView,
    RuleText,
    RuleTrigger,
    RuleUndoView,
    RuleView,
    TriggerView,
)
from rules.book import Entry, RuleBook
from rules.clockwork import Clockwork
from rules.dryrun import DryRun
from rules.engine import RuleEngine
from rules.gather import Gatherer
from rules.history import History
from rules.match import judge
from rules.model import Rule
from rules.needs import check_needs
from rules.parse import parse
from rules.ports import Ports
from rules.runner import RunRunner
from rules.view import rule_view

log = logging.getLogger(__name__)

LOOK_S = 2.0
"""How soon an edited rule counts."""


class RuleKeeper:
    def __init__(
        self,
        book: RuleBook,
        ports: Ports,
        engine: RuleEngine,
        gatherer: Gatherer,
        runner: RunRunner,
        clockwork: Clockwork,
        dry: DryRun,
    ) -> None:
        self._book = book
        self._ports = ports
        self._engine = engine
        self._gatherer = gatherer
        self._runner = runner
        self._clockwork = clockwork
        self._dry = dry
        self._history = History(book, ports)
        self._tasks: list[asyncio.Task[None]] = []

    async def start(self) -> None:
        await asyncio.to_thread(self._book.refresh)
        await self._runner.start()
        loops = (self._engine.run(), self._reload(), self._clockwork.run())
        self._tasks = [asyncio.create_task(loop) for loop in loops]

    async def stop(self) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._runner.stop()

    async def _reload(self) -> None:
        """Edited files count soon; a broken one keeps its last good rule, which is told."""
        while True:
            await asyncio.sleep(LOOK_S)
            try:
                await self.refresh()
            except RoadieError as error:
                log.warning("rules are not read anew: %s", error)
            except Exception:
                log.exception("rules are not read anew")  # the next look tries again

    async def refresh(self) -> None:
        if await asyncio.to_thread(self._book.refresh):
            entries = self._book.entries()
            problems = [entry.problem for entry in entries if entry.problem]
            await self._ports.work.runs.changed(RulesChanged([entry.name for entry in entries], problems))

    # ------------------------------------------------------------ rules

    async def list(self) -> list[RuleView]:
        await self.refresh()
        counts = await self._ports.work.runs.counts()
        return [self._view(entry, counts.get(entry.name, 0)) for entry in self._book.entries()]

    async def get(self, name: str) -> RuleView:
        await self.refresh()
        counts = await self._ports.work.runs.counts()
        return self._view(self._book.get(name), counts.get(name, 0), with_text=True)

    async def put(self, name: str, asked: RuleText) -> RuleView:
        """Raises BadRule, NotFound, and BadParameter when nothing is asked for."""
        if asked.text is None and asked.enabled is None:
            raise BadParameter("a rule is changed by text, by enabled, or by both")
        if asked.text is not None:
            await self._check_needs(parse(asked.text, Path(f"{name}.toml")), asked.text, Path(f"{name}.toml"))
            await asyncio.to_thread(self._book.put, name, asked.text)
        if asked.enabled is not None:
            if asked.enabled:
                entry = self._book.get(name)
                if entry.rule is not None:
                    await self._check_needs(entry.rule, entry.text, entry.path)
            await asyncio.to_thread(self._book.set_enabled, name, asked.enabled)
        return await self.get(name)

    async def check(self, text: str, where: str) -> RuleView:
        """A rule that need not be stored. Raises BadRule."""
        path = Path(where)
        rule = parse(text, path)
        await self._check_needs(rule, text, path)
        return self._view(Entry(rule.name, "user", path, rule, text), 0)

    async def _check_needs(self, rule: Rule, text: str, where: Path) -> None:
        await check_needs(rule, text, where, self._ports)

    def _view(self, entry: Entry, runs: int, *, with_text: bool = False) -> RuleView:
        return rule_view(entry, runs, self._ports.watching.covers, with_text=with_text)

    # ------------------------------------------------------------ asking for one

    async def trigger(self, name: str, asked: RuleTrigger, client: str) -> TriggerView:
        """Ask one rule about one file; its conditions decide as ever. Raises NotFound, Conflict for a rule that is
        off or does not answer `trigger`, InputError for a file that is no sound."""
        await self.refresh()
        rule = self._book.get(name).rule
        if rule is None or not rule.enabled:
            raise Conflict("the rule is not enabled", where=name, hint=f"`roadie rules enable {name}`")
        if "trigger" not in rule.when.events:
            raise Conflict(
                "the rule does not answer when it is asked", where=name, hint='Add "trigger" to its events'
            )
        paths.require_one(asked.path, asked.asset, "a trigger")
        if asked.asset is not None:
            view = await self._ports.library.get(asked.asset)
        else:
            view = await self._ports.files.add(paths.absolute(str(asked.path), "a file"))
        where = str(asked.path) if asked.path is not None else view.path or ""
        facts = await self._gatherer.of_asset(view, where, rule.names, {})
        verdict = judge(rule.test, facts)
        await self._ports.work.runs.trigger(RuleTriggered(name, view.id, where, client))
        return TriggerView(
            rule=name, asset=view.id, path=where, matches=bool(verdict.holds), because=list(verdict.reasons())
        )

    async def dry_run(self, asked: DryRunRequest) -> DryRunView:
        """Raises BadRule, NotFound, FileMissing."""
        folder = await paths.folder(asked.folder, "a dry run's folder")
        if (asked.text is None) == (asked.name is None):
            raise BadParameter("a dry run takes either the text of a rule or the name of one")
        if asked.text is not None:
            rule = parse(asked.text, Path("rule.toml"))
            await self._check_needs(rule, asked.text, Path("rule.toml"))
            return await self._dry.run(rule, folder, asked.limit)
        await self.refresh()
        entry = self._book.get(str(asked.name))
        if entry.rule is None:
            raise BadRule("the rule is broken", where=entry.path, why=entry.problem)
        return await self._dry.run(entry.rule, folder, asked.limit)

    # ------------------------------------------------------------ runs

    async def runs(self, rule: str | None, limit: int) -> Sequence[RuleRunView]:
        return await self._history.runs(rule, limit)

    async def run(self, run: str) -> RuleRunView:
        return await self._history.run(run)

    async def undo(self, run: str) -> RuleUndoView:
        return await self._history.undo(run)
