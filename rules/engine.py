"""The engine: reads the durable events with a cursor of its own, and stores what every rule answers to each.

The answers of a batch of events and the cursor behind it are one transaction. So a kill between a file's arrival and
its rule loses nothing, and nothing is answered twice: a rule, its version and an event have one run.
"""

from __future__ import annotations

import asyncio
import logging
import secrets
from collections import Counter, defaultdict, deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from daemon.kernel.clock import Clock
from daemon.kernel.errors import InputError, NotFound, RoadieError, StepFailed, UsageError, WorkerDied
from daemon.services.events import EventMessage
from daemon.services.rule_work import NewRun
from rules.book import RuleBook
from rules.gather import Gatherer
from rules.match import judge
from rules.model import Rule
from rules.ports import Ports
from rules.runner import RunRunner
from rules.sources import Happening, happening, subjects_of

log = logging.getLogger(__name__)

AGAIN_S = 2.0
LAZY = 500
"""Events that concern no rule and may pass before the cursor behind them is stored."""
MINUTE_S = 60.0
TRIES = 10
"""To look at one event, when the disk or the library does not let the rules."""


@dataclass(frozen=True, slots=True)
class Limits:
    """match_first: only the first rule that matches an event answers it. depth: of a chain of rules. per_minute: of
    one rule on one asset."""

    match_first: bool = False
    depth: int = 5
    per_minute: int = 10


class RuleEngine:
    def __init__(
        self, book: RuleBook, ports: Ports, gatherer: Gatherer, runner: RunRunner, clock: Clock, limits: Limits
    ) -> None:
        self._book = book
        self._ports = ports
        self._gatherer = gatherer
        self._runner = runner
        self._clock = clock
        self._limits = limits
        self._tries: Counter[int] = Counter()
        self._fired: dict[tuple[str, str], deque[float]] = defaultdict(deque)

    async def run(self) -> None:
        """Until cancelled. What cannot be looked at now, because the disk is full, is looked at again later."""
        while True:
            try:
                await self._follow(await self._ports.work.runs.cursor())
            except RoadieError as error:
                log.warning("rules wait: %s", error)
            except Exception:
                log.exception("rules")
            await asyncio.sleep(AGAIN_S)

    async def _follow(self, stored: int) -> None:
        async for batch in self._ports.events.batches(stored):
            runs: list[NewRun] = []
            for message in batch:
                self._runner.heard(message.body)
                runs += await self._answers(message)
            if runs or batch[-1].seq - stored >= LAZY:
                fresh = await self._ports.work.runs.advance(batch[-1].seq, runs)
                stored = batch[-1].seq
                self._tries.clear()
                for run in fresh:
                    self._runner.begin(run)

    # ------------------------------------------------------------ one event

    async def _answers(self, message: EventMessage) -> list[NewRun]:
        happened = happening(message)
        if happened is None:
            return []
        answers: list[NewRun] = []
        for rule in self._book.enabled():
            if happened.event not in rule.when.events or happened.rule not in (None, rule.name):
                continue
            found = await self._looked(rule, happened)
            if not found:
                continue
            answers.append(await self._answer(rule, happened, found))
            if rule.stop or self._limits.match_first:
                break
        return answers

    async def _looked(self, rule: Rule, happened: Happening) -> list[dict[str, str]]:
        """The files for which it holds. None of a thing that cannot be looked at: at once when it is to blame itself (a
        project that cannot be read has no files), else after some tries, so that the rules after it are not kept
        waiting for ever. Raises what may be over the next time."""
        try:
            return await self._matching(rule, happened)
        except (InputError, StepFailed, WorkerDied, UsageError) as error:
            log.warning("rule %s cannot look at event %d: %s", rule.name, happened.seq, error)
        except Exception:
            self._tries[happened.seq] += 1
            if self._tries[happened.seq] < TRIES:
                raise
            log.exception("rule %s gives up looking at event %d", rule.name, happened.seq)
        return []

    async def _matching(self, rule: Rule, happened: Happening) -> list[dict[str, str]]:
        """The files of an event for which the rule's conditions hold."""
        matched = []
        for asset, path in await subjects_of(happened, rule, self._ports):
            try:
                view = await self._ports.library.get(asset)
            except NotFound:
                continue  # forgotten since
            where = path or view.path or ""
            facts = await self._gatherer.of_asset(view, where, rule.names, happened.about)
            if judge(rule.test, facts).holds:
                matched.append({"asset": asset, "path": where})
        return matched

    async def _answer(self, rule: Rule, happened: Happening, found: Sequence[Mapping[str, str]]) -> NewRun:
        parent, above = await self._origin(happened, found)
        error = self._runs_away(rule, above + 1, [each["asset"] for each in found])
        return NewRun(
            id=secrets.token_hex(5), rule=rule.name, version=rule.version, event=happened.seq, subjects=list(found),
            depth=above + 1, parent=parent, state="stopped" if error else "pending", error=error,
        )  # fmt: skip

    async def _origin(self, happened: Happening, found: Sequence[Mapping[str, str]]) -> tuple[str, int]:
        """The run that what happened comes from, and its depth: told by the event, or by the job that made the file."""
        told = happened.origin
        if not told and happened.event == "asset.added":
            told = (await self._ports.library.get(found[0]["asset"])).job or ""
        return await self._ports.work.runs.origin(told)

    def _runs_away(self, rule: Rule, depth: int, assets: Sequence[str]) -> str:
        """Why a rule must stop here; "" when it need not."""
        if depth > self._limits.depth:
            return (
                f"rules set each other off more than {self._limits.depth} deep, so {rule.name} stopped here. Let its "
                "conditions leave out what rules make, for example with made = false"
            )
        most, now = rule.per_minute or self._limits.per_minute, self._clock.monotonic()
        for asset in assets:
            times = self._fired[rule.name, asset]
            while times and times[0] <= now - MINUTE_S:
                times.popleft()
            if len(times) >= most:
                return (
                    f"{rule.name} has answered {most} times within a minute for one sound, so it stopped. Let its "
                    "conditions leave out what it changes itself"
                )
            times.append(now)
        self._forget_old(now)
        return ""

    def _forget_old(self, now: float) -> None:
        if len(self._fired) > 10_000:
            old = [key for key, times in self._fired.items() if not times or times[-1] <= now - MINUTE_S]
            for key in old:
                del self._fired[key]
