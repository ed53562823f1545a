"""A rule, as its file says it: frozen data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

EVENTS: Mapping[str, str] = {
    "asset.added": "a sound is new in the library",
    "asset.changed": "something about a sound changed",
    "asset.moved": "a sound's file has another name or folder",
    "asset.tagged": "a sound got tags, or lost some",
    "job.done": "a job is done",
    "job.failed": "a job failed",
    "project.saved": "a project in a watched folder was saved",
    "folder.complete": "a folder that was copied in is whole",
    "trigger": "somebody asked for this rule, by OSC or HTTP",
    "schedule": "its hour has come",
}


@dataclass(frozen=True, slots=True)
class Leaf:
    """One condition: its name in rules.conditions and what it wants, already checked."""

    name: str
    wanted: Any


@dataclass(frozen=True, slots=True)
class Group:
    """mode: all, any or not; `not` has one part."""

    mode: str
    parts: tuple[Test, ...]


Test = Leaf | Group


@dataclass(frozen=True, slots=True)
class Schedule:
    """Either every so often, or at a time of day. at_min: minutes after midnight here. days: 0 is Monday."""

    every_s: float | None = None
    at_min: int | None = None
    days: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class When:
    """each: of a job that is done, whether its inputs or its results are meant."""

    events: tuple[str, ...]
    each: str = "input"
    schedule: Schedule | None = None


@dataclass(frozen=True, slots=True)
class Step:
    """One `[[then]]`. action: its name in the registry; asked: what the action made of the table."""

    action: str
    asked: Any


@dataclass(frozen=True, slots=True)
class Rule:
    """version: changes with everything that decides what the rule does; not with enabled."""

    name: str
    about: str
    enabled: bool
    priority: int
    stop: bool
    per_minute: int | None
    when: When
    test: Test
    then: tuple[Step, ...]
    version: str
    names: frozenset[str] = field(default_factory=frozenset)
    """Of all conditions in it: what must be looked up."""
