"""What a rule's actions need to be there: recipes with their parameters, chains, targets."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from daemon.kernel.errors import BadParameter, BadRule
from daemon.kernel.suggest import suggest
from rules.actions.registry import action
from rules.model import Rule
from rules.parse import place_of_need
from rules.ports import Ports


async def check_needs(rule: Rule, text: str, where: Path, ports: Ports) -> None:
    """text: of the rule, in which the place of what is wrong is looked for. Raises BadRule for a recipe, a chain or a
    target that is not there, and for parameters that a recipe does not take."""
    for number, step in enumerate(rule.then):
        for need in action(step.action).needs(step.asked):
            known = await _names(need.what, ports)
            if need.name not in known and not need.name.endswith(".toml"):
                place = place_of_need(text, where, number, need.key)
                raise BadRule(
                    f"there is no {need.what} {need.name!r}", where=place, hint=suggest(need.name, known)
                )
            try:
                if need.params:
                    await ports.recipes.check(need.name, need.params)
            except BadParameter as error:
                place = place_of_need(text, where, number, "params")
                raise BadRule(error.what, where=place, why=error.why, hint=error.hint) from error


async def _names(what: str, ports: Ports) -> Iterable[str]:
    if what == "recipe":
        return [each.name for each in await ports.recipes.list() if each.problem is None]
    return await ports.chains.names() if what == "chain" else ports.placing.targets()
