"""What roadie puts into another program's folders, and how exactly that is taken back.

A record in roadie's home is written before the first file: what stands at each path afterwards (by hash), and a copy
of what stood there before. An installation that was cut short can therefore be installed again, or taken back.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

import msgspec

from daemon.files.disk import Disk
from daemon.files.errors import disk_errors
from daemon.files.installable import Change, Done, Plan
from daemon.files.staging import first_missing, make_folders, prune_folders
from daemon.kernel.errors import Conflict


class _Entry(msgspec.Struct, frozen=True):
    """path; sha256 of what roadie left there; edits: see Change; before: name of the copy of what stood there, None
    for nothing; made: topmost folder made for it."""

    path: str
    sha256: str
    edits: bool
    before: str | None
    made: str | None


class _Record(msgspec.Struct, frozen=True):
    name: str
    folder: str
    entries: list[_Entry]
    undo_commands: list[list[str]]


@dataclass(frozen=True, slots=True)
class Installed:
    """An installation that stands. file: its record."""

    name: str
    folder: Path
    undo_commands: tuple[tuple[str, ...], ...]
    file: Path


class Installations:
    """All that roadie has installed. records: the folder of the records, in roadie's home. All methods block."""

    def __init__(self, records: Path, disk: Disk | None = None) -> None:
        self._records = records
        self._disk = disk or Disk()

    def standing(self, name: str, folder: Path | None = None) -> list[Installed]:
        """Installations of one name, or only the one in `folder`."""
        found = []
        for file in sorted(self._records.glob(f"{name}-*.json")):
            record = _read(file)
            if record.name == name and (folder is None or Path(record.folder) == folder):
                commands = tuple(tuple(each) for each in record.undo_commands)
                found.append(Installed(name, Path(record.folder), commands, file))
        return found

    def folders(self, name: str) -> list[Path]:
        """The programs' folders that one name is installed in."""
        return [each.folder for each in self.standing(name)]

    def install(self, name: str, plan: Plan, without: Callable[[Path, bytes], bytes]) -> Done:
        """Write what is not there yet; what an earlier version wrote and this one does not is taken back.

        Raises Conflict, and writes nothing, where something else stands at a path of roadie's own.
        """
        file = self._file(name, plan.folder)
        known = {each.path: each for each in _read(file).entries} if file.exists() else {}
        for change in plan.changes:
            self._refuse_foreign(change, known.get(str(change.path)))
        entries = [self._entry(file, change, known.get(str(change.path)), without) for change in plan.changes]
        wanted = {each.path for each in entries}
        left = [each for path, each in known.items() if path not in wanted]
        record = _Record(name, str(plan.folder), [*entries, *left], [list(each) for each in plan.undo_commands])
        self._store(file, record)
        written = []
        for change in plan.changes:
            if _content(change.path) != change.content:
                self._put(change.path, change.content)
                written.append(change.path)
        removed, restored, kept = self._take_back(file, left, without)
        self._store(file, msgspec.structs.replace(record, entries=entries))
        return Done(tuple(written), tuple(removed), tuple(restored), tuple(kept))

    def uninstall(self, installed: Installed, without: Callable[[Path, bytes], bytes]) -> Done:
        """Everything as it was before, to the byte where nobody changed it since; roadie's part taken out of what
        somebody did change."""
        record = _read(installed.file)
        removed, restored, kept = self._take_back(installed.file, record.entries, without)
        backups = self._backups(installed.file)
        for copy in backups.glob("*") if backups.is_dir() else ():
            self._disk.remove(copy)
        self._disk.remove_folder(backups)
        self._disk.remove(installed.file)
        return Done(removed=tuple(removed), restored=tuple(restored), kept=tuple(kept))

    def _refuse_foreign(self, change: Change, known: _Entry | None) -> None:
        there = _content(change.path)
        if change.edits or there is None or there == change.content:
            return
        if known is None or _sha256(there) != known.sha256:
            why = "it was changed since it was installed" if known else "it is not roadie's"
            raise Conflict(
                "another file stands there", where=change.path, why=why, hint="Move it away, and install again"
            )

    def _entry(
        self, file: Path, change: Change, known: _Entry | None, without: Callable[[Path, bytes], bytes]
    ) -> _Entry:
        there = _content(change.path)
        before, made = (known.before, known.made) if known else (None, None)
        unchanged = known is not None and there is not None and _sha256(there) == known.sha256
        if change.edits and there is not None and not unchanged:
            before = self._keep(file, change.path, without(change.path, there))
        if known is None:
            missing = first_missing(change.path.parent)
            made = None if missing is None else str(missing)
        return _Entry(str(change.path), _sha256(change.content), change.edits, before, made)

    def _take_back(
        self, file: Path, entries: Iterable[_Entry], without: Callable[[Path, bytes], bytes]
    ) -> tuple[list[Path], list[Path], list[tuple[Path, str]]]:
        removed: list[Path] = []
        restored: list[Path] = []
        kept: list[tuple[Path, str]] = []
        listed = list(entries)
        for entry in reversed(listed):
            path = Path(entry.path)
            there = _content(path)
            if there is None:
                continue
            mine = _sha256(there) == entry.sha256
            if not entry.edits and not mine:
                kept.append((path, "it was changed since"))
                continue
            before = None if entry.before is None else (self._backups(file) / entry.before).read_bytes()
            wanted = before if mine else without(path, there)
            if wanted is None or (entry.before is None and not wanted.strip()):
                with disk_errors(path):
                    self._disk.remove(path)
                    self._disk.sync_folder(path.parent)
                removed.append(path)
            elif wanted != there:
                self._put(path, wanted)
                restored.append(path)
        made = [Path(each.made) for each in listed if each.made is not None]
        prune_folders(
            self._disk,
            lambda folder: any(folder.is_relative_to(root) for root in made),
            [Path(each.path) for each in listed],
        )
        return removed, restored, kept

    def _keep(self, file: Path, path: Path, content: bytes) -> str:
        name = f"{_sha256(str(path).encode())[:12]}-{path.name}"
        self._put(self._backups(file) / name, content)
        return name

    def _put(self, path: Path, content: bytes) -> None:
        """A whole file or none: written beside its place, made durable, renamed."""
        with disk_errors(path):
            make_folders(self._disk, path.parent)
            # A link to the real file elsewhere (dotfiles under version control) stays a link.
            real = path.resolve() if path.is_symlink() else path
            mode = real.stat().st_mode & 0o7777 if real.exists() else None
            draft = real.with_name(f".{real.name}.roadie-{os.getpid()}")
            self._disk.remove(draft)
            self._disk.write(draft, [content])
            if mode is not None:
                draft.chmod(mode)
            self._disk.sync_file(draft)
            self._disk.replace(draft, real)
            self._disk.sync_folder(real.parent)

    def _store(self, file: Path, record: _Record) -> None:
        self._put(file, msgspec.json.format(msgspec.json.encode(record), indent=1))

    def _file(self, name: str, folder: Path) -> Path:
        return self._records / f"{name}-{_sha256(str(folder).encode())[:12]}.json"

    def _backups(self, file: Path) -> Path:
        return file.with_suffix("")


def _read(file: Path) -> _Record:
    return msgspec.json.decode(file.read_bytes(), type=_Record)


def _content(path: Path) -> bytes | None:
    """None when nothing stands there. Raises DiskError for what cannot be read."""
    with disk_errors(path):
        try:
            return path.read_bytes()
        except FileNotFoundError:
            return None


def _sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
