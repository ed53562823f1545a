"""Settings as lines."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any


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
