"""Rules, for those who ask: bridges and the command line. The rules' own package answers, which the composition root
attaches here, because it stands above the services and uses them itself."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from daemon.kernel.errors import RoadieError
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


class Keeper(Protocol):
    """What `rules.keeper` does."""

    async def list(self) -> list[RuleView]: ...
    async def get(self, name: str, /) -> RuleView: ...
    async def put(self, name: str, asked: RuleText, /) -> RuleView: ...
    async def check(self, text: str, where: str, /) -> RuleView: ...
    async def trigger(self, name: str, asked: RuleTrigger, client: str, /) -> TriggerView: ...
    async def dry_run(self, asked: DryRunRequest, /) -> DryRunView: ...
    async def runs(self, rule: str | None, limit: int, /) -> Sequence[RuleRunView]: ...
    async def run(self, run: str, /) -> RuleRunView: ...
    async def undo(self, run: str, /) -> RuleUndoView: ...


class RulesService:
    def __init__(self) -> None:
        self._keeper: Keeper | None = None

    def attach(self, keeper: Keeper) -> None:
        self._keeper = keeper

    @property
    def _rules(self) -> Keeper:
        if self._keeper is None:
            raise RoadieError("the rules have not started yet", hint="Ask again in a moment")
        return self._keeper

    async def list(self) -> list[RuleView]:
        return await self._rules.list()

    async def get(self, name: str) -> RuleView:
        """With its text. Raises NotFound."""
        return await self._rules.get(name)

    async def put(self, name: str, asked: RuleText) -> RuleView:
        """Write a rule, switch one on or off. Raises BadRule with file, line and a suggestion; nothing is changed."""
        return await self._rules.put(name, asked)

    async def check(self, text: str, where: str) -> RuleView:
        """Whether a text is a rule, without storing it. Raises BadRule."""
        return await self._rules.check(text, where)

    async def trigger(self, name: str, asked: RuleTrigger, client: str) -> TriggerView:
        """Ask a rule about a file or an asset; acknowledged once that is stored."""
        return await self._rules.trigger(name, asked, client)

    async def dry_run(self, asked: DryRunRequest) -> DryRunView:
        """What a rule would do with the files of a folder; nothing is changed."""
        return await self._rules.dry_run(asked)

    async def runs(self, rule: str | None, limit: int) -> Sequence[RuleRunView]:
        """What rules did, newest first."""
        return await self._rules.runs(rule, limit)

    async def run(self, run: str) -> RuleRunView:
        return await self._rules.run(run)

    async def undo(self, run: str) -> RuleUndoView:
        """Take back all that a run of a rule did."""
        return await self._rules.undo(run)
