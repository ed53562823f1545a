"""Actions that put the file itself elsewhere: copy, move, deliver. Journalled; a file that a project uses stays."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from daemon.files import layout
from daemon.kernel.errors import BadParameter
from daemon.services.types_placing import PlacingItem, PlacingRequest
from rules.actions.protocol import Doing, Needs, Planned, Subject, Wrong, by_folder, check_folder, text
from rules.ports import Ports

Do = Literal["copy", "move", "deliver"]
_DOES = {"copy": "copies it", "move": "moves it", "deliver": "delivers it"}


@dataclass(frozen=True, slots=True)
class Asked:
    folder: str | None
    layout: str | None
    to: str


class Place:
    """`copy = "~/Music/Loops"`, `move = ...`, with `layout`; `deliver = "reaper"`, with `folder` and `layout`."""

    def __init__(self, do: Do, about: str, example: str) -> None:
        self.name: Do = do
        self.about = about
        self.example = example
        self.keys = frozenset({"layout", "folder"} if do == "deliver" else {"layout"})

    def read(self, table: Mapping[str, Any]) -> Asked:
        levels = text(table, "layout") if "layout" in table else None
        try:
            layout.parse(levels or "")
        except BadParameter as error:
            raise Wrong(
                "layout", error.what + (f": {error.why}" if error.why else ""), error.hint or ""
            ) from error
        if self.name == "deliver":
            return Asked(check_folder(table, "folder"), levels, text(table, "deliver"))
        return Asked(check_folder(table, self.name), levels, "folder")

    def needs(self, asked: Asked) -> Sequence[Needs]:
        return (Needs("deliver", "target", asked.to),) if self.name == "deliver" else ()

    async def plan(self, asked: Asked, subjects: Sequence[Subject], ports: Ports) -> list[Planned]:
        planned = []
        for folder, group in by_folder(asked.folder, subjects).items():
            foreseen = {each.path: each.view for each in group if each.asset is None and each.view is not None}
            plan = await ports.placing.plan(self._request(asked, folder, group), foreseen)
            planned += [Planned(old, _DOES[self.name], (new,)) for old, new in plan.places]
            planned += [Planned(path, "leaves it", left=why) for path, why in plan.left]
        return planned

    async def do(self, asked: Asked, subjects: Sequence[Subject], doing: Doing) -> list[str]:
        jobs = []
        for number, (folder, group) in enumerate(by_folder(asked.folder, subjects).items()):
            request = self._request(asked, folder, group)
            ack = await doing.ports.placing.place(request, doing.client, doing.key(number))
            jobs.append(ack.id)
        return jobs

    def _request(self, asked: Asked, folder: str | None, subjects: Sequence[Subject]) -> PlacingRequest:
        items = [PlacingItem(asset=subject.asset or "", path=subject.path or None) for subject in subjects]
        return PlacingRequest(do=self.name, items=items, folder=folder, layout=asked.layout, to=asked.to)


COPY = Place("copy", "copies it into a folder", 'copy = "~/Music/Loops"')
MOVE = Place("move", "moves it into a folder; not a file that a project uses", 'move = "~/Music/Done"')
DELIVER = Place("deliver", "delivers it to a target, as it is", 'deliver = "reaper"')
