"""The manifest that makes a folder of files an installed model, and the hashes in it."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Iterable
from pathlib import Path

import msgspec

NAME = "manifest.json"
_BLOCK_BYTES = 1 << 20


class Recorded(msgspec.Struct, frozen=True):
    """A file as it was when it was hashed. name: path below the model's folder, `/`-separated."""

    name: str
    size_bytes: int
    mtime_ns: int
    sha256: str


class Manifest(msgspec.Struct, frozen=True):
    """Written last, so a folder without one is not a model. trusted: a pickle checkpoint may be loaded."""

    name: str
    engine: str
    task: str
    licence: str
    licence_note: str
    source: str
    files: tuple[Recorded, ...]
    trusted: bool = False
    about: str = ""

    @property
    def sha256(self) -> str:
        """One hash over the names and contents of all files, whatever their order."""
        return digest((file.name, file.sha256) for file in self.files)

    @property
    def size_bytes(self) -> int:
        return sum(file.size_bytes for file in self.files)


def digest(files: Iterable[tuple[str, str]]) -> str:
    """sha256 over sorted lines of name, NUL, sha256."""
    lines = "".join(f"{name}\0{sha256}\n" for name, sha256 in sorted(files))
    return hashlib.sha256(lines.encode()).hexdigest()


def record(folder: Path, name: str, on_bytes: Callable[[int], None] | None = None) -> Recorded:
    """Hash one file of a model's folder. `on_bytes` hears of every block read and may raise to stop."""
    path = folder / name
    before = path.stat()
    return Recorded(name, before.st_size, before.st_mtime_ns, sha256_of(path, on_bytes))


def sha256_of(path: Path, on_bytes: Callable[[int], None] | None = None) -> str:
    state = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(_BLOCK_BYTES):
            state.update(block)
            if on_bytes is not None:
                on_bytes(len(block))
    return state.hexdigest()


def read(folder: Path) -> Manifest | None:
    """None when the folder holds no readable manifest."""
    try:
        return msgspec.json.decode((folder / NAME).read_bytes(), type=Manifest)
    except (FileNotFoundError, NotADirectoryError, msgspec.MsgspecError):
        return None


def write(folder: Path, manifest: Manifest) -> None:
    """Replace the manifest in one step."""
    draft = folder / f"{NAME}.new"
    with draft.open("wb") as file:
        file.write(msgspec.json.format(msgspec.json.encode(manifest), indent=2))
        file.flush()
        os.fsync(file.fileno())
    draft.replace(folder / NAME)


def refreshed(folder: Path, manifest: Manifest) -> Manifest | None:
    """The manifest when every file still has the content it lists, None otherwise.

    A file of unchanged size and time is taken at its word; another one is hashed again, and when only its time
    was new the manifest is written anew so that this happens once.
    """
    try:
        now = tuple(_now(folder, file) for file in manifest.files)
    except OSError:
        return None
    if any(new.sha256 != old.sha256 for new, old in zip(now, manifest.files, strict=True)):
        return None
    if now == manifest.files:
        return manifest
    current = msgspec.structs.replace(manifest, files=now)
    write(folder, current)
    return current


def _now(folder: Path, old: Recorded) -> Recorded:
    stat = (folder / old.name).stat()
    if (stat.st_size, stat.st_mtime_ns) == (old.size_bytes, old.mtime_ns):
        return old
    return record(folder, old.name)
