"""What scans found: one small JSON file for each plug-in file, written as soon as something is known of it.

Before a plug-in is tried its file says so, and it stays blacklisted if nothing comes after that. Only the daemon
writes here. Raises DiskError for what the disk refuses.
"""

from __future__ import annotations

import hashlib
import os
import shlex
import threading
from pathlib import Path
from typing import Literal

import msgspec

from daemon.chains.plugins.binary import Fingerprint, quick_look
from daemon.kernel.errors import DiskError, InputError
from daemon.kernel.types import Json
from daemon.kernel.work import PluginUse

State = Literal["trying", "ok", "broken", "quarantined"]
IN_A_ROW, IN_ALL = 3, 10
"""So many failures without a good sound between them, or in all since it was last scanned, quarantine a plug-in."""


class ParameterView(msgspec.Struct, frozen=True, kw_only=True):
    """name: as chains write it. kind: number (low to high in `unit`), choice (one of `choices`) or switch."""

    name: str
    title: str
    kind: Literal["number", "choice", "switch"]
    unit: str = ""
    low: float | None = None
    high: float | None = None
    choices: list[str] = []
    default: Json = None


class PresetView(msgspec.Struct, frozen=True, kw_only=True):
    """A .vstpreset file that stands where the system keeps them for this plug-in."""

    name: str
    path: str


class Described(msgspec.Struct, frozen=True, kw_only=True):
    """One plug-in of a file. latency_frames: as reported. measured_frames: where the answer to an impulse has its
    peak, None when that says nothing (an instrument, a reverb, silence). class_id: what its .vstpreset files begin
    with, "" where it is not known."""

    id: str
    name: str
    vendor: str
    version: str
    category: str
    instrument: bool
    latency_frames: int
    measured_frames: int | None = None
    class_id: str = ""
    parameters: list[ParameterView] = []
    presets: list[PresetView] = []
    error: str | None = None


class Entry(msgspec.Struct, frozen=True, kw_only=True):
    """One plug-in file. done, failed, in_a_row: how renders went since it was scanned."""

    path: str
    format: str
    state: State
    reason: str = ""
    fingerprint: Fingerprint = Fingerprint(0, 0)
    plugins: list[Described] = []
    scanned_at: float = 0.0
    done: int = 0
    failed: int = 0
    in_a_row: int = 0


class Catalogue:
    """Blocking: small files. For several threads: what writes waits for the other, so that no count is lost."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._writes = threading.RLock()

    def entries(self) -> list[Entry]:
        """By path. A file that cannot be read counts as not there: the next scan writes it anew."""
        found = [entry for path in sorted(self._folder.glob("*.json")) if (entry := _read(path)) is not None]
        return sorted(found, key=lambda entry: entry.path)

    def get(self, path: Path) -> Entry | None:
        return _read(self._file(str(path)))

    def put(self, entry: Entry) -> None:
        with self._writes:
            self._put(entry)

    def _put(self, entry: Entry) -> None:
        file = self._file(entry.path)
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            new = file.with_suffix(".new")
            with new.open("wb") as out:
                out.write(msgspec.json.encode(entry))
                out.flush()
                # Blacklisted must mean blacklisted, also when the machine goes down with it.
                os.fsync(out.fileno())
            new.replace(file)
        except OSError as error:
            raise DiskError(
                "what is known of a plug-in cannot be kept", where=file, why=error.strerror
            ) from error

    def remove(self, path: str) -> None:
        self._file(path).unlink(missing_ok=True)

    def note(self, use: PluginUse) -> Entry | None:
        """Count how a plug-in did; repeated failures quarantine it. Returns its entry when that has just happened."""
        with self._writes:
            return self._note(use)

    def _note(self, use: PluginUse) -> Entry | None:
        entry = self.get(Path(use.file))
        if entry is None:
            return None
        row = use.in_a_row if use.done else entry.in_a_row + use.in_a_row
        entry = msgspec.structs.replace(
            entry, done=entry.done + use.done, failed=entry.failed + use.failed, in_a_row=row
        )
        too_often = entry.in_a_row >= IN_A_ROW or entry.failed >= IN_ALL
        if use.failed and too_often and entry.state == "ok":
            reason = (
                f"it failed {entry.failed} times in renders, {entry.in_a_row} of them in a row; last: {use.why}"
            )
            entry = msgspec.structs.replace(entry, state="quarantined", reason=reason)
            self.put(entry)
            return entry
        self.put(entry)
        return None

    def _file(self, path: str) -> Path:
        return (
            self._folder
            / f"{hashlib.blake2b(path.encode('utf-8', 'surrogateescape'), digest_size=12).hexdigest()}.json"
        )


def how_to_try_again(file: str) -> str:
    """A hint for a plug-in that is not tried any more."""
    return f"`roadie plugins check {shlex.quote(file)}` tries it again"


def unchanged(entry: Entry) -> bool:
    """Whether the file looks as it did when it was scanned."""
    try:
        now = quick_look(Path(entry.path))
    except (InputError, OSError):
        return False
    return (now.size_bytes, now.mtime_ns) == (entry.fingerprint.size_bytes, entry.fingerprint.mtime_ns)


def _read(path: Path) -> Entry | None:
    try:
        return msgspec.json.decode(path.read_bytes(), type=Entry)
    except (OSError, msgspec.MsgspecError):
        return None
