"""`roadie.json`: how each file of a folder came to be, for whoever finds the folder without roadie."""

from __future__ import annotations

import hashlib
import json
from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec

from daemon.jobs.targets import DeliverItem
from daemon.kernel.types import Json

NAME = "roadie.json"
FORMAT = "roadie-provenance"
VERSION = 1

Entry = dict[str, Any]


def sidecars(items: Sequence[DeliverItem], placed: Sequence[Path], now: datetime) -> dict[Path, str]:
    """The text of `roadie.json` for every folder that a file was placed in. Reads what was placed, and what stands.

    placed: where each item is now, in order. Entries of files that are no longer there are left out.
    """
    folders: dict[Path, dict[str, Entry]] = defaultdict(dict)
    for item, path in zip(items, placed, strict=True):
        folders[path.parent][path.name] = _entry(item, path, now)
    texts = {}
    for folder, fresh in folders.items():
        path, standing = _standing(folder)
        texts[path] = _text(_merged(standing, fresh, folder))
    return texts


def after_removal(removed: Sequence[Path]) -> dict[Path, str | None]:
    """The text of every `roadie.json` that names a removed file, without it; None when it would name none."""
    texts: dict[Path, str | None] = {}
    for folder in {path.parent for path in removed if path.parent.is_dir()}:
        path, standing = _standing(folder)
        left = {name: entry for name, entry in standing.items() if (folder / name).exists()}
        if left != standing:
            texts[path] = _text(left) if left else None
    return texts


def _entry(item: DeliverItem, path: Path, now: datetime) -> Entry:
    with path.open("rb") as file:
        sha256 = hashlib.file_digest(file, "sha256").hexdigest()
    return {
        "kind": item.kind.value,
        "asset": item.asset,
        "sha256": sha256,
        "made_at": now.astimezone(UTC).isoformat(timespec="seconds"),
        **item.provenance,
        "meta": dict(item.meta),
    }


def _merged(standing: Mapping[str, Entry], fresh: Mapping[str, Entry], folder: Path) -> dict[str, Entry]:
    """Delivered again, a file keeps the time at which it was made."""
    kept = {name: entry for name, entry in standing.items() if name not in fresh and (folder / name).exists()}
    for name, entry in fresh.items():
        before = standing.get(name)
        same = (
            before is not None
            and before.get("sha256") == entry["sha256"]
            and before.get("job") == entry.get("job")
        )
        kept[name] = (
            {**entry, "made_at": before["made_at"]} if same and before and "made_at" in before else entry
        )
    return kept


def _standing(folder: Path) -> tuple[Path, dict[str, Entry]]:
    """Where this folder's provenance goes, and what it holds. A file of that name that is not ours is left alone."""
    count = 1
    while True:
        path = folder / (NAME if count == 1 else f"roadie-{count}.json")
        if not path.exists():
            return path, {}
        files = _ours(path)
        if files is not None:
            return path, files
        count += 1


def _ours(path: Path) -> dict[str, Entry] | None:
    try:
        found: Json = _decoded(path.read_bytes())
    except (ValueError, IsADirectoryError):
        return None
    if not isinstance(found, dict) or found.get("format") != FORMAT or found.get("version") != VERSION:
        return None
    files = found.get("files")
    if not isinstance(files, dict) or not all(isinstance(entry, dict) for entry in files.values()):
        return None
    return {name: dict(entry) for name, entry in files.items() if isinstance(entry, dict)}


def _text(files: Mapping[str, Entry]) -> str:
    """By msgspec where it can: json holds the interpreter for long, where a folder has hundreds of files. A measure
    that is no number is null, as not known."""
    document = {"format": FORMAT, "version": VERSION, "files": dict(sorted(files.items()))}
    try:
        return msgspec.json.format(msgspec.json.encode(document), indent=1).decode("utf-8") + "\n"
    except UnicodeEncodeError:
        text = json.dumps(document, ensure_ascii=False, indent=1, allow_nan=False) + "\n"
        # A path that is no UTF-8 holds lone surrogates; \udcXX is both how Python shows and how JSON writes them.
        return text.encode("utf-8", "backslashreplace").decode("utf-8")


def _decoded(data: bytes) -> Any:
    """Raises ValueError."""
    try:
        return msgspec.json.decode(data)
    except msgspec.DecodeError:
        return json.loads(data)  # which knows lone surrogates
