"""What an address is. From the table of these come dispatch, validation, OSCQuery and the documentation."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from enum import IntFlag
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from bridges.osc.call import Call

ROOT = "/roadie"
SLOTS = 8
HITS = 8


class Access(IntFlag):
    """As OSCQuery counts. OUT: roadie sends it. IN: roadie takes it."""

    OUT = 1
    IN = 2


@dataclass(frozen=True, slots=True)
class Arg:
    """One argument. tag: i, f or s. low, high: the legal range. values: the only legal ones."""

    tag: str
    name: str
    low: float | None = None
    high: float | None = None
    values: tuple[str, ...] = ()


PRESS = Arg("f", "press")
"""Of a button: any number, and another than 0 acts."""

Handler = Callable[["Call"], Awaitable[None]]
Quick = Callable[["Call"], None]


@dataclass(frozen=True, slots=True)
class Address:
    """One row of the table.

    path: with `{recipe}`, `{slot}` or `{hit}` parts, which stand for every recipe and for 1 to 8. handler: what
    happens, in the order of arrival for each sender; quick: what happens at once, without waiting for anything, and
    before the handler where there are both. button: acts on a non-zero value only. options: takes trailing
    `key=value` texts; hidden: takes them, though the signature does not show it. steps: such a key may be a recipe's
    parameter. replies: addresses that answer it. weighty: begins or ends something, so the last to be refused when a
    sender floods, unless it relies on what was sent before it. once: waits for nothing that its sender asked for
    before.
    """

    path: str
    about: str
    args: tuple[Arg, ...] = ()
    handler: Handler | None = None
    quick: Quick | None = None
    button: bool = False
    options: bool = False
    hidden: bool = False
    steps: bool = False
    weighty: bool = False
    relies: bool = False
    once: bool = False
    replies: tuple[str, ...] = field(default=())

    @property
    def access(self) -> Access:
        return Access.OUT if self.handler is None and self.quick is None else Access.IN

    @property
    def tags(self) -> str:
        return "".join(arg.tag for arg in self.args)

    @property
    def signature(self) -> str:
        """As the documentation shows it: "ss o*"."""
        return " ".join(part for part in (self.tags, "o*" if self.options else "") if part)
