"""What an action is: it checks its table when rules are read, plans for a dry run, and does."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

from daemon.kernel.at_home import at_home
from daemon.services.types_library import AssetView
from rules.ports import Ports


class Wrong(ValueError):
    """key: the one in the table that is wrong. hint: what would be right."""

    def __init__(self, key: str, what: str, hint: str = "") -> None:
        self.key = key
        self.hint = hint
        super().__init__(what)


@dataclass(frozen=True, slots=True)
class Subject:
    """A file that a rule answers for. asset: None in a dry run, for a file that the library does not know; view is
    then as the library would show it."""

    path: str
    asset: str | None
    view: AssetView | None = None


@dataclass(frozen=True, slots=True)
class Doing:
    """Who asks: the rule's name as client, and a key that is the same whenever this is done again."""

    rule: str
    run: str
    ordinal: int
    ports: Ports

    @property
    def client(self) -> str:
        return f"rule:{self.rule}"

    def key(self, number: int) -> str:
        return f"{self.run}:{self.ordinal}:{number}"


@dataclass(frozen=True, slots=True)
class Planned:
    """What would happen to one file. writes: paths, with {fields} where only the work itself will tell. recipe: what
    would be computed, for an estimate of the time."""

    path: str
    does: str
    writes: tuple[str, ...] = ()
    recipe: str | None = None
    left: str | None = None


@dataclass(frozen=True, slots=True)
class Needs:
    """Something that the rule names and that must be there: what is a recipe, a chain or a target. params: which the
    recipe must take."""

    key: str
    what: str
    name: str
    params: Mapping[str, Any] = field(default_factory=dict)


class Action(Protocol):
    name: str
    about: str
    example: str
    keys: frozenset[str]
    """Further keys of its table."""

    def read(self, table: Mapping[str, Any]) -> Any:
        """What was asked for, checked. Raises Wrong."""
        ...

    def needs(self, asked: Any) -> Sequence[Needs]: ...

    async def plan(self, asked: Any, subjects: Sequence[Subject], ports: Ports) -> list[Planned]:
        """Nothing is changed."""
        ...

    async def do(self, asked: Any, subjects: Sequence[Subject], doing: Doing) -> list[str]:
        """Returns the jobs that carry it out, none when it is done. Done again with the same `doing`, after a crash,
        it is done once."""
        ...


def text(table: Mapping[str, Any], key: str) -> str:
    value = table[key]
    if not isinstance(value, str) or not value.strip():
        raise Wrong(key, f"{key} must be a text")
    return value


def texts(table: Mapping[str, Any], key: str) -> tuple[str, ...]:
    value = table[key]
    values = [value] if isinstance(value, str) else value
    if (
        not isinstance(values, list)
        or not values
        or not all(isinstance(each, str) and each.strip() for each in values)
    ):
        raise Wrong(key, f"{key} must be a text or a list of texts")
    return tuple(values)


def folder_of(template: str | None, path: str) -> str | None:
    """The folder that a rule names, for one file: "~" is the home folder, {folder} the file's own, {name} the file's
    name without its ending."""
    if template is None:
        return None
    file = Path(path)
    filled = template.replace("{folder}", str(file.parent)).replace("{name}", file.stem)
    return at_home(filled)


def check_folder(table: Mapping[str, Any], key: str) -> str | None:
    """Raises Wrong for a folder that is no absolute one."""
    if key not in table:
        return None
    template = text(table, key)
    unknown = [
        part.partition("}")[0] for part in template.split("{")[1:] if part.partition("}")[0] not in _FIELDS
    ]
    if unknown:
        raise Wrong(key, f"{{{unknown[0]}}} is no field of a folder", "Fields: {folder}, {name}")
    if "\0" in template:
        raise Wrong(key, "no folder's name has a zero byte")
    if not Path(str(folder_of(template, "/a/b"))).is_absolute():
        raise Wrong(
            key, f"{template!r} is no absolute folder", 'For example "~/Music/Kits" or "{folder}/Stems"'
        )
    return template


_FIELDS = ("folder", "name")


def by_folder(template: str | None, subjects: Sequence[Subject]) -> dict[str | None, list[Subject]]:
    """Subjects by the folder that the template gives them, in order."""
    groups: dict[str | None, list[Subject]] = {}
    for subject in subjects:
        groups.setdefault(folder_of(template, subject.path), []).append(subject)
    return groups
