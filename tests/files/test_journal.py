"""What the journal promises while nothing goes wrong, and what it says when the disk refuses."""

from __future__ import annotations

import errno
import hashlib
import os
import threading
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from daemon.files.disk import Disk
from daemon.files.errors import DiskGone, DiskPermission, DiskReadOnly, NameTooLong
from daemon.files.intent import IntentState
from daemon.files.journal import Journal
from daemon.files.outcome import Delivered, Kept
from daemon.kernel.errors import DiskError, DiskFull, Forbidden, PathTaken, SourceChanged, UsageError
from tests.files.stores import FileStore


def unused(path: Path) -> bool:
    return False


@pytest.fixture
def store(tmp_path: Path) -> FileStore:
    return FileStore(tmp_path / "journal.jsonl")


@pytest.fixture
def journal(store: FileStore) -> Journal:
    return Journal(store)


@pytest.fixture
def kit(tmp_path: Path) -> Path:
    folder = tmp_path / "kit"
    folder.mkdir()
    return folder


@pytest.fixture
def kick(tmp_path: Path) -> Path:
    path = tmp_path / "attempt.wav"
    path.write_bytes(b"kick" * 1000)
    return path


def deliver(journal: Journal, source: Path, wanted: Path, owner: str = "effect", ordinal: int = 0) -> Delivered:
    return journal.deliver(source, wanted, group="job", owner=owner, ordinal=ordinal)


def files(folder: Path) -> set[str]:
    return {str(path.relative_to(folder)) for path in folder.rglob("*")}


def test_a_delivery_is_whole_with_its_hash_and_nothing_beside_it(
    journal: Journal, kick: Path, kit: Path
) -> None:
    delivered = deliver(journal, kick, kit / "808/kick.wav")
    assert delivered == Delivered(kit / "808/kick.wav", hashlib.sha256(b"kick" * 1000).hexdigest(), False)
    assert delivered.path.read_bytes() == kick.read_bytes()
    assert files(kit) == {"808", "808/kick.wav"}


def test_the_same_owner_again_writes_nothing(journal: Journal, kick: Path, kit: Path) -> None:
    first = deliver(journal, kick, kit / "kick.wav")
    inode = first.path.stat().st_ino
    assert deliver(journal, kick, kit / "kick.wav") == Delivered(first.path, first.sha256, True)
    assert first.path.stat().st_ino == inode


def test_other_content_takes_a_new_name_and_nothing_changes_under_the_old(
    journal: Journal, kick: Path, kit: Path
) -> None:
    deliver(journal, kick, kit / "kick.mid")
    before = (kit / "kick.mid").stat()
    kick.write_bytes(b"another")
    assert deliver(journal, kick, kit / "kick.mid").path == kit / "kick (2).mid"
    assert deliver(journal, kick, kit / "kick.mid", owner="another job").path == kit / "kick (3).mid"
    after = (kit / "kick.mid").stat()
    assert (before.st_ino, before.st_mtime_ns) == (after.st_ino, after.st_mtime_ns)


def test_a_name_held_by_a_folder_or_a_dead_link_is_taken(journal: Journal, kick: Path, kit: Path) -> None:
    (kit / "kick.wav").mkdir()
    (kit / "kick (2).wav").symlink_to(kit / "nowhere")
    assert deliver(journal, kick, kit / "kick.wav").path == kit / "kick (3).wav"


def test_a_name_taken_between_the_look_and_the_rename_is_not_replaced(
    store: FileStore, kick: Path, kit: Path
) -> None:
    class Rival(Disk):
        def rename_new(self, source: Path, target: Path) -> None:
            if target.name == "kick.wav":
                target.write_bytes(b"the DAW was faster")
            super().rename_new(source, target)

    assert deliver(Journal(store, Rival()), kick, kit / "kick.wav").path == kit / "kick (2).wav"
    assert (kit / "kick.wav").read_bytes() == b"the DAW was faster"
    assert files(kit) == {"kick.wav", "kick (2).wav"}
    assert not store.open_intents()


@pytest.mark.parametrize("missing", ["renameat2", "renameat2 and link"])
def test_without_an_exclusive_rename_nothing_is_replaced_either(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, missing: str
) -> None:
    from daemon.files import rename

    def no_link(*arguments: object, **options: object) -> None:
        raise OSError(errno.EPERM, "FAT has no links")

    monkeypatch.setattr(rename, "_rename_exclusively", lambda source, target: False)
    if "link" in missing:
        monkeypatch.setattr(os, "link", no_link)
    (tmp_path / "a").write_text("a")
    (tmp_path / "b").write_text("b")
    with pytest.raises(FileExistsError):
        rename.rename_new(tmp_path / "a", tmp_path / "b")
    rename.rename_new(tmp_path / "a", tmp_path / "c")
    assert {path.name: path.read_text() for path in tmp_path.iterdir()} == {"b": "b", "c": "a"}


def test_many_threads_deliver_to_one_name(journal: Journal, tmp_path: Path, kit: Path) -> None:
    start = threading.Barrier(8)

    def one(number: int) -> Path:
        source = tmp_path / f"{number}.wav"
        source.write_bytes(bytes([number]))
        start.wait()
        return deliver(journal, source, kit / "hit.wav", ordinal=number).path

    with ThreadPoolExecutor(8) as pool:
        paths = list(pool.map(one, range(8)))
    assert [path.read_bytes() for path in paths] == [bytes([number]) for number in range(8)]
    assert files(kit) == {"hit.wav", *(f"hit ({number}).wav" for number in range(2, 9))}


def test_undo_removes_what_is_unchanged_and_unused_and_lists_the_rest(
    journal: Journal, kick: Path, kit: Path
) -> None:
    names = ("plain", "edited", "used", "deleted")
    paths = [deliver(journal, kick, kit / f"new/{name}/k.wav", ordinal=n).path for n, name in enumerate(names)]
    paths[1].write_bytes(b"edited by the user")
    paths[3].unlink()
    report = journal.undo("job", in_use=lambda path: path == paths[2])
    assert report.removed == (paths[0],)
    assert report.gone == (paths[3],)
    assert report.kept == (Kept(paths[2], "a project uses it"), Kept(paths[1], "it was changed since"))
    assert files(kit / "new") == {"edited", "edited/k.wav", "used", "used/k.wav"}
    assert journal.undo("job", unused).removed == (paths[2],)
    assert files(kit) == {"new", "new/edited", "new/edited/k.wav"}


def test_after_an_undo_the_effect_happens_again(journal: Journal, kick: Path, kit: Path) -> None:
    deliver(journal, kick, kit / "a/kick.wav")
    journal.undo("job", unused)
    assert files(kit) == set()
    assert deliver(journal, kick, kit / "a/kick.wav") == Delivered(
        kit / "a/kick.wav", hashlib.sha256(kick.read_bytes()).hexdigest(), False
    )


def test_undo_leaves_other_jobs_and_folders_that_were_there(journal: Journal, kick: Path, kit: Path) -> None:
    (kit / "mine").mkdir()
    deliver(journal, kick, kit / "mine/kick.wav")
    journal.deliver(kick, kit / "mine/kick.wav", group="other job", owner="o", ordinal=0)
    journal.undo("job", unused)
    assert files(kit) == {"mine", "mine/kick (2).wav"}
    journal.undo("other job", unused)
    assert files(kit) == {"mine"}


def test_a_folder_goes_with_the_last_job_that_shared_it(journal: Journal, kick: Path, kit: Path) -> None:
    deliver(journal, kick, kit / "song/hits/a.wav")
    journal.deliver(kick, kit / "song/hits/b.wav", group="other job", owner="o", ordinal=0)
    journal.deliver(kick, kit / "song/loops/c.wav", group="third job", owner="p", ordinal=0)
    journal.undo("job", unused)
    assert files(kit) == {"song", "song/hits", "song/hits/b.wav", "song/loops", "song/loops/c.wav"}
    journal.undo("other job", unused)
    assert files(kit) == {"song", "song/loops", "song/loops/c.wav"}
    journal.undo("third job", unused)
    assert files(kit) == set()


def test_a_sidecar_is_replaced_whole_and_its_folder_pruned_when_it_goes(
    journal: Journal, kick: Path, kit: Path
) -> None:
    deliver(journal, kick, kit / "new/kick.wav")
    for text in ("one", "two", "two"):
        journal.replace_text(kit / "new/roadie.json", text)
        assert (kit / "new/roadie.json").read_text() == text
    journal.undo("job", unused)
    assert files(kit) == {"new", "new/roadie.json"}
    journal.remove(kit / "new/roadie.json")
    journal.prune("job")
    assert files(kit) == set()


def test_what_was_changed_since_is_not_removed(journal: Journal, kick: Path, kit: Path) -> None:
    mine = deliver(journal, kick, kit / "kick.wav").path
    mine.write_bytes(b"a person's own")
    for refused in (lambda: journal.check_unchanged([mine]), lambda: journal.remove(mine, unchanged=True)):
        with pytest.raises(Forbidden, match=r"kick\.wav"):
            refused()
    assert mine.read_bytes() == b"a person's own"
    mine.unlink()
    mine.symlink_to(kick)
    with pytest.raises(Forbidden):
        journal.check_unchanged([mine])
    mine.unlink()
    journal.check_unchanged([mine])
    mine.write_bytes(kick.read_bytes())
    journal.remove(mine, unchanged=True)
    assert files(kit) == set() and kick.exists()


def test_a_move_and_its_undo(journal: Journal, kick: Path, kit: Path) -> None:
    target = kit / "sorted/kick.wav"
    assert journal.move(kick, target, group="job", owner="tidy", ordinal=0) == target
    assert journal.move(kick, target, group="job", owner="tidy", ordinal=0) == target
    assert target.exists() and not kick.exists()
    report = journal.undo("job", unused)
    assert (report.removed, report.restored) == ((target,), (kick,))
    assert kick.read_bytes() == b"kick" * 1000
    assert files(kit) == set()


def test_a_move_replaces_nothing(journal: Journal, kick: Path, kit: Path) -> None:
    (kit / "kick.wav").write_text("mine")
    assert journal.move(kick, kit / "kick.wav", group="job", owner="tidy", ordinal=0) == kit / "kick (2).wav"
    assert (kit / "kick.wav").read_text() == "mine" and not kick.exists()


def test_moves_to_one_name_at_the_same_time_all_find_a_place(
    journal: Journal, kit: Path, tmp_path: Path
) -> None:
    sources = [tmp_path / str(number) / "kick.wav" for number in range(20)]
    for source in sources:
        source.parent.mkdir()
        source.write_text(source.parent.name)
    with ThreadPoolExecutor(10) as threads:
        moved = set(
            threads.map(
                lambda source: journal.move(
                    source, kit / "kick.wav", group="job", owner=str(source), ordinal=0
                ),
                sources,
            )
        )
    assert {path.read_text() for path in moved} == {str(number) for number in range(20)}


def test_a_move_done_again_leaves_what_came_since(journal: Journal, kick: Path, kit: Path) -> None:
    target = journal.move(kick, kit / "kick.wav", group="job", owner="tidy", ordinal=0)
    kick.write_text("another")
    assert journal.move(kick, kit / "kick.wav", group="job", owner="tidy", ordinal=0) == target
    assert kick.read_text() == "another"


def test_an_intent_on_a_drive_that_is_away_waits_for_it(store: FileStore, kick: Path, tmp_path: Path) -> None:
    class Unplugged(Disk):
        def sync_file(self, path: Path) -> None:
            drive.rename(tmp_path / "away")
            raise OSError(errno.EIO, os.strerror(errno.EIO), str(path))

    drive = tmp_path / "drive"
    drive.mkdir()
    with pytest.raises(DiskGone):
        deliver(Journal(store, Unplugged()), kick, drive / "new/kick.wav")
    assert len(Journal(store).reconcile().unreachable) == 1
    (tmp_path / "away").rename(drive)
    assert len(Journal(store).reconcile().abandoned) == 1
    assert files(drive) == set()
    assert deliver(Journal(store), kick, drive / "new/kick.wav").path == drive / "new/kick.wav"


class Refusing(Disk):
    """Refuses one operation with an error number."""

    def __init__(self, operation: str, number: int) -> None:
        self._refusal = (operation, number)

    def _check(self, operation: str, path: Path) -> None:
        if operation == self._refusal[0]:
            raise OSError(self._refusal[1], os.strerror(self._refusal[1]), str(path))

    def write(self, path: Path, content: Iterable[bytes]) -> str:
        sha256 = super().write(path, content)
        self._check("write", path)
        return sha256

    def sync_file(self, path: Path) -> None:
        self._check("sync_file", path)
        super().sync_file(path)

    def make_folder(self, folder: Path) -> None:
        self._check("make_folder", folder)
        super().make_folder(folder)

    def rename_new(self, source: Path, target: Path) -> None:
        self._check("rename_new", source)
        super().rename_new(source, target)


@pytest.mark.parametrize(
    ("operation", "number", "kind", "code"),
    [
        ("write", errno.ENOSPC, DiskFull, "disk_full"),
        ("sync_file", errno.EDQUOT, DiskFull, "disk_full"),
        ("make_folder", errno.EROFS, DiskReadOnly, "disk_read_only"),
        ("make_folder", errno.EACCES, DiskPermission, "disk_permission"),
        ("rename_new", errno.EIO, DiskGone, "disk_gone"),
        ("rename_new", errno.ELOOP, DiskError, "disk"),
    ],
)
def test_a_disk_that_refuses_is_named_and_nothing_is_left(
    store: FileStore, kick: Path, kit: Path, operation: str, number: int, kind: type[DiskError], code: str
) -> None:
    with pytest.raises(kind) as caught:
        deliver(Journal(store, Refusing(operation, number)), kick, kit / "new/kick.wav")
    assert caught.value.code == code
    assert str(kit) in caught.value.message
    assert files(kit) == set()
    assert [intent.state for intent in store.everything()] == [IntentState.ABANDONED]
    assert not deliver(Journal(store), kick, kit / "new/kick.wav").already


def test_a_name_that_is_too_long_is_said_to_be(journal: Journal, kick: Path, kit: Path) -> None:
    with pytest.raises(NameTooLong):
        deliver(journal, kick, kit / ("x" * 300 + ".wav"))
    assert files(kit) == set()


def test_a_file_in_the_place_of_a_folder(journal: Journal, kick: Path, kit: Path) -> None:
    (kit / "drums").write_text("a note to self")
    with pytest.raises(PathTaken, match="drums"):
        deliver(journal, kick, kit / "drums/808/kick.wav")
    assert files(kit) == {"drums"}


def test_a_source_that_is_gone_or_changes_under_the_copy(store: FileStore, kick: Path, kit: Path) -> None:
    class Slow(Disk):
        def make_folder(self, folder: Path) -> None:
            super().make_folder(folder)
            kick.write_bytes(b"changed meanwhile")

    with pytest.raises(SourceChanged):
        deliver(Journal(store, Slow()), kick, kit / "kick.wav")
    kick.unlink()
    with pytest.raises(DiskGone, match=r"attempt\.wav"):
        deliver(Journal(store), kick, kit / "kick.wav")
    assert files(kit) == set()


@pytest.mark.parametrize("path", ["kick.wav", "/kit/../etc/kick.wav"])
def test_a_path_that_could_lead_elsewhere_is_refused(journal: Journal, kick: Path, path: str) -> None:
    with pytest.raises(UsageError):
        deliver(journal, kick, Path(path))


def test_where_the_same_is_enough_a_file_of_anyone_is_left_alone_and_is_not_undone(
    journal: Journal, kit: Path, kick: Path
) -> None:
    (kit / "kick.wav").write_bytes(kick.read_bytes())
    (kit / "snare.wav").write_bytes(b"of the user")
    delivered = [
        journal.deliver(
            kick, kit / name, group="job", owner=name + str(len(files(kit))), ordinal=0, same_is_enough=True
        )
        for name in ("kick.wav", "snare.wav", "snare.wav")
    ]
    assert [each.ours for each in delivered] == [False, True, False]
    assert files(kit) == {"kick.wav", "snare.wav", "snare (2).wav"}
    journal.undo("job", unused)
    assert files(kit) == {"kick.wav", "snare.wav"}
