"""What the journal does to the disk for one intent, past a failpoint on either side of each step that counts."""

from __future__ import annotations

import errno
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from daemon.files.disk import Disk, blocks
from daemon.files.intent import Intent
from daemon.files.points import passing
from daemon.files.rewritable import refusal
from daemon.files.rewriting import literal
from daemon.files.staging import clear_staging, make_folders, staged, sync_folders
from daemon.kernel.errors import PathTaken, SourceChanged


class NameTaken(PathTaken):
    """Someone took the name between the look and the rename."""


class Writer:
    """What is done is durable when a method returns. Where one raises, `daemon.files.reconcile` finds by hash how far
    it came."""

    def __init__(self, disk: Disk) -> None:
        self._disk = disk

    def write_new(self, verb: str, intent: Intent, source: Path) -> None:
        """A new file with the content of `source`. Raises NameTaken, SourceChanged, OSError."""
        part = self._write_part(verb, intent, blocks(source))
        with passing(verb, "rename"):
            try:
                self._disk.rename_new(part, intent.path)
            except FileExistsError as error:
                raise NameTaken("something else stands there", where=intent.path) from error
        self._finish(verb, intent)

    def write_over(self, intent: Intent, content: bytes) -> None:
        """A file in the place of the one that stands there, if one does. Raises OSError."""
        part = self._write_part("replace", intent, [content])
        with passing("replace", "rename"):
            self._disk.replace(part, intent.path)
        self._finish("replace", intent)

    def rewrite(self, intent: Intent, content: Callable[[], Iterator[bytes]]) -> None:
        """Another content for a file, whose own goes into the intent's backup. Raises SourceChanged, OSError, and
        DiskPermission or HardLinked for a file that must stay as it is."""
        if (refused := refusal(intent.path)) is not None:
            raise refused
        part = self._write_part("rewrite", intent, content())
        if intent.backup is not None:
            make_folders(self._disk, intent.backup.parent)
            self._disk.write(intent.backup, literal(intent))
            with passing("rewrite", "sync_backup"):
                self._disk.sync_file(intent.backup)
                self._disk.sync_folder(intent.backup.parent)
        self._disk.copy_attributes(intent.path, part)
        with passing("rewrite", "rename"):
            if not self._disk.holds(intent.path, intent.before):
                raise SourceChanged("the file changed meanwhile", where=intent.path)
            self._disk.replace(part, intent.path)
        self._finish("rewrite", intent)

    def _write_part(self, verb: str, intent: Intent, content: Iterable[bytes]) -> Path:
        part = staged(intent.path, intent.id)
        make_folders(self._disk, intent.path.parent)
        self._disk.make_folder(part.parent)
        if self._disk.write(part, content) != intent.sha256:
            raise SourceChanged("the file was changed while it was being copied", where=intent.path)
        with passing(verb, "sync_file"):
            self._disk.sync_file(part)
        return part

    def _finish(self, verb: str, intent: Intent) -> None:
        """One fsync makes both durable: the new name, and that the hidden folder is gone."""
        clear_staging(self._disk, intent)
        with passing(verb, "sync_folder"):
            self._disk.sync_folder(intent.path.parent)

    def move(self, intent: Intent, source: Path) -> None:
        make_folders(self._disk, intent.path.parent)
        try:
            with passing("move", "rename"):
                self._disk.rename_new(source, intent.path)
        except FileExistsError as error:
            raise NameTaken("something else stands there", where=intent.path) from error
        except OSError as error:
            if error.errno != errno.EXDEV:
                raise
            self.write_new("move", intent, source)  # another volume
            with passing("move", "remove"):
                self._disk.remove(source)
        with passing("move", "sync_folder"):
            sync_folders(self._disk, intent)

    def remove(self, intent: Intent) -> None:
        with passing("remove", "remove"):
            self._disk.remove(intent.path)
        with passing("remove", "sync_folder"):
            self._disk.sync_folder(intent.path.parent)
