"""From an event of the table to what it means for rules, and to the files it is about."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from daemon.services.events import EventMessage
from daemon.services.types_library import AssetQuery
from rules.globs import fixed_part
from rules.model import Group, Leaf, Rule, Test
from rules.ports import Ports

PAGE = 500
MOST = 10_000
"""Files of one answer: as many as a job takes."""


@dataclass(frozen=True, slots=True)
class Happening:
    """event: its name in rules. rule: the only one it is for, None for all. origin: the run or job it comes from, ""
    when it does not say. about: facts that the event itself tells."""

    seq: int
    event: str
    asset: str = ""
    path: str = ""
    job: str = ""
    rule: str | None = None
    origin: str = ""
    about: Mapping[str, Any] = field(default_factory=dict)


def happening(message: EventMessage) -> Happening | None:  # noqa: PLR0911 - a table of kinds
    """None for an event that no rule can ask for."""
    body, seq = message.body, message.seq
    kind = str(body.get("type"))
    origin = str(body.get("origin") or "")
    if kind in ("asset.added", "asset.changed", "asset.tagged", "asset.moved"):
        return Happening(seq, kind, str(body["asset"]), str(body.get("path") or ""), origin=origin)
    if kind == "job.state" and body.get("state") in ("done", "failed"):
        job = str(body["job"])
        return Happening(seq, f"job.{body['state']}", job=job, origin=job, about={"recipe": body.get("recipe")})
    if kind == "folder.complete":
        return Happening(seq, kind, path=str(body["path"]), about={"folder": body["path"]})
    if kind == "project.saved":
        return Happening(seq, kind, path=str(body["path"]), about={"project_file": body["path"]})
    if kind == "rule.triggered":
        asset, path = str(body.get("asset") or ""), str(body.get("path") or "")
        return Happening(seq, "trigger", asset, path, rule=str(body["rule"]))
    if kind == "rule.due":
        return Happening(seq, "schedule", rule=str(body["rule"]))
    return None


async def subjects_of(happened: Happening, rule: Rule, ports: Ports) -> list[tuple[str, str]]:
    """(asset, path) of the files that an event is about; path "" is wherever the asset stands."""
    if happened.asset:
        return [(happened.asset, happened.path)]
    if happened.job:
        return (await ports.work.runs.job_subjects(happened.job, rule.when.each))[:MOST]
    if happened.event == "folder.complete":
        return (await ports.files.below(Path(happened.path)))[:MOST]
    if happened.event == "project.saved":
        return await ports.files.used_by_project(Path(happened.path))
    if happened.event == "schedule":
        return await _all(rule, ports)
    return []


async def _all(rule: Rule, ports: Ports) -> list[tuple[str, str]]:
    """What a rule by the clock looks at: the folder that its path names, else the whole library."""
    folder = _folder(rule.test)
    if folder:
        return (await ports.files.below(Path(folder)))[:MOST]
    found: list[tuple[str, str]] = []
    cursor: str | None = None
    while len(found) < MOST:
        page = await ports.library.search(AssetQuery(sort="added", cursor=cursor, limit=PAGE))
        found += [(view.id, view.path or "") for view in page.items if not view.missing]
        cursor = page.next_cursor
        if cursor is None:
            break
    return found[:MOST]


def _folder(test: Test) -> str:
    """The folder in which every file that matches must be; "" when the conditions do not say."""
    if isinstance(test, Leaf):
        return fixed_part(test.wanted[0]) if test.name == "path" and len(test.wanted) == 1 else ""
    if isinstance(test, Group) and test.mode == "all":
        return next((folder for part in test.parts if (folder := _folder(part))), "")
    return ""
