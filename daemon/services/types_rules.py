"""Rules, their runs and dry runs, as clients see them."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from msgspec import Meta, field

from daemon.services.types import Answer, Request
from daemon.services.types_jobs import Kept


class RuleView(Answer, frozen=True):
    """problem: why the file, as it is now, is no rule; the last good one goes on. text: the TOML. runs: how often it
    has answered. remarks: what keeps it from ever answering (its folder is not watched)."""

    name: str
    about: str
    origin: Literal["shipped", "user"]
    enabled: bool
    priority: int
    events: list[str]
    actions: list[str]
    version: str
    path: str
    problem: str | None
    runs: int
    remarks: tuple[str, ...] = ()
    text: str | None = None


class RuleText(Request, frozen=True):
    """A rule's TOML. enabled: None leaves what stands in it."""

    text: Annotated[str, Meta(max_length=100_000)] | None = None
    enabled: bool | None = None


class RuleSubject(Answer, frozen=True):
    asset: str
    path: str


class RuleRunView(Answer, frozen=True):
    """One answer of a rule to an event. parent: the run whose work set it off. jobs: those it asked for."""

    id: str
    rule: str
    version: str
    event: int
    state: Literal["pending", "running", "done", "failed", "stopped", "undone"]
    subjects: list[RuleSubject]
    depth: int
    parent: str
    jobs: list[str]
    error: str
    at: float
    finished_at: float | None


class RuleTrigger(Request, frozen=True):
    """Exactly one of path and asset."""

    path: str | None = None
    asset: str | None = None


class TriggerView(Answer, frozen=True):
    """matches: whether its conditions hold now, so that it will answer. because: the conditions that decide."""

    rule: str
    asset: str
    path: str
    matches: bool
    because: list[str]


class RuleUndoView(Answer, frozen=True):
    """removed: paths taken back. files: those that are as they were: with the tags that they had, or at the place from
    which they were moved. restored: how many changes of tags and collections in the library. kept: what was changed
    since or is in use, and why it stays. gone: paths where it put files that someone has removed or moved since."""

    id: str
    removed: list[str]
    files: list[str]
    restored: int
    kept: list[Kept]
    gone: list[str] = field(default_factory=list)


class DryRunRequest(Request, frozen=True):
    """Either the text of a rule or the name of one that is there. folder: its files, as if each set the rule off.
    limit: files looked at."""

    folder: str
    text: Annotated[str, Meta(max_length=100_000)] | None = None
    name: str | None = None
    limit: Annotated[int, Meta(ge=1, le=100_000)] = 2000


class DryRunCondition(Answer, frozen=True):
    """holds: None where it depends on what is not known of the file yet."""

    holds: bool | None
    why: str


class DryRunFile(Answer, frozen=True):
    """matches: None when that depends on what is not known of the file before it is in the library. because: the
    conditions that decided. conditions: every one with its own answer."""

    path: str
    matches: bool | None
    because: list[str]
    conditions: list[DryRunCondition]
    would: tuple[dict[str, Any], ...] = ()


class DryRunView(Answer, frozen=True):
    """matched, unmatched, unknown: how many of the files looked at. left_out: files beyond the limit. unreadable:
    files that are no sound. time_s: what the work would take on this machine, one thing after another; None when
    nothing is known of it. time_rough: some of it is told by figures of another machine. time_note: how it is known."""

    rule: str
    folder: str
    files: list[DryRunFile]
    matched: int
    unmatched: int
    unknown: int
    unreadable: list[str]
    left_out: int
    time_s: float | None
    time_rough: bool
    time_note: str
    writes_below: list[str]
