"""Settings as lines, and changes to them in a running daemon."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from daemon.cli.find import running
from daemon.config import load_settings


def flat(values: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, str]]:
    """("http.port", "7700") for every setting, in order; a TOML path as one writes it in `config set`."""
    for key, value in values.items():
        if isinstance(value, Mapping):
            yield from flat(value, f"{prefix}{key}.")
        else:
            yield f"{prefix}{key}", as_toml(value)


def as_toml(value: Any) -> str:
    """As it would stand in the file; JSON writes these values as TOML does."""
    return "not set" if value is None else json.dumps(value, ensure_ascii=False)


def tell_running(environ: Mapping[str, str], key: str, value: Any) -> bool:
    """Change it in the daemon that runs, if it can; whether it is in force now for whoever asks next."""
    client = running(load_settings(environ).runtime_path)
    if client is None:
        return True
    if key not in client.get("/settings")["changeable"]:
        return False
    client.patch("/settings", {"values": {key: value}})
    return True
