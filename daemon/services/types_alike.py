"""What is asked and answered about near-duplicates and the map."""

from __future__ import annotations

from typing import Annotated

import msgspec
from msgspec import Meta

from daemon.services.types import Answer, Request
from daemon.services.types_library import AssetView

Place = Annotated[float, Meta(ge=0.0, le=1.0)]


class NearDuplicates(Answer, frozen=True):
    """One hit that stands in several files at another gain, rate, format or trimmed. best: the one to keep; why: what
    tells it from the others."""

    best: AssetView
    why: str
    others: list[AssetView]


class MapRequest(Request, frozen=True):
    """again: begin the map anew, which moves everything; otherwise sounds that came since get a place and no other
    moves, unless the library has outgrown the map: it began with fewer than five sounds, or with a tenth of them."""

    again: bool = False


class MapQuery(Request, frozen=True):
    """A part of the map, and how many sounds of it at most, spread evenly when there are more. since: the `version` of
    an earlier answer: only sounds that got their place or changed since. One that left the library is told by the
    event `asset.removed`."""

    left: Place = 0.0
    right: Place = 1.0
    top: Place = 0.0
    bottom: Place = 1.0
    limit: Annotated[int, Meta(ge=1, le=100_000)] = 20_000
    since: Annotated[str, Meta(pattern=r"^[0-9]{1,18}\.[0-9]{1,18}$")] | None = None


class MapView(Answer, frozen=True):
    """One entry in each list for each sound: its asset, its place (0..1 both ways), its class. placed: sounds on the
    whole map. waiting: heard, and not on it yet (`POST /map` places them). version: of the map, for `since`."""

    assets: list[str]
    x: list[float]
    y: list[float]
    classes: list[str | None] = msgspec.field(name="class")
    placed: int
    waiting: int
    version: str
