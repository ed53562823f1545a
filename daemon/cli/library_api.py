"""The library over HTTP, typed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec

from daemon.cli.client import Client, Refused, part
from daemon.cli.paging import items
from daemon.cli.request import absolute
from daemon.kernel.errors import BadParameter, FileMissing, NotFound
from daemon.services.types import Page
from daemon.services.types_alike import NearDuplicates
from daemon.services.types_duplicates import DuplicatesPlan, DuplicatesRequest
from daemon.services.types_jobs import JobAck
from daemon.services.types_learn import Forgotten
from daemon.services.types_library import AssetView, DuplicateGroup, ExportRequest, SoundsPage, StatsView
from daemon.services.types_tags import WriteTagsRequest

_NOT_FOUND = 404


def sound(client: Client, name: str) -> str:
    """What `like` is asked with: a file by its absolute path, else an asset's id. Raises NotFound, Refused."""
    path = absolute(Path(name))
    return str(path) if path.is_file() else find(client, name).id


def facets(client: Client, query: Mapping[str, object]) -> dict[str, dict[str, int]]:
    return msgspec.convert(client.get("/facets", query), dict[str, dict[str, int]])


def assets(client: Client, query: Mapping[str, object], limit: int | None = None) -> Iterator[AssetView]:
    """What the query finds, at most `limit`."""
    return items(client, "/assets", Page[AssetView], query, limit)


def why_nothing(client: Client, query: Mapping[str, object]) -> str | None:
    """What there is to say of a search that found nothing; nothing of one through the whole library."""
    if query.get("folder") is None and query.get("source") is None:
        return None
    return msgspec.convert(client.get("/assets", {**query, "limit": 1}), SoundsPage).note


def song(client: Client, name: str) -> str:
    """What `source` is asked with: of a file, or of what stood there, the id of its asset; else the name as it is, an
    id that may have outlived its asset. Raises NotFound for a file that the library does not know, Refused."""
    try:
        return find(client, name).id
    except Refused as error:
        if error.status != _NOT_FOUND:
            raise
        return name


def stats(client: Client) -> StatsView:
    return msgspec.convert(client.get("/stats"), StatsView)


def duplicates(client: Client) -> list[DuplicateGroup]:
    return msgspec.convert(client.get("/duplicates")["items"], list[DuplicateGroup])


def plan_duplicates(client: Client, request: DuplicatesRequest) -> DuplicatesPlan:
    return msgspec.convert(client.post("/duplicates/plan", msgspec.to_builtins(request)), DuplicatesPlan)


def remove_duplicates(client: Client, request: DuplicatesRequest) -> JobAck:
    return msgspec.convert(client.post("/duplicates/remove", msgspec.to_builtins(request)), JobAck)


def look_for_near(client: Client) -> JobAck:
    return msgspec.convert(client.post("/near-duplicates", {}), JobAck)


def near_duplicates(client: Client) -> Iterator[NearDuplicates]:
    return items(client, "/near-duplicates", Page[NearDuplicates], {})


def make_map(client: Client, *, again: bool) -> JobAck:
    return msgspec.convert(client.post("/map", {"again": again}), JobAck)


def scan(client: Client, folder: Path) -> JobAck:
    return msgspec.convert(client.post("/scans", {"path": str(folder)}), JobAck)


def learn(client: Client) -> JobAck:
    return msgspec.convert(client.post("/learn", {}), JobAck)


def forget(client: Client) -> Forgotten:
    return msgspec.convert(client.delete("/learn"), Forgotten)


def write_tags(client: Client, request: WriteTagsRequest) -> JobAck:
    return msgspec.convert(client.post("/write-tags", msgspec.to_builtins(request)), JobAck)


def export(client: Client, request: ExportRequest) -> JobAck:
    return msgspec.convert(client.post("/exports", msgspec.to_builtins(request)), JobAck)


def find(client: Client, name: str) -> AssetView:
    """The asset that an id or a file's path names, also that of a file which is gone. Raises NotFound, Refused."""
    return named(client, name).asset


def as_it_is(client: Client, name: str) -> AssetView:
    """As `find`, for something that is said of a file as it is now: with other content than when it was scanned it is
    heard first. Raises NotFound, Refused."""
    path = absolute(Path(name))
    if not path.exists():
        return find(client, name)
    _no_folder(path)
    return msgspec.convert(client.post("/assets/at", {"path": str(path)}), AssetView)


def _no_folder(path: Path) -> None:
    if path.is_dir():
        hint = "Name the files in it, several at once where the command takes them"
        raise FileMissing("this is a folder, not a sound", where=path, hint=hint)


@dataclass(frozen=True, slots=True)
class Named:
    """path: by which it was named; None by its id."""

    asset: AssetView
    path: Path | None = None


def named(client: Client, name: str, *, moved: bool = False) -> Named:
    """As `find`, with the path. moved: also by a path where it no longer stands while it stands elsewhere."""
    path = absolute(Path(name))
    if path.exists():
        found = _at(client, path, moved)
        if found is None:
            _no_folder(path)
            hint = "`roadie library scan` its folder first"
            raise NotFound("the library does not know this file", where=path, hint=hint)
        return Named(found, path)
    try:
        return Named(msgspec.convert(client.get(f"/assets/{part(name)}"), AssetView))
    except Refused as error:
        found = _at(client, path, moved) if error.status == _NOT_FOUND else None
        if found is None:
            raise
        return Named(found, path)


def _at(client: Client, path: Path, moved: bool) -> AssetView | None:
    """What stands at a path; or stood there, and stands nowhere now; moved: also what stands elsewhere."""
    elsewhere: AssetView | None = None
    for missing in (None, "true"):
        for asset in assets(client, {"path": str(path), "missing": missing}):
            if asset.missing or str(path) in asset.paths:
                return asset
            elsewhere = elsewhere or asset
    return elsewhere if moved else None


def patch(client: Client, asset_id: str, change: dict[str, Any]) -> AssetView:
    return msgspec.convert(client.patch(f"/assets/{part(asset_id)}", change), AssetView)


def remove(client: Client, what: Named, *, with_file: bool) -> list[str]:
    """Of what was named by a path, that path alone, and its sound with its last one. Returns where the sound still
    stands."""
    address, path = f"/assets/{part(what.asset.id)}", what.path and str(what.path)
    client.delete(address, {"file": 1 if with_file else None, "path": path})
    return [] if path is None else [each for each in what.asset.paths if each != path]


def user_tags(asset: AssetView, add: Sequence[str], take: Sequence[str]) -> list[str]:
    """The user's own tags after a change, in their order."""
    own = [tag.label for tag in asset.tags if tag.origin == "user"]
    return [label for label in dict.fromkeys([*own, *add]) if label not in take]


def class_change(asset: AssetView, label: str, *, off: bool) -> dict[str, Any]:
    """Of a change what says that it is `label`; off: that it is not, which takes back what the user said before.

    Raises BadParameter when the user did not say that.
    """
    if not off:
        return {"class": label}
    own = asset.label if asset.meta.get("class_by_user") else None
    if own is None or own.casefold() != label.strip().casefold():
        hint = "Its class is roadie's own word" if own is None else f"You said that it is {own}"
        raise BadParameter("you did not say that it is that", where=label, hint=hint)
    return {"class": None}
