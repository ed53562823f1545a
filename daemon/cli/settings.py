"""Settings as lines, and changes to them in the file and in a running daemon."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from daemon.cli.find import running
from daemon.config import load_settings
from daemon.kernel.errors import DiskError


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


def store(path: Path, key: str, value: Any) -> None:
    """Put one setting into the file, keeping the rest of it, comments as well, as it is. Raises DiskError."""
    import tomlkit

    try:
        document = tomlkit.parse(path.read_text("utf-8")) if path.exists() else tomlkit.document()
        table: Any = document
        *tables, last = key.split(".")
        for name in tables:
            if name not in table:
                table[name] = tomlkit.table()
            table = table[name]
        table[last] = value
        path.parent.mkdir(parents=True, exist_ok=True)
        draft = path.with_name(f".{path.name}.{os.getpid()}")
        draft.write_text(tomlkit.dumps(document), "utf-8")
        draft.replace(path)
    except OSError as error:
        raise DiskError("the settings cannot be written", where=path, why=error.strerror) from error


def tell_running(environ: Mapping[str, str], key: str, value: Any) -> bool:
    """Change it in the daemon that runs, if it can; whether it is in force now for whoever asks next."""
    client = running(load_settings(environ).runtime_path)
    if client is None:
        return True
    if key not in client.get("/settings")["changeable"]:
        return False
    client.patch("/settings", {"values": {key: value}})
    return True
