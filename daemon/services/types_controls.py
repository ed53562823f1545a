"""Requests and answers about what a controller's keys do."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta

from daemon.services.types import Answer, Request

Command = Annotated[str, Meta(min_length=1, max_length=200)]


class BindingSpec(Request, frozen=True):
    """on: a trigger ("note 1 36", "cc 1 20", "program 10 3"). do: a command ("run stems", "next", "audition")."""

    on: str
    do: Command


class LearnRequest(Request, frozen=True):
    """Bind the next key that is pressed, turned or chosen to a command. wait_s: how long to wait for it."""

    do: Command
    wait_s: Annotated[float, Meta(gt=0, le=120)] = 30.0


class BindingView(Answer, frozen=True):
    on: str
    do: str


class ControlsView(Answer, frozen=True):
    """commands: what can be bound, and what each does. problems: by trigger, why pressing it does nothing, as when its
    recipe has gone."""

    bindings: list[BindingView]
    commands: dict[str, str]
    problems: dict[str, str]


class BindingsRequest(Request, frozen=True):
    """All bindings; those that there were are forgotten."""

    bindings: Annotated[list[BindingSpec], Meta(max_length=2000)]
