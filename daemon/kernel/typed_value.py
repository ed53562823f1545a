"""What a person types for a parameter: 3 is a number, true a truth, [1, 2] a list, htdemucs a text."""

from __future__ import annotations

import tomllib
from typing import Any

LONGEST = 4096
"""Characters that are read as anything but text: TOML's reader takes quadratic time."""
_INT64 = 2**63


def typed_value(text: str) -> Any:
    """As TOML has it; what TOML does not know, or nothing else here can hold, is text."""
    if len(text) > LONGEST:
        return text
    try:
        parsed = tomllib.loads(f"value = {text}")
        whole = list(parsed) == ["value"] and fits(parsed["value"])
    except (ValueError, RecursionError):  # no TOML, or more digits or brackets than Python reads
        return text
    return parsed["value"] if whole else text


def fits(value: Any) -> bool:
    """Whether every whole number in it has at most 64 bits, which is what JSON readers and the library hold."""
    if isinstance(value, dict):
        return all(map(fits, value.values()))
    if isinstance(value, list):
        return all(map(fits, value))
    return not isinstance(value, int) or -_INT64 <= value < _INT64
