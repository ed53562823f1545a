"""Watched folders over HTTP, typed, and told to a person."""

from __future__ import annotations

from pathlib import Path

import msgspec

from daemon.cli.client import Client
from daemon.cli.output import print_json, print_table
from daemon.services.types_watch import WatchView


def view(client: Client) -> WatchView:
    return msgspec.convert(client.get("/watch"), WatchView)


def add(client: Client, folder: Path, role: str) -> WatchView:
    return msgspec.convert(client.post("/watch", {"path": str(folder), "role": role}), WatchView)


def remove(client: Client, folder: Path) -> WatchView:
    return msgspec.convert(client.delete("/watch", {"path": str(folder)}), WatchView)


def rescan(client: Client) -> WatchView:
    return msgspec.convert(client.post("/watch/rescan"), WatchView)


def tell(found: WatchView, as_json: bool) -> None:
    if as_json:
        print_json(found)
        return
    rows = [
        (each.path, each.role, "looked at" if each.polled else "told", each.problem or each.reason or "well")
        for each in found.folders
    ]
    print_table(
        ("folder", "as", "changes are", "how it goes"),
        rows,
        "No folder is watched. `roadie watch add DIR` does.",
    )
    if found.waiting or found.arriving:
        print(f"{found.waiting} files do not count yet, {found.arriving} folders are being copied in.")
    shown = sum(each.placeholders for each in found.folders)
    if shown:
        print(f"{shown} files are only shown by a cloud service; they count once they are downloaded.")
    for problem in found.problems[-10:]:
        print(problem)
