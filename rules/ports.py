"""What rules ask of the services: no more than these calls, so that a test can stand in for each."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from daemon.services import types as t
from daemon.services import types_jobs as tj
from daemon.services import types_library as tl
from daemon.services import types_placing as tp
from daemon.services import types_tags as tt
from daemon.services.events import EventMessage
from daemon.services.rule_work import RuleWork
from daemon.services.types_projects import UsedAtRequest, UsedByView


class Jobs(Protocol):
    async def submit(self, request: tj.JobRequest, client: str, /) -> tuple[tj.JobAck, bool]: ...
    async def undo(self, id: str, /) -> tj.UndoView: ...
    async def cancel(self, id: str, /) -> tj.JobAck: ...


class Library(Protocol):
    async def get(self, id: str, /) -> tl.AssetView: ...
    async def search(self, query: tl.AssetQuery, /) -> t.Page[tl.AssetView]: ...


class Projects(Protocol):
    async def used_by(self, asset: str, /) -> list[UsedByView]: ...
    async def used_at(self, request: UsedAtRequest, /) -> list[UsedByView]: ...


class Recipes(Protocol):
    async def list(self) -> list[tj.RecipeView]: ...
    async def check(self, name: str, params: Mapping[str, Mapping[str, Any]], /) -> None:
        """Whether a recipe takes these parameters. Raises BadParameter."""
        ...


class Placing(Protocol):
    def targets(self) -> list[str]: ...
    async def place(self, request: tp.PlacingRequest, client: str, key: str | None = None, /) -> tj.JobAck: ...
    async def plan(
        self, request: tp.PlacingRequest, foreseen: Mapping[str, tl.AssetView], /
    ) -> tp.PlacingPlan: ...


class Events(Protocol):
    def batches(self, since: int, /) -> AsyncIterator[list[EventMessage]]: ...


class Tags(Protocol):
    """Tags into the user's own files."""

    async def start(
        self, request: tt.WriteTagsRequest, client: str, key: str | None = None, /
    ) -> tj.JobAck: ...


class Watching(Protocol):
    def covers(self, path: Path, /) -> bool: ...


class Chains(Protocol):
    async def names(self) -> list[str]: ...


class Files(Protocol):
    """Files by path, whether or not the library knows them."""

    async def add(self, path: Path, /) -> tl.AssetView:
        """Know a file. Raises InputError."""
        ...

    async def find(self, path: Path, /) -> tl.AssetView | None:
        """The asset at a path whose file is unchanged; None when the library does not know it."""
        ...

    async def peek(self, path: Path, /) -> tl.AssetView:
        """A file as the library would show it, without knowing it from then on. Raises InputError."""
        ...

    async def listed(self, folder: Path, /) -> list[Path]:
        """Sounds in a folder and below it, in order."""
        ...

    async def used_by_project(self, project: Path, /) -> list[tuple[str, str]]:
        """(asset, path) of the files that a project uses and the library knows."""
        ...

    async def beside_project(self, path: Path, /) -> bool: ...

    async def below(self, folder: Path, /) -> list[tuple[str, str]]:
        """(asset, path) of known files in a folder."""
        ...

    async def made_from(self, asset: str, /) -> list[str]:
        """Kinds of what was made from an asset, through however many steps."""
        ...


@dataclass(frozen=True, slots=True)
class Ports:
    jobs: Jobs
    library: Library
    projects: Projects
    recipes: Recipes
    placing: Placing
    events: Events
    files: Files
    watching: Watching
    chains: Chains
    tags: Tags
    work: RuleWork
    delivery_folder: Path
