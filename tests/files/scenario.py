"""Everything the journal does, once, in a folder; and what must hold whenever it was ended in between.

Run as a program it is one process that a failpoint may end: `scenario.py ROOT`.
"""

from __future__ import annotations

import errno
import hashlib
import json
import os
import sys
from pathlib import Path

from daemon.files.disk import Disk
from daemon.files.intent import IntentState, Op
from daemon.files.journal import Journal
from daemon.files.rewriting import Shared
from tests.files.stores import FileStore

KICK = bytes(range(256)) * 64
SNARE = KICK[::-1] + b"snare"
SONG = b"a song of the user's" * 1000
SOUND = bytes(range(255, 0, -1)) * 200
UNTAGGED = b"head" + SOUND + b"a comment of the user's"
TAGGED = b"a longer head" + SOUND + b"a comment of the user's, bpm 120"
JOB = "job-1"


class TwoVolumes(Disk):
    """What lies below `elsewhere` is on another volume. No power is lost here, so nothing is synced."""

    def __init__(self, elsewhere: Path) -> None:
        self._elsewhere = elsewhere

    def rename_new(self, source: Path, target: Path) -> None:
        if source.is_relative_to(self._elsewhere) != target.is_relative_to(self._elsewhere):
            raise OSError(errno.EXDEV, os.strerror(errno.EXDEV), str(source))
        super().rename_new(source, target)

    def sync_file(self, path: Path) -> None:
        assert path.is_file()

    def sync_folder(self, folder: Path) -> None:
        assert folder.is_dir()


def prepare(root: Path) -> None:
    for folder in ("work", "kit", "inbox", "usb"):
        (root / folder).mkdir()
    (root / "work/kick").write_bytes(KICK)
    (root / "work/snare").write_bytes(SNARE)
    (root / "kit/kick.wav").write_bytes(b"the user's own kick")
    (root / "inbox/song.wav").write_bytes(SONG)
    (root / "usb/take.wav").write_bytes(SONG)
    (root / "work/tagged").write_bytes(TAGGED)
    (root / "inbox/loop.wav").write_bytes(UNTAGGED)


def play(journal: Journal, root: Path) -> None:
    """Idempotent: playing it again finishes what an earlier time began."""
    ours = {"group": JOB, "owner": "effect-1"}
    journal.deliver(root / "work/kick", root / "kit/kick.wav", ordinal=0, **ours)
    journal.deliver(root / "work/snare", root / "kit/drums/808/snare.wav", ordinal=1, **ours)
    for files in (["kick (2).wav"], ["kick (2).wav", "drums/808/snare.wav"]):
        journal.replace_text(root / "kit/roadie.json", json.dumps(files))
    for ordinal, (source, target) in enumerate(MOVES, start=2):
        journal.move(root / source, root / target, ordinal=ordinal, **ours)
    journal.remove(root / "kit/roadie.json")
    journal.rewrite(
        root / "inbox/loop.wav", root / "work/tagged", ordinal=9, before=hashlib.sha256(UNTAGGED).hexdigest(),
        shared=Shared(4, 13, len(SOUND)), **ours,
    )  # fmt: skip


MOVES = (("inbox/song.wav", "sorted/new/song.wav"), ("usb/take.wav", "sorted/take.wav"))


def take_back(journal: Journal) -> None:
    journal.undo(JOB, in_use=lambda path: False)


def journal_at(root: Path, disk: Disk | None = None) -> tuple[Journal, FileStore]:
    store = FileStore(root / "journal.jsonl")
    return Journal(store, disk or TwoVolumes(root / "usb"), root / "backups"), store


def check_settled(root: Path, store: FileStore) -> None:
    """Right after `reconcile`, whatever happened before."""
    assert not store.open_intents()
    assert not list(root.rglob(".roadie")) and not list(root.rglob("*.part"))
    assert (root / "kit/kick.wav").read_bytes() == b"the user's own kick"
    _check_written(root, store)
    for source, target in MOVES:
        there = [path for path in (root / source, root / target) if path.exists()]
        assert len(there) == 1 and there[0].read_bytes() == SONG
    _check_rewritten(root, store)
    sidecar = root / "kit/roadie.json"
    assert not sidecar.exists() or json.loads(sidecar.read_text())[0] == "kick (2).wav"


def _check_written(root: Path, store: FileStore) -> None:
    done = {i.path for i in store.everything() if i.op is Op.WRITE and i.state is IntentState.DONE}
    # An undo begins with the moves. Ended before it settled a file that it had removed, it is asked for again.
    undoing = any(i.op is Op.MOVE and i.state is IntentState.UNDONE for i in store.everything())
    for path, content in ((root / "kit/kick (2).wav", KICK), (root / "kit/drums/808/snare.wav", SNARE)):
        assert path.exists() == (path in done) or (undoing and not path.exists())
        assert not path.exists() or path.read_bytes() == content
    assert set((root / "kit").rglob("*.wav")) <= done | {root / "kit/kick.wav"}
    if root / "kit/drums/808/snare.wav" not in done and not undoing:
        assert not (root / "kit/drums").exists()


def _check_rewritten(root: Path, store: FileStore) -> None:
    """The user's file is whole, as it was or with its tags; and whenever it has them, the way back is kept."""
    content = (root / "inbox/loop.wav").read_bytes()
    assert content in (UNTAGGED, TAGGED)
    done = [i for i in store.everything() if i.op is Op.REWRITE and i.group and i.state is IntentState.DONE]
    if content == TAGGED:
        assert done and done[-1].backup is not None
        assert done[-1].backup.read_bytes() == b"head" + b"a comment of the user's"


def check_played(root: Path) -> None:
    files = {str(path.relative_to(root)) for path in root.rglob("*") if path.is_file()}
    expected = {
        "journal.jsonl", "work/kick", "work/snare", "kit/kick.wav", "kit/kick (2).wav", "kit/drums/808/snare.wav",
        "sorted/new/song.wav", "sorted/take.wav", "work/tagged", "inbox/loop.wav",
    }  # fmt: skip
    assert (root / "inbox/loop.wav").read_bytes() == TAGGED
    assert [path for path in files if path.startswith("backups/")]
    files = {path for path in files if not path.startswith("backups/")}
    assert files == expected, sorted(files ^ expected)


def check_taken_back(root: Path) -> None:
    paths = {str(path.relative_to(root)) for path in root.rglob("*")}
    expected = {
        "journal.jsonl", "work", "work/kick", "work/snare", "work/tagged", "kit", "kit/kick.wav",
        "inbox", "inbox/song.wav", "inbox/loop.wav", "usb", "usb/take.wav",
    }  # fmt: skip
    assert (root / "inbox/loop.wav").read_bytes() == UNTAGGED
    paths -= {"backups"}  # the folder stays; what was in it is forgotten once it is no longer needed
    assert paths == expected, sorted(paths ^ expected)


if __name__ == "__main__":
    here = Path(sys.argv[1])
    played, _ = journal_at(here)
    played.reconcile()
    play(played, here)
    take_back(played)
