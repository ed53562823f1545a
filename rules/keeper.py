"""Everything that can be asked of rules, behind the service of that name: list, write, switch, try, undo."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterable, Sequence
from pathlib import Path

from daemon.kernel.at_home import at_home
from daemon.kernel.errors import BadParameter, BadRule, Conflict, FileMissing, RoadieError
from daemon.kernel.events import RulesChanged, RuleTriggered
from daemon.services.rule_work import RunRecord
from daemon.services.types import Kept
from daemon.services.types_rules import (
    DryRunRequest,
    DryRunView,
    RuleRunView,
    RuleSubject,
    RuleText,
    RuleTrigger,
    RuleUndoView,
    RuleView,
    TriggerView,
)
from rules.actions.registry import action
from rules.book import Entry, RuleBook
from rules.clockwork import Clockwork
from rules.dryrun import DryRun
from rules.engine import RuleEngine
from rules.gather import Gatherer
from rules.globs import fixed_part
from rules.match import judge
from rules.model import Group, Leaf, Rule, Test
from rules.parse import parse, place_of_need, suggest
from rules.ports import Ports
from rules.runner import RunRunner

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
        return [await self._view(entry, counts.get(entry.name, 0)) for entry in self._book.entries()]

    async def get(self, name: str) -> RuleView:
        await self.refresh()
        counts = await self._ports.work.runs.counts()
        return await self._view(self._book.get(name), counts.get(name, 0), with_text=True)

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
        return await self._view(Entry(rule.name, "user", path, rule, text), 0)

    async def _check_needs(self, rule: Rule, text: str, where: Path) -> None:
        """Raises BadRule for a recipe, a chain or a target that is not there, and for parameters it does not take."""
        for number, step in enumerate(rule.then):
            for need in action(step.action).needs(step.asked):
                known = await self._names(need.what)
                if need.name not in known and not need.name.endswith(".toml"):
                    place = place_of_need(text, where, number, need.key)
                    raise BadRule(
                        f"there is no {need.what} {need.name!r}", where=place, hint=suggest(need.name, known)
                    )
                try:
                    if need.params:
                        await self._ports.recipes.check(need.name, need.params)
                except BadParameter as error:
                    place = place_of_need(text, where, number, "params")
                    raise BadRule(error.what, where=place, why=error.why, hint=error.hint) from error

    async def _names(self, what: str) -> Iterable[str]:
        if what == "recipe":
            return [each.name for each in await self._ports.recipes.list() if each.problem is None]
        return await self._ports.chains.names() if what == "chain" else self._ports.placing.targets()

    async def _view(self, entry: Entry, runs: int, with_text: bool = False) -> RuleView:
        rule = entry.rule
        return RuleView(
            name=entry.name, about=rule.about if rule else "", origin="user" if entry.origin == "user" else "shipped",
            enabled=rule.enabled if rule else False, priority=rule.priority if rule else 0,
            events=list(rule.when.events) if rule else [], actions=[step.action for step in rule.then] if rule else [],
            version=rule.version if rule else "", path=str(entry.path), problem=entry.problem, runs=runs,
            remarks=tuple(self._remarks(rule)) if rule else (), text=entry.text if with_text else None,
        )  # fmt: skip

    def _remarks(self, rule: Rule) -> Sequence[str]:
        """What keeps a rule from ever answering."""
        if not {"asset.added", "folder.complete"} & set(rule.when.events):
            return []
        remarks = []
        for pattern in _patterns(rule.test):
            folder = fixed_part(pattern)
            if Path(folder).is_absolute() and not self._ports.watching.covers(Path(folder)):
                remarks.append(f"{folder} is not watched. `roadie watch add {folder}` does")
        return remarks

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
        if (asked.path is None) == (asked.asset is None):
            raise BadParameter("a trigger names either a path or an asset")
        if asked.asset is not None:
            view = await self._ports.library.get(asked.asset)
        else:
            path = Path(at_home(str(asked.path)))
            if not path.is_absolute() or "\0" in str(path):
                raise BadParameter("the path must be absolute", where=repr(asked.path))
            view = await self._ports.files.add(path)
        where = str(asked.path) if asked.path is not None else view.path or ""
        facts = await self._gatherer.of_asset(view, where, rule.names, {})
        verdict = judge(rule.test, facts)
        await self._ports.work.runs.trigger(RuleTriggered(name, view.id, where, client))
        return TriggerView(
            rule=name, asset=view.id, path=where, matches=bool(verdict.holds), because=list(verdict.reasons())
        )

    async def dry_run(self, asked: DryRunRequest) -> DryRunView:
        """Raises BadRule, NotFound, FileMissing."""
        folder = Path(at_home(asked.folder))
        if "\0" in asked.folder or not folder.is_absolute() or not await asyncio.to_thread(folder.is_dir):
            raise FileMissing("there is no such folder", where=asked.folder, hint="Name it absolutely")
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
        """Raises NotFound for a rule that neither is there nor ever answered anything."""
        found = await self._ports.work.runs.newest(rule, limit)
        if rule is not None and not found:
            self._book.get(rule)
        return [_run_view(each) for each in found]

    async def run(self, run: str) -> RuleRunView:
        return _run_view(await self._ports.work.runs.get(run))

    async def undo(self, run: str) -> RuleUndoView:
        """Take back all that a run did: what its jobs wrote and moved, tags, collections. Asked again, it does what
        is left. Raises NotFound, and Conflict while it is not finished."""
        record = await self._ports.work.runs.get(run)
        if record.state in ("pending", "running"):
            raise Conflict("the rule is still at it", where=run, hint="Wait for it, or cancel its jobs first")
        removed: list[str] = []
        files: list[str] = []
        kept: list[Kept] = []
        for job in reversed(await self._ports.work.runs.jobs_of(run)):
            try:
                undone = await self._ports.jobs.undo(job)
            except RoadieError as error:
                kept.append(Kept(path=f"job {job}", why=error.message))
                continue
            removed += undone.removed
            files += undone.restored
            kept += undone.kept
        restored, stayed = await self._ports.work.changes.undo(run)
        kept += [Kept(path=each.what, why=each.why) for each in stayed]
        await self._ports.work.runs.set_state(run, "undone")
        return RuleUndoView(id=run, removed=removed, files=files, restored=restored, kept=kept)


def _run_view(record: RunRecord) -> RuleRunView:
    return RuleRunView(
        id=record.id, rule=record.rule, version=record.version, event=record.event, state=record.state,  # type: ignore[arg-type]
        subjects=[RuleSubject(asset=str(each["asset"]), path=str(each["path"])) for each in record.subjects],
        depth=record.depth, parent=record.parent,
        jobs=[str(job) for result in record.results for job in result.get("jobs", ())],
        error=record.error, at=record.at, finished_at=record.finished_at,
    )  # fmt: skip


def _patterns(test: Test) -> list[str]:
    """The path patterns that a file must match."""
    if isinstance(test, Leaf):
        return list(test.wanted) if test.name == "path" else []
    if isinstance(test, Group) and test.mode == "all":
        return [pattern for part in test.parts for pattern in _patterns(part)]
    return []
