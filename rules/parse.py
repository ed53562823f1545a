"""From a rule's TOML to a `Rule`. Whatever is wrong is said with file, line and a suggestion."""

from __future__ import annotations

import hashlib
import json
import re
import tomllib
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from daemon.kernel.errors import BadRule
from daemon.kernel.suggest import suggest
from daemon.kernel.toml_file import parsed
from rules.actions.protocol import Action, Wrong
from rules.actions.registry import ACTIONS, action
from rules.conditions import CONDITIONS, BadValue
from rules.lines import Place, line_of
from rules.model import EVENTS, Group, Leaf, Rule, Schedule, Step, Test, When
from rules.schedule import BadTime, days_of, every_of, minute_of

_TOP = ("name", "about", "enabled", "priority", "stop", "per_minute", "when", "if", "then")
_WHEN = ("event", "each", "every", "at", "days")
_GROUPS = ("all", "any", "not")
_SHELL = {"shell", "exec", "command", "cmd", "script", "system", "python", "bash", "sh", "powershell"}
NAME = re.compile(r"[a-z0-9][a-z0-9._-]{0,63}")
DEEPEST = 20


class _Reader:
    """One file: its text, to tell lines, and what the TOML parser made of it."""

    def __init__(self, text: str, where: Path, body: dict[str, Any]) -> None:
        self.text = text
        self.where = where
        self.body = body

    def wrong(self, place: Place, what: str, hint: str | None = None) -> BadRule:
        line = line_of(self.text, self.body, place)
        return BadRule(what, where=f"{self.where}, line {line}" if line else self.where, hint=hint or None)


def parse(text: str, where: Path) -> Rule:
    """Raises BadRule."""
    try:
        body = parsed(text, where, BadRule)
    except BadRule as error:
        found = re.search(r"at line (\d+)", str(error.why))
        if found is None:
            raise
        hint = 'Look at the quotes and brackets there: texts stand in "quotes", conditions in { braces }'
        raise BadRule(error.what, where=f"{where}, line {found[1]}", why=error.why, hint=hint) from error
    read = _Reader(text, where, body)
    _no_others(read, (), body, _TOP)
    name = _typed(read, "name", str, where.stem)
    if NAME.fullmatch(name) is None:
        raise read.wrong(("name",), f"{name!r} is no name for a rule", "Small letters, digits, - _ and .")
    when = _when(read)
    test, names = _conditions(read)
    then = _then(read)
    per_minute = body.get("per_minute")
    if per_minute is not None and (not isinstance(per_minute, int) or not 1 <= per_minute <= 1000):
        raise read.wrong(("per_minute",), "per_minute must be a number from 1 to 1000")
    return Rule(
        name=name, about=_typed(read, "about", str, ""), enabled=_typed(read, "enabled", bool, False),
        priority=_typed(read, "priority", int, 0), stop=_typed(read, "stop", bool, False), per_minute=per_minute,
        when=when, test=test, then=then, version=_version(body), names=frozenset(names),
    )  # fmt: skip


def place_of_need(text: str, where: Path, number: int, key: str) -> str:
    """Where a name stands that an action needs, for a message: file and line."""
    line = line_of(text, tomllib.loads(text), ("then", number, key))
    return f"{where}, line {line}" if line else str(where)


def _version(body: Mapping[str, Any]) -> str:
    """Of what decides what a rule does: switched off and on again it is the same rule."""
    decides = {key: value for key, value in body.items() if key not in ("enabled", "about")}
    canonical = json.dumps(decides, sort_keys=True, default=str, ensure_ascii=False)
    return hashlib.sha256(canonical.encode("utf-8", "surrogatepass")).hexdigest()[:12]


def _no_others(read: _Reader, place: Place, table: Mapping[str, Any], known: Iterable[str]) -> None:
    for key in table:
        if key not in known:
            raise read.wrong((*place, key), f"unknown key {key!r}", suggest(key, known))


def _typed(read: _Reader, key: str, kind: type, default: Any) -> Any:
    value = read.body.get(key, default)
    if not isinstance(value, kind) or (kind is int and isinstance(value, bool)):
        words = {str: "a text", bool: "true or false", int: "a whole number"}
        raise read.wrong((key,), f"{key} must be {words[kind]}")
    return value


# ---------------------------------------------------------------- when


def _when(read: _Reader) -> When:
    table = read.body.get("when")
    if not isinstance(table, dict):
        raise read.wrong(("when",), "a rule needs [when]", 'For example [when] with event = "asset.added"')
    _no_others(read, ("when",), table, _WHEN)
    value = table.get("event")
    events = [value] if isinstance(value, str) else value
    if not isinstance(events, list) or not events:
        raise read.wrong(("when", "event"), "event must be a text or a list of texts", suggest(value, EVENTS))
    for event in events:
        if event not in EVENTS:
            raise read.wrong(("when", "event"), f"there is no event {event!r}", suggest(event, EVENTS))
    each = table.get("each", "input")
    if each not in ("input", "result"):
        raise read.wrong(
            ("when", "each"), "each must be input or result", "Of a job: what it was given, or what it made"
        )
    return When(tuple(events), each, _schedule(read, table, events))


def _schedule(read: _Reader, table: Mapping[str, Any], events: list[str]) -> Schedule | None:
    timed = [key for key in ("every", "at", "days") if key in table]
    if "schedule" not in events:
        if timed:
            raise read.wrong(("when", timed[0]), f'{timed[0]} belongs to event = "schedule"')
        return None
    if ("every" in table) == ("at" in table):
        raise read.wrong(
            ("when", "event"), "a schedule has either every or at", 'every = "6h", or at = "03:00"'
        )
    key = "every" if "every" in table else "at"
    try:
        if key == "every":
            return Schedule(every_s=every_of(table["every"]))
        key, minute = "days" if "days" in table else "at", minute_of(table["at"])
        return Schedule(at_min=minute, days=days_of(table.get("days", [])))
    except BadTime as error:
        raise read.wrong(("when", key), str(error)) from error


# ---------------------------------------------------------------- if


def _conditions(read: _Reader) -> tuple[Test, set[str]]:
    names: set[str] = set()
    table = read.body.get("if", {})
    return _group(read, ("if",), table, names, 0), names


def _group(read: _Reader, place: Place, table: Any, names: set[str], depth: int) -> Test:
    """A table of conditions, all of which must hold."""
    if not isinstance(table, dict):
        raise read.wrong(place, "a condition is a table", 'For example { path = "~/Music/Inbox/**" }')
    if depth > DEEPEST:
        raise read.wrong(place, f"conditions are nested more than {DEEPEST} deep")
    parts = tuple(_part(read, (*place, key), key, value, names, depth) for key, value in table.items())
    return parts[0] if len(parts) == 1 else Group("all", parts)


def _part(read: _Reader, place: Place, key: str, value: Any, names: set[str], depth: int) -> Test:
    if key == "not":
        return Group("not", (_group(read, place, value, names, depth + 1),))
    if key in ("all", "any"):
        if not isinstance(value, list) or not value:
            raise read.wrong(place, f"{key} is a list of conditions", f'{key} = [ {{ kind = "loop" }}, ... ]')
        inner = [_group(read, (*place, n), each, names, depth + 1) for n, each in enumerate(value)]
        return Group(key, tuple(inner))
    if key not in CONDITIONS:
        raise read.wrong(place, f"there is no condition {key!r}", suggest(key, [*CONDITIONS, *_GROUPS]))
    condition = CONDITIONS[key]
    try:
        wanted = condition.read(value)
    except BadValue as error:
        raise read.wrong(place, f"{key}: {error}", f"For example {key} = {condition.example}") from error
    names.add(key)
    return Leaf(key, wanted)


# ---------------------------------------------------------------- then


def _then(read: _Reader) -> tuple[Step, ...]:
    tables = read.body.get("then")
    if not isinstance(tables, list) or not tables or not all(isinstance(table, dict) for table in tables):
        raise read.wrong(
            ("then",), "write [[then]], with two brackets, for each action", 'For example run = "samples"'
        )
    return tuple(_step(read, number, table) for number, table in enumerate(tables))


def _step(read: _Reader, number: int, table: Mapping[str, Any]) -> Step:
    place: Place = ("then", number)
    for key in table:
        if key.lower() in _SHELL:
            raise read.wrong(
                (*place, key), f"{key}: no action of a rule runs a program", f"Actions: {', '.join(ACTIONS)}"
            )
    named = [key for key in table if key in ACTIONS]
    if not named:
        first = next(iter(table), "")
        raise read.wrong(
            (*place, first) if first else place, "this [[then]] has no action", suggest(first, ACTIONS)
        )
    chosen = action(_main(read, place, named))
    _no_others(read, place, table, {chosen.name, *chosen.keys})
    try:
        return Step(chosen.name, chosen.read(table))
    except Wrong as error:
        key = error.key if error.key in table else chosen.name
        raise read.wrong((*place, key), str(error), error.hint) from error


def _main(read: _Reader, place: Place, named: list[str]) -> str:
    """Which of the actions named it is: `untag` may stand beside `tag`."""
    for name in named:
        chosen: Action = action(name)
        if set(named) <= {name, *chosen.keys}:
            return name
    raise read.wrong(
        (*place, named[1]),
        f"{named[0]} and {named[1]} stand in one [[then]]",
        "Give each action a [[then]] of its own",
    )
