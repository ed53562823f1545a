"""Files put elsewhere: copied, moved, or delivered to a target as they are."""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta

from daemon.services.types import Answer, Request


class PlacingItem(Request, frozen=True):
    """path: which of the asset's files is meant; None is the first there is."""

    asset: str
    path: str | None = None


class PlacingRequest(Request, frozen=True):
    """folder: absolute; None is the delivery folder. layout: folders below it, like "{class}/{bpm} bpm". to: the
    target, for deliver."""

    do: Literal["copy", "move", "deliver"]
    items: Annotated[list[PlacingItem], Meta(min_length=1, max_length=10_000)]
    folder: str | None = None
    layout: str | None = None
    to: str = "folder"


class PlacingPlan(Answer, frozen=True):
    """What a request would do: (from, to) of each file, (file, why) of what it would leave alone, bytes to be
    written."""

    places: list[tuple[str, str]]
    left: list[tuple[str, str]]
    size_bytes: int
