"""What is watched, as clients see it."""

from __future__ import annotations

from typing import Literal

from daemon.services.types import Answer, Request

RoleName = Literal["inbox", "samples", "projects"]


class WatchRequest(Request, frozen=True):
    """path: absolute."""

    path: str
    role: RoleName = "samples"


class WatchedView(Answer, frozen=True):
    """polled: looked at every so often, for this reason. placeholders: files that a cloud service shows and has not
    downloaded. problem: what keeps the folder from being watched. fixed: it stands in config.toml."""

    path: str
    role: RoleName
    polled: bool
    reason: str
    placeholders: int
    problem: str | None
    fixed: bool


class WatchView(Answer, frozen=True):
    """waiting: files that do not count yet. arriving: folders that are being copied in. taken, refused: files since
    the daemon started. problems: the last ones, a line each."""

    folders: list[WatchedView]
    waiting: int
    arriving: int
    taken: int
    refused: int
    problems: list[str]
