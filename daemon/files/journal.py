"""Every change outside roadie's own state, written ahead.

The intent is stored -> the file is written into a hidden folder beside its target -> fsync -> it gets its name,
replacing nothing -> fsync of the folder -> the intent is marked done. A process that ends anywhere between leaves
either nothing at the final name or the whole file, and an open intent from which `reconcile` tells which.
"""

from __future__ import annotations

import hashlib
import itertools
import threading
import uuid
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path

from daemon.files.disk import Disk, blocks
from daemon.files.errors import DiskGone, disk_errors
from daemon.files.intent import Intent, IntentState, JournalStore, Op
from daemon.files.names import numbered
from daemon.files.outcome import Delivered, ReconcileReport, UndoReport
from daemon.files.points import passing
from daemon.files.reconcile import decide, reconcile
from daemon.files.rewriting import Shared, earlier, earlier_size, with_backup
from daemon.files.staging import first_missing, prune, staged
from daemon.files.undo import InUse, undo
from daemon.files.writer import NameTaken, Writer
from daemon.kernel.errors import Forbidden, PathTaken, SourceChanged, UsageError


class Journal:
    """All methods block on the disk: call them in a thread. They take turns, so any number of threads may.

    Raises DiskError and its subclasses for whatever the disk refuses; nothing is then left of the change.
    """

    def __init__(self, store: JournalStore, disk: Disk | None = None, backups: Path | None = None) -> None:
        """backups: folder of roadie's own for what rewritten files said before; without it none is rewritten."""
        self._store = store
        self._disk = disk or Disk()
        self._writer = Writer(self._disk)
        self._backups = backups
        self._turn = threading.Lock()

    def deliver(
        self, source: Path, wanted: Path, *, group: str, owner: str, ordinal: int, same_is_enough: bool = False
    ) -> Delivered:
        """Copy `source` to `wanted` (absolute), or to "name (2)" and so on when something else stands there.

        The same owner and ordinal with the same content again, whole and in place: nothing is written. Neither is
        it with `same_is_enough` where a file with this content stands already, whoever put it there; it then is
        not the group's to undo.
        """
        _require_absolute(wanted)
        with self._turn, disk_errors(wanted):
            sha256, size = self._digest_of(source)
            earlier = self._earlier(owner, ordinal)
            if earlier is not None and earlier.sha256 == sha256 and self._disk.holds(earlier.path, sha256):
                return Delivered(earlier.path, sha256, already=True)
            for path in _names(wanted):
                if _stands(path):
                    if same_is_enough and self._disk.holds(path, sha256):
                        return Delivered(path, sha256, already=True, ours=False)
                    continue
                intent = _intent(Op.WRITE, path, group, owner, ordinal, sha256, size)
                try:
                    self._perform("deliver", intent, partial(self._writer.write_new, "deliver", intent, source))
                except NameTaken:
                    continue
                return Delivered(path, sha256, already=False)
            raise AssertionError("unreachable: there is always a next number")

    def replace_text(
        self, path: Path, text: str, *, group: str = "", owner: str = "", ordinal: int = 0
    ) -> None:
        """Write roadie's own sidecar, new or in place of its earlier version: readers see one or the other, whole.

        A sidecar shared by jobs belongs to no group: whoever undoes a job rewrites it, and prunes the folders.
        """
        _require_absolute(path)
        content = text.encode()
        with self._turn, disk_errors(path):
            before = self._disk.digest(path)
            if before is None and _stands(path):
                raise PathTaken("something that is no file stands there", where=path)
            sha256 = hashlib.sha256(content).hexdigest()
            if before is not None and before[0] == sha256:
                return
            intent = _intent(Op.REPLACE, path, group, owner, ordinal, sha256, len(content))
            intent = replace(intent, before=before and before[0])
            self._perform("replace", intent, partial(self._writer.write_over, intent, content))

    def rewrite(
        self,
        path: Path,
        source: Path,
        *,
        before: str,
        shared: Shared | None,
        group: str,
        owner: str,
        ordinal: int,
    ) -> bool:
        """Give a file of the user's the content of `source`, in which its sound is the same. Undo restores every byte.

        before: sha256 of the content that `source` was made from. shared: the bytes that both have in common, which
        the backup then leaves out. Returns False when the file says all that already. A link is followed. Raises
        SourceChanged when the file has another content by now; it is then left as it is.
        """
        _require_absolute(path)
        if self._backups is None:
            raise UsageError("this journal keeps no earlier content, so it rewrites no file", where=path)
        with self._turn, disk_errors(path):
            path = path.resolve(strict=True)
            sha256, size = self._digest_of(source)
            if before == sha256 or self._disk.holds(path, sha256):
                return False
            if not self._disk.holds(path, before):
                raise SourceChanged(
                    "the file changed meanwhile", where=path, hint="Nothing was written; ask again"
                )
            intent = _intent(Op.REWRITE, path, group, owner, ordinal, sha256, size)
            intent = with_backup(replace(intent, before=before), self._backups, source, shared)
            self._perform("rewrite", intent, partial(self._writer.rewrite, intent, lambda: blocks(source)))
            return True

    def move(self, source: Path, wanted: Path, *, group: str, owner: str, ordinal: int) -> Path:
        """Give a file another name or folder, also on another volume: `wanted`, or "name (2)" and so on when something
        else stands there. Returns where it stands. The same owner and ordinal again, once moved: nothing is done, even
        when another file has come to `source` since."""
        _require_absolute(source)
        _require_absolute(wanted)
        with self._turn, disk_errors(wanted):
            earlier = self._earlier(owner, ordinal)
            if earlier is not None and self._disk.holds(earlier.path, earlier.sha256):
                return earlier.path
            sha256, size = self._digest_of(source)
            for path in _names(wanted):
                if _stands(path):
                    continue
                intent = replace(_intent(Op.MOVE, path, group, owner, ordinal, sha256, size), temp=source)
                try:
                    self._perform("move", intent, partial(self._writer.move, intent, source))
                except NameTaken:
                    continue
                return path
            raise AssertionError("unreachable: there is always a next number")

    def check_unchanged(self, paths: Iterable[Path]) -> None:
        """Raises Forbidden with the first of these that is no longer what roadie wrote there. What is gone is fine."""
        for path in paths:
            with self._turn, disk_errors(path):
                if _stands(path):
                    self._check_ours(path, self._disk.digest(path))

    def remove(
        self, path: Path, *, group: str = "", owner: str = "", ordinal: int = 0, unchanged: bool = False
    ) -> None:
        """Remove a file that roadie wrote. This is not undone. No error when it is not there.

        unchanged: only while it is what roadie wrote there; raises Forbidden otherwise.
        """
        _require_absolute(path)
        with self._turn, disk_errors(path):
            before = self._disk.digest(path)
            if before is None:
                return
            if unchanged:
                self._check_ours(path, before)
            intent = replace(
                _intent(Op.REMOVE, path, group, owner, ordinal, "", 0), temp=None, before=before[0]
            )
            self._perform("remove", intent, partial(self._writer.remove, intent))

    def reconcile(self) -> ReconcileReport:
        """At start, before anything else is delivered: settle what was under way when the process ended."""
        with self._turn:
            return reconcile(self._store, self._disk)

    def undo(self, group: str, in_use: InUse) -> UndoReport:
        """Take back what a group wrote, as far as it is unchanged (by hash) and `in_use(path)` denies."""
        with self._turn:
            return undo(group, in_use, self._move_back, self._restore, self._store, self._disk)

    def prune(self, group: str) -> None:
        """Remove the folders of a group's files that the journal made and that are empty by now. `undo` does so itself;
        this is for a caller that removes its sidecar afterwards."""
        with self._turn:
            prune(self._store, self._disk, self._store.of_group(group))

    def _perform(self, verb: str, intent: Intent, change: Callable[[], None]) -> None:
        """Intent, change, done. When the change fails, nothing is left of it."""
        with passing(verb, "intent"):
            self._store.add(intent)
        try:
            change()
        except BaseException:
            # By hash, as after a crash: whichever step failed, this finds what there is. Should the disk refuse
            # even that, the intent stays open for the next start, and the first error is the one to tell.
            self._settle_failed(intent)
            raise
        with passing(verb, "done"):
            self._store.settle(replace(intent, state=IntentState.DONE))

    def _settle_failed(self, intent: Intent) -> None:
        try:
            if intent.op is Op.WRITE and self._holds_written(intent):
                self._disk.remove(intent.path)
            decide(intent, self._store, self._disk)
        except OSError:
            return

    def _holds_written(self, intent: Intent) -> bool:
        return not staged(intent.path, intent.id).exists() and self._disk.holds(intent.path, intent.sha256)

    def _restore(self, undone: Intent) -> None:
        """A rewrite like any other, but of no group, and with nothing to go back to."""
        size = earlier_size(undone)
        intent = _intent(Op.REWRITE, undone.path, "", f"undo:{undone.id}", 0, undone.before or "", size)
        intent = replace(intent, before=undone.sha256)
        self._perform(
            "rewrite", intent, partial(self._writer.rewrite, intent, lambda: earlier(undone, undone.path))
        )

    def _move_back(self, undone: Intent, source: Path, target: Path) -> None:
        """A move like any other, but of no group: undoing it is asking for the first one again."""
        intent = _intent(Op.MOVE, target, "", f"undo:{undone.id}", 0, undone.sha256, undone.size)
        intent = replace(intent, temp=source)
        self._perform("move", intent, partial(self._writer.move, intent, source))

    def _check_ours(self, path: Path, digest: tuple[str, int] | None) -> None:
        standing = (IntentState.DONE, IntentState.KEPT)
        written = {intent.sha256 for intent in self._store.of_path(path) if intent.state in standing}
        if digest is None or digest[0] not in written:
            raise Forbidden(
                "it is not as roadie wrote it any more, so roadie does not remove it", where=path,
                hint="Remove the file yourself, or forget it in the library alone",
            )  # fmt: skip

    def _digest_of(self, source: Path) -> tuple[str, int]:
        digest = self._disk.digest(source)
        if digest is None:
            raise DiskGone("there is no such file", where=source)
        return digest

    def _earlier(self, owner: str, ordinal: int) -> Intent | None:
        """What the same owner did before, if it stands."""
        earlier = self._store.find(owner, ordinal)
        if earlier is not None and earlier.state is IntentState.OPEN:
            earlier = decide(earlier, self._store, self._disk)
        return (
            earlier if earlier is not None and earlier.state in (IntentState.DONE, IntentState.KEPT) else None
        )


def _intent(op: Op, path: Path, group: str, owner: str, ordinal: int, sha256: str, size: int) -> Intent:
    name = uuid.uuid4().hex
    made = first_missing(path.parent)
    return Intent(name, group, owner, ordinal, op, path, staged(path, name), sha256, size, made=made)


def _names(wanted: Path) -> Iterator[Path]:
    """The name itself, then "name (2)" and so on."""
    return (numbered(wanted, number) for number in itertools.count(1))


def _stands(path: Path) -> bool:
    """Whether anything is at `path`, a dead link included. Raises OSError for a path that cannot be, so that it is
    refused before anything is written."""
    try:
        path.lstat()
    except FileNotFoundError:
        return False
    return True


def _require_absolute(path: Path) -> None:
    if not path.is_absolute() or ".." in path.parts:
        raise UsageError("a path in the journal is absolute and has no dots", where=path)
