"""Projects over HTTP, typed."""

from __future__ import annotations

from pathlib import Path

import msgspec

from daemon.cli.client import Client, part
from daemon.cli.request import absolute
from daemon.kernel.errors import NotFound
from daemon.services.types_jobs import JobAck
from daemon.services.types_projects import ProjectFileView, ProjectSummary, ProjectView, UsedByView


def listed(client: Client) -> list[ProjectSummary]:
    return msgspec.convert(client.get("/projects")["items"], list[ProjectSummary])


def read(client: Client, path: Path) -> ProjectView:
    """path: a file, or the name of a project that is known. Raises NotFound."""
    return msgspec.convert(client.post("/projects", {"path": str(_one(client, path))}), ProjectView)


def uses(client: Client, file: Path) -> list[UsedByView]:
    answer = client.post("/projects/used-by", {"path": str(absolute(file))})
    return msgspec.convert(answer["items"], list[UsedByView])


def scan(client: Client, folder: Path) -> JobAck:
    return msgspec.convert(client.post("/projects/scans", {"path": str(folder)}), JobAck)


def forget(client: Client, path: Path) -> None:
    """path: a file, or the name of a project that is known. Raises NotFound."""
    wanted = str(_one(client, path))
    for each in listed(client):
        if each.path == wanted:
            client.delete(f"/projects/{part(each.id)}")
            return
    raise NotFound("this project is not known", where=path, hint="`roadie projects` lists those that are")


def _one(client: Client, path: Path) -> Path:
    """The project file that is meant: one that is there, else a known one of that name, which may be gone."""
    there = absolute(path)
    if there.exists():
        return there
    named = [
        Path(each.path) for each in listed(client)
        if Path(each.path) == there or str(path).lower() in (Path(each.path).name.lower(), each.name.lower())
    ]  # fmt: skip
    if len(named) == 1:
        return named[0]
    if named:
        raise NotFound(
            "more than one project has this name", where=path, hint=f"Say which: {', '.join(map(str, named))}"
        )
    raise NotFound(
        "there is no such file, and no known project of that name",
        where=path,
        hint="`roadie projects` lists them",
    )


def places(used: UsedByView) -> str:
    """Where in a project a file is used, for a person."""
    shown = [
        each.where
        + (f" on {each.track}" if each.track else "")
        + ("" if each.at_s is None else f" at {each.at_s:g} s")
        for each in used.uses[:3]
    ]
    return ", ".join(shown) + (f" and {len(used.uses) - 3} more" if len(used.uses) > 3 else "")


def told(file: ProjectFileView) -> str:
    """Whether a file is there, for a person."""
    if file.stands is not None:
        return "there" if file.stands == file.path else f"there, as {file.stands}"
    if file.found is None:
        return "MISSING"
    return f"MISSING; {'the same sound' if file.found_by == 'hash' else 'one of that name'} is {file.found}"
