"""What is known of a file, gathered for the conditions that ask for it and no others."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any

from daemon.kernel.clock import Clock
from daemon.kernel.errors import NotFound
from daemon.services.types_library import AssetView
from daemon.services.types_projects import UsedAtRequest
from rules.facts import UNKNOWN, Facts
from rules.ports import Ports

_MADE = {"stem": "stems", "slice": "slices", "one-shot": "one-shots", "loop": "loops", "midi": "midi",
         "lyrics": "lyrics"}  # fmt: skip
_READ = ("class", "confidence", "bpm", "key", "length_s", "channels", "kind")
"""What reading a file tells."""


class Gatherer:
    def __init__(self, ports: Ports, clock: Clock) -> None:
        self._ports = ports
        self._clock = clock

    async def of_asset(
        self, view: AssetView, path: str, names: Collection[str], about: Mapping[str, Any]
    ) -> Facts:
        """names: the conditions that will be asked. about: what the event itself tells (recipe, folder)."""
        values: dict[str, Any] = {
            "class": view.label, "confidence": view.confidence, "bpm": view.bpm, "key": view.key, "kind": view.kind,
            "stem": view.stem, "made": view.job is not None,
            "length_s": view.length_s, "channels": view.channels, "rating": view.rating,
            "tag": [tag.label for tag in view.tags], **self._age(view), **about,
            "source": view.meta.get("source") or await self._source(view, names),
        }  # fmt: skip
        if "has" in names:
            made = [_MADE[kind] for kind in await self._ports.files.made_from(view.id) if kind in _MADE]
            slices = ["slices"] if {"one-shots", "loops"} & set(made) else []
            values["has"] = [*made, *slices, *(["tags"] if view.tags else [])]
        if "project" in names:
            values["project"] = await self._projects(view.id)
        if "beside_project" in names:
            values["beside_project"] = await self._ports.files.beside_project(Path(path))
        return Facts(path, view.id, values)

    async def of_file(self, path: Path, names: Collection[str], view: AssetView | None) -> Facts:
        """A file that the library does not know. view: as the library would show it, None when it was not read."""
        # It would come in now: nothing was made of it, nobody tagged or uses it as far as is known.
        values: dict[str, Any] = {
            "age_s": 0.0,
            "age_days": 0.0,
            "has": [],
            "rating": 0,
            "project": [],
            "made": False,
        }
        values["tag"] = [] if view is None else [tag.label for tag in view.tags]
        if view is None:
            values |= dict.fromkeys(_READ, UNKNOWN)
        else:
            values |= {
                "class": view.label, "confidence": view.confidence, "bpm": view.bpm, "key": view.key,
                "length_s": view.length_s, "channels": view.channels, "kind": view.kind,
            }  # fmt: skip
        if "project" in names:
            values["project"] = [
                each.project_path for each in await self._ports.projects.used_at(UsedAtRequest(str(path)))
            ]
        if "beside_project" in names:
            values["beside_project"] = await self._ports.files.beside_project(path)
        return Facts(str(path), None, values)

    def _age(self, view: AssetView) -> dict[str, float]:
        age_s = max(0.0, self._clock.now() - view.added_at)
        return {"age_s": age_s, "age_days": age_s / 86400}

    async def _source(self, view: AssetView, names: Collection[str]) -> str | None:
        if "source" not in names or view.source is None:
            return None
        try:
            return Path((await self._ports.library.get(view.source)).name).stem
        except NotFound:
            return None

    async def _projects(self, asset: str) -> list[str]:
        return [each.project_path for each in await self._ports.projects.used_by(asset)]
