"""Requests and answers about DAW projects."""

from __future__ import annotations

from typing import Literal

from daemon.projects.model import TempoPoint, Track, Use
from daemon.services.types import Answer, Request


class ProjectRequest(Request, frozen=True):
    """path: absolute, of one project file."""

    path: str


class ProjectFileView(Answer, frozen=True):
    """A file that a project uses.

    path: where the project wants it. stands: where the DAW will find it now, None when it is missing. found: where it,
    or one of its name, stands instead; found_by: whether that is known by its hash or only by its name.
    """

    path: str
    written: str
    stands: str | None
    found: str | None
    found_by: Literal["hash", "name"] | None
    uses: list[Use]


class ProjectSummary(Answer, frozen=True):
    id: str
    path: str
    name: str
    kind: Literal["reaper", "ableton"]
    written_by: str
    files: int
    read_at: float
    problem: str | None


class ProjectView(Answer, frozen=True):
    """tempo_map: as a job request takes it. problem: why the version that stands there now could not be read; the rest
    is then of the last that could be."""

    id: str
    path: str
    name: str
    kind: Literal["reaper", "ableton"]
    written_by: str
    rate_hz: int | None
    key: str | None
    tempo_map: list[TempoPoint]
    tracks: list[Track]
    files: list[ProjectFileView]
    missing: int
    warnings: list[str]
    problem: str | None


class UsedAtRequest(Request, frozen=True):
    """path: absolute, of a file that the library need not know."""

    path: str


class UsedByView(Answer, frozen=True):
    project: str
    project_path: str
    kind: str
    path: str
    uses: list[Use]
