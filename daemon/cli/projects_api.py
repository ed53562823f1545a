"""Projects over HTTP, typed."""

from __future__ import annotations

from pathlib import Path

import msgspec

from daemon.cli.client import Client, part
from daemon.cli.request import absolute
from daemon.kernel.errors import NotFound
from daemon.services.types import JobAck
from daemon.services.types_projects import ProjectFileView, ProjectSummary, ProjectView


def listed(client: Client) -> list[ProjectSummary]:
    return msgspec.convert(client.get("/projects")["items"], list[ProjectSummary])


def read(client: Client, path: Path) -> ProjectView:
    return msgspec.convert(client.post("/projects", {"path": str(absolute(path))}), ProjectView)


def scan(client: Client, folder: Path) -> JobAck:
    return msgspec.convert(client.post("/projects/scans", {"path": str(folder)}), JobAck)


def forget(client: Client, path: Path) -> None:
    """Raises NotFound when the project is not known."""
    wanted = str(absolute(path))
    for each in listed(client):
        if each.path == wanted:
            client.delete(f"/projects/{part(each.id)}")
            return
    raise NotFound("this project is not known", where=path, hint="`roadie projects` lists those that are")


def told(file: ProjectFileView) -> str:
    """Whether a file is there, for a person."""
    if file.stands is not None:
        return "there" if file.stands == file.path else f"there, as {file.stands}"
    if file.found is None:
        return "MISSING"
    return f"MISSING; {'the same sound' if file.found_by == 'hash' else 'one of that name'} is {file.found}"
