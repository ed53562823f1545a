"""The process is killed at every failpoint of the journal, and the power goes after every single step."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from itertools import count
from pathlib import Path

import pytest

from daemon.files import points
from daemon.files.journal import Journal
from daemon.kernel.failpoints import declared
from tests.files import scenario
from tests.files.lossy import LossyDisk, PowerLoss
from tests.files.stores import FileStore

PLACES = [name for name in declared() if name.startswith("files.")]


def run(root: Path, failpoint: str) -> int:
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path), "ROADIE_FAILPOINT": failpoint}
    return subprocess.run(
        [sys.executable, scenario.__file__, str(root)], env=environment, check=False
    ).returncode


def finish(root: Path) -> None:
    """What the next start does."""
    journal, store = scenario.journal_at(root)
    journal.reconcile()
    scenario.check_settled(root, store)
    scenario.play(journal, root)
    scenario.check_played(root)
    scenario.play(journal, root)
    scenario.check_played(root)
    scenario.take_back(journal)
    scenario.check_taken_back(root)


def test_every_place_is_declared() -> None:
    assert len(PLACES) == 2 * sum(map(len, points._PLACES.values())) > 40


@pytest.mark.parametrize("place", [place for place in PLACES if ".reconcile." not in place])
def test_killed_at_a_failpoint(tmp_path: Path, place: str) -> None:
    scenario.prepare(tmp_path)
    assert run(tmp_path, place) == -signal.SIGKILL
    finish(tmp_path)


@pytest.mark.parametrize("place", [place for place in PLACES if ".reconcile." in place])
@pytest.mark.parametrize(
    "first", ["files.deliver.after_rename", "files.move.after_rename", "files.undo.after_remove"]
)
def test_killed_again_while_reconciling(tmp_path: Path, first: str, place: str) -> None:
    scenario.prepare(tmp_path)
    assert run(tmp_path, first) == -signal.SIGKILL
    reconciles = not first.startswith("files.undo")  # an undo is asked for again; it leaves nothing open
    assert run(tmp_path, place) == (-signal.SIGKILL if reconciles else 0)
    finish(tmp_path)


class LossyVolumes(LossyDisk, scenario.TwoVolumes):
    def __init__(self, steps: int, elsewhere: Path) -> None:
        LossyDisk.__init__(self, steps)
        self._elsewhere = elsewhere


def play_until_power_goes(root: Path, steps: int) -> LossyVolumes | None:
    """None when there was power enough."""
    scenario.prepare(root)
    disk = LossyVolumes(steps, root / "usb")
    journal = Journal(FileStore(root / "journal.jsonl", commit=disk.step), disk, root / "backups")
    try:
        scenario.play(journal, root)
        scenario.take_back(journal)
    except PowerLoss:
        return disk
    return None


def losses(disk: LossyVolumes) -> list[list[Path]]:
    """Which folders forget: none, all, each alone."""
    folders = disk.unsynced_folders()
    alone = [[folder] for folder in folders]
    return [[], folders, *alone] if len(folders) > 1 else [[], *alone]


@pytest.fixture
def in_memory(tmp_path: Path) -> Iterator[Path]:
    """A folder that no disk is waited for: what a loss of power takes is played here, whatever lies beneath."""
    memory = Path("/dev/shm")
    with tempfile.TemporaryDirectory(dir=memory if memory.is_dir() else tmp_path) as folder:
        yield Path(folder)


def test_power_lost_after_every_step(in_memory: Path) -> None:
    for steps in count():
        variants = 1
        variant = 0
        while variant < variants:
            root = in_memory / f"{steps}-{variant}"
            root.mkdir()
            disk = play_until_power_goes(root, steps)
            if disk is None:
                scenario.check_taken_back(root)
                assert steps > 60  # it did go through all of it
                return
            lost = losses(disk)
            variants = len(lost)
            disk.lose(lost[variant], root)
            finish(root)
            shutil.rmtree(root)
            variant += 1
