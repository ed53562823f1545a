from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

from daemon.watch import places
from daemon.watch.placeholder import is_placeholder
from daemon.watch.places import Role, network_drive, place


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({}, False),
        ({"st_file_attributes": 0x20}, False),  # FILE_ATTRIBUTE_ARCHIVE
        ({"st_file_attributes": 0x1000}, True),  # FILE_ATTRIBUTE_OFFLINE
        ({"st_file_attributes": 0x40000 | 0x20}, True),  # FILE_ATTRIBUTE_RECALL_ON_OPEN
        ({"st_file_attributes": 0x400000}, True),  # FILE_ATTRIBUTE_RECALL_ON_DATA_ACCESS
        ({"st_flags": 0x40000000}, True),  # SF_DATALESS
        ({"st_flags": 0x8000}, False),  # UF_HIDDEN
    ],
)
def test_cloud_placeholders_are_known_by_their_stat(fields: dict[str, int], expected: bool) -> None:
    """The values are those of winnt.h and of macOS' sys/stat.h."""
    assert is_placeholder(SimpleNamespace(**fields), "/music/kick.wav") is expected  # type: ignore[arg-type]


def test_a_folder_of_this_machine_is_told_and_not_polled(tmp_path: Path) -> None:
    found = place(tmp_path, Role.INBOX, [])
    assert (found.polled, found.reason) == (False, "")
    assert place(tmp_path, Role.INBOX, [tmp_path.parent]).polled


@pytest.mark.parametrize(
    ("mounts", "kind"),
    [
        ([("/", "ext4", "rw")], None),
        ([("/", "ext4", "rw"), ("/mnt/nas", "nfs4", "rw,vers=4.2")], "nfs4"),
        ([("/", "apfs", "rw"), ("/mnt/nas", "smbfs", "rw")], "smbfs"),
        ([("/", "ext4", "rw"), ("/mnt/nas", "fuse.sshfs", "rw")], "fuse.sshfs"),
        ([("/", "NTFS", "rw,fixed"), ("/mnt/nas", "NTFS", "rw,remote")], "ntfs"),
        ([("/", "nfs4", "rw"), ("/mnt/nas", "ext4", "rw")], None),
    ],
)
def test_network_drives_are_told_by_their_mount(
    mounts: list[tuple[str, str, str]], kind: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Written as psutil tells mounts on Linux, macOS and Windows; no network drive can be mounted in a test."""
    listed = [SimpleNamespace(mountpoint=point, fstype=fs, opts=opts) for point, fs, opts in mounts]
    monkeypatch.setattr(places.psutil, "disk_partitions", lambda all: listed)
    assert network_drive(Path("/mnt/nas/Samples")) == kind


LIMITED = """
import asyncio, sys
from pathlib import Path
from daemon.kernel.clock import SystemClock
from daemon.library.arrivals import Arrivals
from daemon.library.assets import Assets
from daemon.library.database import Database
from daemon.library.journal import SqliteJournal
from daemon.watch.intake import Intake
from daemon.watch.places import Place, Role
from daemon.watch.desk import WatchSettings
from daemon.watch.watcher import Watcher

async def main(folder, count):
    roots = [folder / f"Inbox {number}" for number in range(count)]
    for root in roots:
        for number in range(20):
            (root / f"Folder {number}").mkdir(parents=True)
    db = Database(folder / "roadie.db"); db.open()
    intake = Intake(Assets(db), Arrivals(db), SqliteJournal(db), None, None)
    watcher = Watcher(intake, Arrivals(db), SystemClock(), WatchSettings())
    await watcher.start([Place(root, Role.INBOX) for root in roots])
    for _ in range(300):
        polled = [watched for watched in watcher.watched() if watched.polled]
        if polled:
            break
        await asyncio.sleep(0.1)
    print(len(polled), polled[0].reason if polled else "")
    await watcher.stop(); db.close()

asyncio.run(main(Path(sys.argv[1]), int(sys.argv[2])))
"""


@pytest.mark.parametrize(("roots", "limit"), [(1, 5), (2, 30)])
def test_the_limit_on_watches_is_noticed_and_said(tmp_path: Path, roots: int, limit: int) -> None:
    """With a real limit, in a user namespace of its own: there are 21 folders in each watched one. Of two, each alone
    could be watched."""
    if sys.platform != "linux" or shutil.which("unshare") is None:
        pytest.skip("needs Linux' unshare(1)")
    script = tmp_path / "limited.py"
    script.write_text(LIMITED)
    inside = (
        f'echo {limit} > /proc/sys/user/max_inotify_watches && exec "{sys.executable}" "{script}" "$1" "$2"'
    )
    env = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])}
    ran = subprocess.run(
        ["unshare", "--user", "--map-root-user", "sh", "-c", inside, "sh", str(tmp_path), str(roots)],
        capture_output=True, text=True, env=env, check=False, timeout=60,
    )  # fmt: skip
    if "unshare" in ran.stderr or "Operation not permitted" in ran.stderr:
        pytest.skip(f"no user namespace may be made here: {ran.stderr.strip()}")
    polled, _, reason = ran.stdout.partition(" ")
    assert polled == "1", ran.stderr
    assert "more folders than the system watches" in reason
    assert "sysctl fs.inotify.max_user_watches" in reason
