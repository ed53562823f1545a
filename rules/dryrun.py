"""What a rule would do with the files of a folder. Nothing is changed: files are looked at, read where that decides."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from daemon.kernel.errors import InputError
from daemon.services.types_jobs import RecipeView
from daemon.services.types_library import AssetView
from daemon.services.types_rules import DryRunCondition, DryRunFile, DryRunView
from rules.actions.protocol import Planned, Subject
from rules.actions.registry import action
from rules.estimate import Estimate, estimate
from rules.facts import Facts
from rules.gather import Gatherer
from rules.match import Verdict, judge
from rules.model import Rule
from rules.ports import Ports

AT_ONCE = 8


@dataclass(frozen=True, slots=True)
class _Judged:
    path: Path
    facts: Facts
    view: AssetView | None
    verdict: Verdict
    length_s: float | None


class DryRun:
    def __init__(self, ports: Ports, gatherer: Gatherer) -> None:
        self._ports = ports
        self._gatherer = gatherer

    async def run(self, rule: Rule, folder: Path, limit: int) -> DryRunView:
        """As if each file of the folder, with its name there, had set the rule off."""
        everything = await self._ports.files.listed(folder)
        paths = everything[:limit]
        unreadable: list[str] = []
        slots = asyncio.Semaphore(AT_ONCE)

        async def one(path: Path) -> _Judged | None:
            async with slots:
                try:
                    return await self._judge(rule, path, folder)
                except InputError as error:
                    unreadable.append(error.message)
                    return None

        judged = [each for each in await asyncio.gather(*(one(path) for path in paths)) if each is not None]
        matching = [each for each in judged if each.verdict.holds]
        plans, would = await self._plans(rule, matching)
        time = await self._time(plans, matching)
        return DryRunView(
            rule=rule.name, folder=str(folder), files=[_file(each, would) for each in judged],
            matched=len(matching), unmatched=sum(each.verdict.holds is False for each in judged),
            unknown=sum(each.verdict.holds is None for each in judged), unreadable=sorted(unreadable),
            left_out=len(everything) - len(paths), time_s=time.time_s,
            time_rough=time.rough, time_note=time.note, writes_below=_below(plans),
        )  # fmt: skip

    async def _judge(self, rule: Rule, path: Path, folder: Path) -> _Judged:
        about: dict[str, Any] = {"folder": str(folder)}
        view = await self._ports.files.find(path)
        if view is not None:
            facts = await self._gatherer.of_asset(view, str(path), rule.names, about)
            return _Judged(path, facts, view, judge(rule.test, facts), view.length_s)
        facts = await self._gatherer.of_file(path, rule.names, None)
        verdict = judge(rule.test, facts)
        if verdict.holds is False:
            return _Judged(path, facts, None, verdict, None)  # whatever reading it would tell
        view = await self._ports.files.peek(path)
        facts = await self._gatherer.of_file(path, rule.names, view)
        return _Judged(path, facts, view, judge(rule.test, facts), view.length_s)

    async def _plans(
        self, rule: Rule, matching: Sequence[_Judged]
    ) -> tuple[list[Planned], Mapping[str, list[dict[str, Any]]]]:
        subjects = [Subject(str(each.path), each.facts.asset, each.view) for each in matching]
        plans: list[Planned] = []
        would: dict[str, list[dict[str, Any]]] = {}
        for step in rule.then if subjects else ():
            for planned in await action(step.action).plan(step.asked, subjects, self._ports):
                plans.append(planned)
                told = {"does": planned.does, "writes": list(planned.writes)}
                would.setdefault(planned.path, []).append(
                    told | ({"left": planned.left} if planned.left else {})
                )
        return plans, would

    async def _time(self, plans: Sequence[Planned], matching: Sequence[_Judged]) -> Estimate:
        recipes = {each.name: each for each in await self._ports.recipes.list()}
        length_s = {str(each.path): each.length_s or 0.0 for each in matching}
        work = [
            (use, length_s[plan.path])
            for plan in plans
            if plan.recipe in recipes
            for use in _uses(recipes[plan.recipe])
        ]
        return estimate(work, await self._ports.work.speeds.of_steps() if work else {})


def _uses(recipe: RecipeView) -> list[str]:
    """What its steps use; what is delivered is encoded first."""
    return [str(step["use"]) for step in recipe.steps] + (["encode"] if recipe.effects else [])


def _file(each: _Judged, would: Mapping[str, list[dict[str, Any]]]) -> DryRunFile:
    return DryRunFile(
        path=str(each.path), matches=each.verdict.holds, because=list(each.verdict.reasons()),
        conditions=[DryRunCondition(holds=holds, why=why) for holds, why in each.verdict.every()],
        would=tuple(would.get(str(each.path), ())),
    )  # fmt: skip


def _below(plans: Sequence[Planned]) -> list[str]:
    """The folders that something would be written into, without those inside them."""
    folders = sorted({str(Path(write).parent) for plan in plans for write in plan.writes})
    return [
        one for one in folders if not any(one != other and Path(one).is_relative_to(other) for other in folders)
    ]
