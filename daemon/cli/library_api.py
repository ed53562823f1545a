"""The library over HTTP, typed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec

from daemon.cli.client import Client, part
from daemon.cli.output import duration
from daemon.cli.request import absolute
from daemon.kernel.errors import BadParameter, NotFound
from daemon.services.types import AssetView, DuplicateGroup, ExportRequest, JobAck, Page, StatsView
from daemon.services.types_alike import NearDuplicates
from daemon.services.types_duplicates import DuplicatesPlan, DuplicatesRequest
from daemon.services.types_learn import Forgotten
from daemon.services.types_tags import WriteTagsRequest

PAGE = 200
_LONG_S = 10.0  # from here on a length is told as minutes and seconds


@dataclass(frozen=True, slots=True)
class Filters:
    """What `roadie search` was given. bpm: "120" or "118..124". length: seconds, "0.5" at most, or "1..4"."""

    text: str = ""
    tag: str | None = None
    kind: str | None = None
    label: str | None = None
    bpm: str | None = None
    key: str | None = None
    compatible: bool = False
    length: str | None = None
    rating: int | None = None
    folder: Path | None = None
    source: str | None = None

    def to_query(self) -> dict[str, object]:
        """As parameters of GET /assets and GET /facets. Raises BadParameter."""
        bpm_min, bpm_max = (None, None) if self.bpm is None else parse_bpm(self.bpm)
        length_min, length_max = (None, None) if self.length is None else parse_length(self.length)
        return {
            "compatible": "true" if self.compatible else None,
            "length_min": length_min,
            "length_max": length_max,
            "rating_min": self.rating,
            "folder": None if self.folder is None else str(absolute(self.folder)),
            "source": self.source,
            "q": self.text or None,
            "tag": self.tag,
            "kind": self.kind,
            "class": self.label,
            "bpm_min": bpm_min,
            "bpm_max": bpm_max,
            "key": self.key,
        }


def parse_bpm(text: str) -> tuple[float | None, float | None]:
    """ "118..124", "118..", "..124"; a single tempo means half a beat per minute to either side."""
    low, dots, high = text.partition("..")
    try:
        if not dots:
            return float(low) - 0.5, float(low) + 0.5
        return float(low) if low else None, float(high) if high else None
    except ValueError as error:
        raise BadParameter(
            "--bpm is not a tempo or a range", where=text, hint="For example --bpm 118..124"
        ) from error


def parse_length(text: str) -> tuple[float | None, float | None]:
    """ "1..4", "1..", "..4" in seconds; a single length is the longest."""
    low, dots, high = text.partition("..")
    try:
        if not dots:
            return None, float(low)
        return float(low) if low else None, float(high) if high else None
    except ValueError as error:
        raise BadParameter(
            "--length is not a length or a range of seconds", where=text, hint="For example --length 0.2..1.5"
        ) from error


def sound(client: Client, name: str) -> str:
    """What `like` is asked with: a file by its absolute path, else an asset's id. Raises NotFound, Refused."""
    path = absolute(Path(name))
    return str(path) if path.is_file() else find(client, name).id


def facets(client: Client, query: Mapping[str, object]) -> dict[str, dict[str, int]]:
    return msgspec.convert(client.get("/facets", query), dict[str, dict[str, int]])


def assets(client: Client, query: Mapping[str, object], limit: int | None = None) -> Iterator[AssetView]:
    """What the query finds, page by page, at most `limit`."""
    cursor: str | None = None
    left = limit
    while left is None or left > 0:
        asked = {**query, "cursor": cursor, "limit": PAGE if left is None else min(left, PAGE)}
        page = msgspec.convert(client.get("/assets", asked), Page[AssetView])
        yield from page.items
        left = None if left is None else left - len(page.items)
        cursor = page.next_cursor
        if cursor is None:
            return


def row(asset: AssetView, by_sound: bool = False, folder: Path | None = None) -> tuple[object, ...]:
    """A line of `roadie search`. folder: where was searched; of several copies the one below it is shown."""
    bpm = None if asset.bpm is None else f"{asset.bpm:g}"
    inside = (
        () if folder is None else (path for path in asset.paths if Path(path).is_relative_to(absolute(folder)))
    )
    path = next(iter(inside), asset.path)
    where = f"{path} (missing)" if asset.missing else path
    sure = None if asset.confidence is None or asset.label is None else f"{asset.confidence:.0%}"
    like = (None if asset.likeness is None else f"{asset.likeness:.2f}",) if by_sound else ()
    return asset.label, sure, asset.kind, bpm, asset.key, brief(asset.length_s), *like, where


def brief(length_s: float | None) -> str | None:
    """A length as it is shown of sounds: of a hit the hundredths count."""
    return f"{length_s:.2f} s" if length_s is not None and length_s < _LONG_S else duration(length_s)


def count_rows(counts: Mapping[str, Mapping[str, int]]) -> Iterator[tuple[object, ...]]:
    """Lines of `roadie search --facets`."""
    for facet, values in counts.items():
        for value, number in values.items():
            yield facet, value, number


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
    cursor: str | None = None
    while True:
        found = client.get("/near-duplicates", {"cursor": cursor, "limit": PAGE})
        page = msgspec.convert(found, Page[NearDuplicates])
        yield from page.items
        cursor = page.next_cursor
        if cursor is None:
            return


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
    """The asset that an id or a file's path names. Raises NotFound, Refused."""
    path = absolute(Path(name))
    if not path.exists():
        return msgspec.convert(client.get(f"/assets/{part(name)}"), AssetView)
    words = (
        path.stem if any(map(str.isalnum, path.stem)) else None
    )  # a name of signs alone has none to search for
    for asset in assets(client, {"q": words, "folder": str(path.parent)}):
        if str(path) in asset.paths:
            return asset
    raise NotFound(
        "the library does not know this file", where=path, hint="`roadie library scan` its folder first"
    )


def patch(client: Client, asset_id: str, change: dict[str, Any]) -> AssetView:
    return msgspec.convert(client.patch(f"/assets/{part(asset_id)}", change), AssetView)


def remove(client: Client, asset_id: str, *, with_file: bool) -> None:
    client.delete(f"/assets/{part(asset_id)}", {"file": 1 if with_file else None})


def user_tags(asset: AssetView, add: Sequence[str], take: Sequence[str]) -> list[str]:
    """The user's own tags after a change, in their order."""
    own = [tag.label for tag in asset.tags if tag.origin == "user"]
    return [label for label in dict.fromkeys([*own, *add]) if label not in take]
