"""Actions that change what the library says: tags, collections. No file is touched."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from daemon.services.types_library import AssetView
from rules.actions.protocol import Doing, Needs, Planned, Subject, Wrong, text, texts
from rules.ports import Ports

LONGEST_TAG = 100
_FIELDS = ("class", "key", "bpm", "stem", "kind")


@dataclass(frozen=True, slots=True)
class Tags:
    """add, take: labels; a {field} of what is known stands for its value, and a label whose field is not known is
    left out."""

    add: tuple[str, ...]
    take: tuple[str, ...]


class Tag:
    """`tag = ["new", "{class}"]`, and `untag` beside it or alone."""

    def __init__(self, name: str, about: str, example: str) -> None:
        self.name = name
        self.about = about
        self.example = example
        self.keys = frozenset({"tag", "untag"} - {name})

    def read(self, table: Mapping[str, Any]) -> Tags:
        return Tags(_labels(table, "tag"), _labels(table, "untag"))

    def needs(self, asked: Tags) -> Sequence[Needs]:  # noqa: ARG002 - nothing
        return ()

    async def plan(self, asked: Tags, subjects: Sequence[Subject], ports: Ports) -> list[Planned]:  # noqa: ARG002
        planned = []
        for subject in subjects:
            add = [f"+{label}" for label in _filled(asked.add, subject.view)]
            take = [f"-{label}" for label in _filled(asked.take, subject.view)]
            planned.append(
                Planned(subject.path, f"tags it in the library: {' '.join([*add, *take]) or 'nothing'}")
            )
        return planned

    async def do(self, asked: Tags, subjects: Sequence[Subject], doing: Doing) -> list[str]:
        for subject in subjects:
            add, take = _filled(asked.add, subject.view), _filled(asked.take, subject.view)
            await doing.ports.work.changes.tag(str(subject.asset), add, take, doing.run, doing.ordinal)
        return []


class Collect:
    """`collect = "Tonight"`."""

    name = "collect"
    about = "puts it into a collection, which is made if there is none"
    example = 'collect = "Tonight"'
    keys: frozenset[str] = frozenset()

    def read(self, table: Mapping[str, Any]) -> str:
        return text(table, "collect").strip()

    def needs(self, asked: str) -> Sequence[Needs]:  # noqa: ARG002 - nothing
        return ()

    async def plan(self, asked: str, subjects: Sequence[Subject], ports: Ports) -> list[Planned]:  # noqa: ARG002
        return [Planned(subject.path, f"puts it into the collection {asked}") for subject in subjects]

    async def do(self, asked: str, subjects: Sequence[Subject], doing: Doing) -> list[str]:
        assets = [str(subject.asset) for subject in subjects]
        await doing.ports.work.changes.collect(asked, assets, doing.run, doing.ordinal)
        return []


def _labels(table: Mapping[str, Any], key: str) -> tuple[str, ...]:
    if key not in table:
        return ()
    labels = texts(table, key)
    for label in labels:
        if len(label.strip()) > LONGEST_TAG:
            raise Wrong(key, f"a tag is at most {LONGEST_TAG} characters long")
        for part in label.split("{")[1:]:
            field = part.partition("}")[0]
            if field not in _FIELDS:
                raise Wrong(key, f"{{{field}}} is no field of a tag", f"Fields: {', '.join(_FIELDS)}")
    return tuple(label.strip() for label in labels)


def _filled(labels: Sequence[str], view: AssetView | None) -> list[str]:
    known = {
        "class": view and view.label, "key": view and view.key, "stem": view and view.stem, "kind": view and view.kind,
        "bpm": f"{round(view.bpm):d}" if view is not None and view.bpm else None,
    }  # fmt: skip
    filled = []
    for label in labels:
        fields = [part.partition("}")[0] for part in label.split("{")[1:]]
        if all(known[field] for field in fields):
            for field in fields:
                label = label.replace(f"{{{field}}}", str(known[field]))  # noqa: PLW2901 - one field after another
            filled.append(label)
    return filled


TAG = Tag("tag", "tags it in the library", 'tag = ["new", "{class}"]')
UNTAG = Tag("untag", "takes tags away", 'untag = ["new"]')
COLLECT = Collect()
