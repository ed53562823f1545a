"""Names that every file system takes, and paths that stay where they were put."""

from __future__ import annotations

import os
import re
import unicodedata
from collections.abc import Collection
from pathlib import Path

from daemon.kernel.errors import Forbidden

MAX_NAME_BYTES = 200
"""Of `_LONGEST_BYTES`, so that " (2)" and the like still fit."""
_LONGEST_BYTES = 255  # that file systems allow

# Windows refuses these; `/` and NUL are refused everywhere. Bidirectional controls make a name read as another.
_REFUSED = re.compile(r'[<>:"/\\|?*\x00-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069\ufeff\ud800-\udfff]+')
_RESERVED = re.compile(r"(?:con|prn|aux|nul|conin\$|conout\$|(?:com|lpt)[0-9¹²³])\s*(?:\.|$)", re.IGNORECASE)
_EDGES = " .\t\u00a0"


def safe_name(text: str, suffix: str = "", max_bytes: int = MAX_NAME_BYTES) -> str:
    """One path component made of `text`, for Linux, macOS and Windows alike.

    In Unicode's NFC; without characters that some system refuses; never reserved, hidden or empty; ending neither
    in a dot nor a space; with `suffix` (".wav", kept whole) at most `max_bytes` (16 or more) long in UTF-8.
    """
    name = unicodedata.normalize("NFC", _REFUSED.sub("_", text)).strip(_EDGES)
    if _RESERVED.match(name):
        name = f"_{name}"
    name = _cut(name, max_bytes - len(suffix.encode())).strip(_EDGES)
    return (name or "untitled") + suffix


def with_ending(name: str, ending: str) -> str:
    """`name` and `ending` (" notes.json") behind it; `name` is cut where file systems would not take both."""
    return _cut(name, _LONGEST_BYTES - len(ending.encode())) + ending


def numbered(path: Path, number: int) -> Path:
    """The `number`-th name for a path whose name is taken: "kick (2).wav". The first is the path itself."""
    if number == 1:
        return path
    return path.with_name(with_ending(path.stem, f" ({number}){path.suffix}"))


def first_free(wanted: Path, taken: Collection[Path]) -> Path:
    """The path, or "name (2)" and so on when something stands there or it is among `taken`. Blocking (the disk)."""
    number = 1
    while os.path.lexists(path := numbered(wanted, number)) or path in taken:
        number += 1
    return path


def inside(root: Path, path: Path) -> Path:
    """`path` (below `root` when relative) with links and dots resolved. Raises Forbidden when it leaves `root`."""
    resolved = (root / path).resolve()
    if not resolved.is_relative_to(root.resolve()):
        raise Forbidden("the path leads out of its folder", where=path, hint=f"Name a path below {root}")
    return resolved


def _cut(text: str, max_bytes: int) -> str:
    """The longest beginning of `text` that is at most `max_bytes` in UTF-8 (or in the file system's bytes)."""
    data = text.encode("utf-8", "surrogateescape")
    if len(data) <= max_bytes:
        return text
    return data[:max_bytes].decode("utf-8", "ignore")
