"""Models over HTTP, typed."""

from __future__ import annotations

from pathlib import Path

import msgspec

from daemon.cli.client import Client, part
from daemon.cli.output import size, wrapped
from daemon.kernel.errors import NotFound
from daemon.services.types_jobs import JobAck
from daemon.services.types_system import ModelView


def listed(client: Client) -> list[ModelView]:
    return msgspec.convert(client.get("/models")["items"], list[ModelView])


def named(client: Client, name: str) -> ModelView:
    """Raises NotFound with the names there are."""
    found = listed(client)
    for model in found:
        if model.name == name:
            return model
    raise NotFound(f"there is no model {name!r}", hint="Models: " + ", ".join(model.name for model in found))


def pull(client: Client, name: str) -> JobAck:
    return msgspec.convert(client.post(f"/models/{part(name)}/pull"), JobAck)


def add(client: Client, name: str, path: Path, *, trusted: bool) -> ModelView:
    body = {"name": name, "path": str(path), "trusted": trusted}
    return msgspec.convert(client.post("/models", body), ModelView)


def remove(client: Client, name: str) -> None:
    client.delete(f"/models/{part(name)}")


def presence(model: ModelView) -> str:
    if model.bundled:
        return "comes with roadie"
    return "yes" if model.installed else "no"


def facts(model: ModelView) -> list[str]:
    """What a person should know before installing."""
    told = [f"{model.name}: {model.about}", f"  from {model.source}, {size(model.size_bytes)}"]
    return [*told, f"  licence: {model.licence}", *wrapped(model.licence_note or "", "    ")]
