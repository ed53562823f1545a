"""A rule as bridges and the command line see it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from daemon.kernel.printable import printable
from daemon.services.types_rules import RuleView
from rules.book import Entry
from rules.globs import fixed_part
from rules.model import Group, Leaf, Rule, Test

Covers = Callable[[Path], bool]


def rule_view(entry: Entry, runs: int, covers: Covers, *, with_text: bool = False) -> RuleView:
    """runs: how often it answered. covers: whether a folder is watched."""
    rule = entry.rule
    return RuleView(
        name=entry.name, about=rule.about if rule else "", origin="user" if entry.origin == "user" else "shipped",
        enabled=rule.enabled if rule else False, priority=rule.priority if rule else 0,
        events=list(rule.when.events) if rule else [], actions=[step.action for step in rule.then] if rule else [],
        version=rule.version if rule else "", path=printable(entry.path), problem=entry.problem, runs=runs,
        remarks=_remarks(rule, covers) if rule else (), text=entry.text if with_text else None,
    )  # fmt: skip


def _remarks(rule: Rule, covers: Covers) -> tuple[str, ...]:
    """What keeps a rule from ever answering."""
    if not {"asset.added", "folder.complete"} & set(rule.when.events):
        return ()
    folders = map(fixed_part, _patterns(rule.test))
    return tuple(
        f"{folder} is not watched. `roadie watch add {folder}` does"
        for folder in folders
        if Path(folder).is_absolute() and not covers(Path(folder))
    )


def _patterns(test: Test) -> list[str]:
    """The path patterns that a file must match."""
    if isinstance(test, Leaf):
        return list(test.wanted) if test.name == "path" else []
    if isinstance(test, Group) and test.mode == "all":
        return [pattern for part in test.parts for pattern in _patterns(part)]
    return []
