"""Scans with real worker processes: what is found, what is told, what a second one reads again."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile

from daemon.executors.local.executor import LocalExecutor
from daemon.executors.local.settings import ExecutorSettings
from daemon.jobs.cache import Cache
from daemon.jobs.calls import Calls
from daemon.jobs.listen import Listener
from daemon.kernel.work import StepCall
from daemon.library.asset_records import FileStat, NewAsset
from daemon.library.assets import Assets
from daemon.library.database import Database
from daemon.library.search import Like, Query, Search
from daemon.library.unreadable import Unreadable
from daemon.models.store import ModelStore
from daemon.services import scan
from daemon.services.scan import CALL_FILES, Scanner, batches

RATE = 22050


class Counting(LocalExecutor):
    """A real one that remembers what it was asked."""

    def __init__(self) -> None:
        super().__init__(ExecutorSettings(cpu_workers=1))
        self.calls: list[StepCall] = []

    def submit(self, call: StepCall, on_progress: Any) -> Any:
        self.calls.append(call)
        return super().submit(call, on_progress)

    @property
    def heard(self) -> list[str]:
        return [each.name for call in self.calls for each in call.inputs]


@dataclass
class Context:
    request: Any
    job: str = "job"
    told: list[tuple[float, str]] = field(default_factory=list)

    result: Any = None

    def progress(self, fraction: float, note: str) -> None:
        self.told.append((fraction, note))

    def came_to(self, result: Any) -> None:
        self.result = result


class House:
    def __init__(self, db: Database, home: Path, executor: Counting) -> None:
        self.executor, self.folder = executor, home / "sounds"
        self.assets, self.search = Assets(db), Search(db)
        calls = Calls(executor, Cache(home / "cache", home / "work"), 1)
        listener = Listener(calls, ModelStore(home / "models"))
        self.db, self.listener = db, listener
        self.use("this")

    def use(self, reader: str) -> None:
        """reader: what reads files from now on."""
        self.scanner = Scanner(self.assets, self.listener, Unreadable(self.db, reader), at_once=2)

    def write(self, name: str, hz: float = 80.0) -> Path:
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        at_s = np.arange(int(0.3 * RATE)) / RATE
        soundfile.write(path, 0.8 * np.exp(-at_s * 15) * np.sin(2 * np.pi * hz * at_s), RATE)
        return path

    async def scan(self) -> Context:
        self.executor.calls.clear()
        context = Context({"path": str(self.folder)})
        self.warnings = await self.scanner.run(context)
        return context

    async def names(self, **query: Any) -> list[str]:
        return sorted(asset.name for asset in (await self.search.find(Query(**query)))[0])


@pytest.fixture
async def house(db: Database, tmp_path: Path) -> AsyncIterator[House]:
    executor = Counting()
    await executor.start()
    yield House(db, tmp_path, executor)
    await executor.stop()


async def test_a_scan_hears_each_file_once_in_few_calls_and_again_only_what_changed(house: House) -> None:
    for number in range(CALL_FILES + 3):
        house.write(f"pack/kick {number}.wav", 50 + number)
    context = await house.scan()
    assert len(house.executor.calls) == 2
    assert len(set(house.executor.heard)) == CALL_FILES + 3
    assert context.told[-1][0] == 1.0
    assert house.warnings == []
    assets, _ = await house.search.find(Query(text="kick", limit=100))
    assert len(assets) == CALL_FILES + 3
    assert {asset.kind for asset in assets} == {"one-shot"}
    assert all(asset.label and asset.confidence is not None for asset in assets)
    assert all(("kick", "file name") in [(tag.label, tag.origin) for tag in asset.tags] for asset in assets)

    await house.scan()
    assert house.executor.heard == []
    changed = house.write("pack/kick 3.wav", 400)
    os.utime(changed, ns=(1, 1))
    (house.folder / "pack/kick 4.wav").rename(house.folder / "moved.wav")
    house.write("new.wav", 999)
    context = await house.scan()
    assert sorted(house.executor.heard) == ["kick 3.wav", "moved.wav", "new.wav"]
    total = CALL_FILES + 4
    assert context.told[1] == ((total - 3) / total, f"3 of {total} files are new or have changed")
    assert context.told[-1][0] == 1.0
    (moved,) = [
        asset for asset in (await house.search.find(Query(limit=100)))[0] if "moved.wav" in str(asset.paths)
    ]
    assert moved.name == "kick 4.wav"
    assert moved.paths == (str(house.folder / "moved.wav"),)


async def test_bad_files_are_told_with_their_reason_and_cost_nobody_else(house: House) -> None:
    house.write("good.wav")
    (house.folder / "empty.wav").write_bytes(b"")
    (house.folder / "words.flac").write_text("not a sound")
    await house.scan()
    assert await house.names() == ["good.wav"]
    assert len(house.warnings) == 2
    assert all(any(name in line for line in house.warnings) for name in ("empty.wav", "words.flac"))


async def test_a_bad_file_is_told_by_each_scan_and_opened_again_once_it_has_changed(house: House) -> None:
    house.write("good.wav")
    bad = [house.folder / name for name in ("a.wav", "b.wav", "c.wav")]
    for number, path in enumerate(bad):
        path.write_text(f"not a sound {number}")
    await house.scan()
    assert set(house.executor.heard) == {"good.wav", "a.wav", "b.wav", "c.wav"}
    told = house.warnings
    assert [line.split(":")[0] for line in told] == [str(path) for path in bad]

    context = await house.scan()
    assert house.executor.heard == [] and house.warnings == told
    assert context.result == {"files": 4, "heard": 0, "unreadable": 3, "missing": 0}
    assert context.told[-1] == (0.0, "0 of 4 files are new or have changed")

    os.utime(bad[0], ns=(1, 1))
    house.write("b.wav", 300)
    bad[2].unlink()
    (house.folder / "good.wav").unlink()
    context = await house.scan()
    assert sorted(house.executor.heard) == ["a.wav", "b.wav"] and house.warnings == told[:1]
    assert context.result == {"files": 2, "heard": 1, "unreadable": 1, "missing": 1}
    assert await house.names() == ["b.wav"]

    (house.folder / "b.wav").rename(house.folder / "moved.wav")
    context = await house.scan()
    assert context.result == {"files": 2, "heard": 1, "unreadable": 1, "missing": 1}  # that which was deleted
    (house.folder / "moved.wav").rename(house.folder / "b.wav")
    await house.scan()

    house.use("another")  # it may know how to read it
    await house.scan()
    assert house.executor.heard == ["a.wav"] and house.warnings == told[:1]
    await house.scan()
    assert house.executor.heard == [] and house.warnings == told[:1]


async def test_a_known_file_that_became_unreadable_is_opened_once_and_is_known_again_when_it_is_back(
    house: House,
) -> None:
    path = house.write("kick.wav")
    await house.scan()
    sound = path.read_bytes()
    for _ in range(2):
        path.write_bytes(sound[:20])
        os.utime(path, ns=(5, 5))
        await house.scan()
        assert len(house.warnings) == 1 and "kick.wav" in house.warnings[0]
    assert house.executor.heard == []
    path.write_bytes(sound)
    await house.scan()
    assert house.executor.heard == ["kick.wav"] and house.warnings == []
    await house.scan()
    assert house.executor.heard == [] and house.warnings == []


@pytest.mark.skipif(not Path("/proc/self/mem").exists(), reason="needs a file whose reading the system refuses")
async def test_a_file_that_the_disk_refuses_is_tried_again_by_each_scan(house: House) -> None:
    house.write("good.wav")
    (house.folder / "refused.wav").symlink_to("/proc/self/mem")
    for _ in range(2):
        await house.scan()
        assert "refused.wav" in house.executor.heard and "refused.wav" in house.warnings[0]


async def test_a_link_that_leads_nowhere_is_told_and_costs_no_other_file_of_its_folder(house: House) -> None:
    house.write("in/good.wav")
    for one, other in (("a.wav", "b.wav"), ("b.wav", "a.wav")):
        (house.folder / "in" / one).symlink_to(other)
        (house.folder / one).symlink_to(other)
    house.write("top.wav", 200)
    await house.scan()
    assert await house.names() == ["good.wav", "top.wav"]
    assert sorted(line.split(":")[0] for line in house.warnings) == sorted(
        str(house.folder / each) for each in ("a.wav", "b.wav", "in/a.wav", "in/b.wav")
    )


async def test_a_file_that_ends_the_worker_is_found_among_the_others(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ROADIE_FAILPOINT", "worker.step.before")  # every call dies ...
    for number in range(3):
        house.write(f"{number}.wav", 100 + number)
    await house.scan()
    assert await house.names() == []
    assert len(house.warnings) == 3
    assert all("ended the worker" in line for line in house.warnings)
    monkeypatch.delenv("ROADIE_FAILPOINT")
    await house.scan()  # ... and nothing of that is remembered
    assert len(await house.names()) == 3


async def test_what_is_in_the_cloud_is_named_and_never_opened(house: House) -> None:
    house.write("Dropbox/here.wav")
    away = house.folder / "Dropbox" / "away.wav"
    with away.open("wb") as file:
        file.truncate(1 << 20)  # a size and no block, as such clients show it
    (house.folder / ".pad.wav.icloud").write_bytes(b"bplist00")
    (house.folder / ".notes.txt.icloud").write_bytes(b"bplist00")
    sparse = house.folder / "elsewhere.wav"
    with sparse.open("wb") as file:
        file.truncate(1 << 20)
    await house.scan()
    assert sorted(house.executor.heard) == ["elsewhere.wav", "here.wav"]
    cloud = [line for line in house.warnings if "in the cloud" in line]
    assert len(cloud) == 2
    assert str(away) in cloud[1] and "pad.wav" in cloud[0]


async def test_what_is_too_much_to_list_stands_in_the_log(
    house: House, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(scan, "NAMED", 2)
    (house.folder / "Dropbox").mkdir(parents=True)
    for number in range(5):
        with (house.folder / "Dropbox" / f"{number}.wav").open("wb") as file:
            file.truncate(1 << 20)
    await house.scan()
    *named, more = house.warnings
    assert len(named) == 2 and more == "... and 3 more, which roadie.log names"
    logged = [record.getMessage() for record in caplog.records if "in the cloud" in record.getMessage()]
    assert len(logged) == 3 and len({*logged, *named}) == 5


async def test_what_went_to_the_cloud_after_a_scan_is_not_missing(house: House) -> None:
    path = house.write("Dropbox/kick.wav")
    await house.scan()
    path.unlink()
    with path.open("wb") as file:
        file.truncate(1 << 20)
    await house.scan()
    (asset,) = (await house.search.find(Query()))[0]
    assert not asset.missing


async def test_a_copy_of_what_roadie_made_is_heard_once_and_keeps_what_its_job_told(house: House) -> None:
    copy = house.write("pack/kick.wav")
    await house.scan()
    (asset,) = (await house.search.find(Query()))[0]
    await house.assets.remove(asset.id)
    made = NewAsset(
        asset.id, "slice", house.folder.parent / "out" / "made.wav", FileStat(1, 1, 1), made=True, job="job",
        meta={"class": "tom", "confidence": 0.9},
    )  # fmt: skip
    await house.assets.record(made)
    await house.scan()
    assert house.executor.heard == [copy.name]
    await house.scan()
    assert house.executor.heard == []
    (found,) = (await house.search.find(Query()))[0]
    assert (found.kind, found.label, found.confidence) == ("slice", "tom", 0.9)
    assert [(tag.label, tag.origin) for tag in found.tags if tag.origin == "model"] == [("tom", "model")]
    assert (
        len((await house.search.find(Query(like=Like(asset.id))))[0]) == 0
    )  # it can be compared, with nothing yet


async def test_a_drive_that_was_away_is_not_heard_again(house: House) -> None:
    house.write("drive/kick.wav")
    house.write("drive/other.wav", 300)
    await house.scan()
    drive, away = house.folder / "drive", house.folder.parent / "away"
    drive.rename(away)
    await house.scan()
    assert await house.names() == [] and await house.names(missing=True) == ["kick.wav", "other.wav"]
    away.rename(drive)
    house.write("drive/other.wav", 900)
    await house.scan()
    assert house.executor.heard == ["other.wav"]
    assert await house.names(folder=str(drive)) == ["kick.wav", "other.wav"]
    assert len(await house.names(missing=True)) == 1  # what the other one held before


async def test_an_asset_that_was_only_read_is_heard_and_one_of_a_job_keeps_its_word(house: House) -> None:
    read, made = house.write("read.wav", 300), house.write("made.wav", 200)
    await house.scan()
    ids = {asset.name: asset.id for asset in (await house.search.find(Query()))[0]}
    for id in ids.values():
        await house.assets.remove(id)
    await house.assets.record(NewAsset(ids["read.wav"], "source", read, FileStat.of(read)))  # type: ignore[arg-type]
    await house.assets.record(
        NewAsset(ids["made.wav"], "one-shot", made, FileStat.of(made), made=True, job="j",
                 meta={"class": "cowbell", "confidence": 0.9})  # type: ignore[arg-type]
    )  # fmt: skip
    await house.assets.change(ids["read.wav"], name=None, rating=None, tags=None, label="my word")
    await house.scan()
    assert house.executor.heard == ["read.wav"]
    assert (await house.assets.get(ids["made.wav"])).label == "cowbell"
    found = await house.assets.get(ids["read.wav"])
    assert (found.kind, found.label) == ("one-shot", "my word")
    assert found.meta["lufs"]


def test_batches_are_bounded_by_files_and_by_bytes() -> None:
    small = [(Path(f"{n}"), FileStat(1000, 1, 1)) for n in range(70)]
    assert [len(each) for each in batches(small)] == [32, 32, 6]
    large = [(Path(f"{n}"), FileStat(30 << 20, 1, 1)) for n in range(3)]
    assert [len(each) for each in batches(large)] == [1, 1, 1]
    assert list(batches([])) == []
