"""Kits over HTTP, typed."""

from __future__ import annotations

import msgspec

from daemon.cli.client import Client, part
from daemon.kernel.errors import NotFound
from daemon.services.types_kits import KitView


def listed(client: Client) -> list[KitView]:
    return msgspec.convert(client.get("/kits")["items"], list[KitView])


def named(client: Client, name: str) -> KitView:
    """A kit by its name or id. Raises NotFound with the names there are."""
    found = listed(client)
    for kit in found:
        if name in (kit.id, kit.name):
            return kit
    known = ", ".join(kit.name for kit in found) or "none yet"
    raise NotFound(f"there is no kit {name!r}", hint=f"Kits: {known}")


def make(
    client: Client, name: str, job: str | None, collection: str | None, per_class: int, layers: bool
) -> KitView:
    body = {"name": name, "job": job, "collection": collection, "per_class": per_class, "layers": layers}
    return msgspec.convert(client.post("/kits", body), KitView)


def remove(client: Client, name: str) -> None:
    client.delete(f"/kits/{part(named(client, name).id)}")
