from __future__ import annotations

import asyncio
import errno
import os
import threading
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import pytest

from daemon.files.disk import Disk
from daemon.files.journal import Journal
from daemon.jobs.effects import Deliverer, Delivery, Shipment
from daemon.jobs.held import SOURCE, Held, Ledger
from daemon.jobs.prepare import Prepared
from daemon.jobs.recipe import EffectEntry
from daemon.jobs.targets import DeliverItem
from daemon.kernel.errors import DiskFull
from daemon.kernel.types import AssetId
from daemon.kernel.work import Kind
from daemon.library.asset_records import FileStat
from daemon.library.database import Database
from daemon.library.deliveries import Deliveries
from daemon.library.job_records import Artifact
from daemon.library.jobs import Jobs, NewInput, NewJob
from daemon.library.journal import SqliteJournal
from daemon.library.search import Search

NAMES = ("bass.mid", "drums.mid", "other.mid")
EFFECT = EffectEntry("deliver-1", "deliver", ("stems",), ("plain",), None)


class Plain:
    """Files beside each other, and a list of them."""

    name = "plain"

    def plan(self, items: Sequence[DeliverItem], layout: str | None, root: Path) -> list[Path]:
        return [root / item.name for item in items]

    def sidecars(self, items: Sequence[DeliverItem], placed: Sequence[Path], root: Path) -> dict[Path, str]:
        return {root / "list.txt": "\n".join(path.name for path in placed)} if placed else {}

    def after_removal(self, removed: Sequence[Path]) -> dict[Path, str | None]:
        return {path.parent / "list.txt": None for path in removed}


class SlowDisk(Disk):
    """Holds the writing of the second file until told; refuses it when `full`."""

    def __init__(self) -> None:
        self.writes = 0
        self.full = False
        self.reached, self.go_on = threading.Event(), threading.Event()
        self.go_on.set()

    def write(self, path: Path, content: Iterable[bytes]) -> str:
        self.writes += 1
        if self.writes == 2:
            self.reached.set()
            assert self.go_on.wait(10)
            if self.full:
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(path))
        return super().write(path, content)


class House:
    def __init__(self, folder: Path) -> None:
        self.db = Database(folder / "roadie.db")
        self.db.open()
        self.out = folder / "out"
        self.disk = SlowDisk()
        self.journal = Journal(SqliteJournal(self.db), self.disk)
        self.deliverer = Deliverer(self.journal, Deliveries(self.db), {"plain": Plain()})
        self.jobs = Jobs(self.db)
        song = folder / "song.wav"
        song.write_bytes(b"song")
        self.source = Prepared(AssetId("song"), song, FileStat.of(song), {})
        self.files = []
        for name in NAMES:
            (folder / name).write_bytes(name.encode())
            self.files.append(
                Held(name, "stems", Kind.MIDI, name, folder / name, AssetId(f"a-{name}"), SOURCE, {})
            )

    async def store(self) -> None:
        await self.jobs.insert(NewJob("j", "stems", {}, {}, "cli", [NewInput("/song.wav")], "h"))
        rows = await self.jobs.plan_steps("j", "j.0", [("stems", "separate")])
        made = [
            Artifact(each.id, "j.0", rows["stems"], "midi", each.name, each.payload, str(each.path), None, {})
            for each in self.files
        ]
        await self.jobs.put_artifacts("j", "j.0", rows["stems"], made)

    async def deliver(self) -> None:
        ledger = Ledger()
        ledger.add(
            [
                Held(
                    SOURCE,
                    "input",
                    Kind.SOURCE,
                    "song.wav",
                    self.source.path,
                    self.source.asset,
                    None,
                    {"source": "song"},
                )
            ]
        )
        ledger.add(self.files)
        shipment = Shipment("j", "stems", "j.0", self.source, ledger, {})
        delivery = Delivery(self.out, None, None, "wav", "auto")
        await self.deliverer.deliver(shipment, EFFECT, delivery, self.files, [])

    def standing(self) -> set[str]:
        return {path.name for path in self.out.glob("*.mid")}

    async def known(self) -> set[str]:
        """By the library's assets and by the job's artifacts, which must agree."""
        stats = await Search(self.db).stats()
        delivered = [Path(a.delivered).name for a in (await self.jobs.get("j")).artifacts if a.delivered]
        assert stats["paths"] == len(delivered)
        return set(delivered)


@pytest.fixture
async def house(tmp_path: Path) -> Iterator[House]:
    made = House(tmp_path)
    await made.store()
    yield made
    made.db.close()


@pytest.mark.parametrize("cancels", [1, 3])
async def test_a_cancelled_delivery_ends_with_the_file_it_is_at_and_nothing_comes_later(
    house: House, cancels: int
) -> None:
    house.disk.go_on.clear()
    delivering = asyncio.create_task(house.deliver())
    await asyncio.to_thread(house.disk.reached.wait, 10)
    for _ in range(cancels):
        delivering.cancel()
        await asyncio.sleep(0.02)
    ended = delivering.done()
    house.disk.go_on.set()
    await asyncio.gather(delivering, return_exceptions=True)
    standing = house.standing()
    assert delivering.cancelled() and not ended
    assert standing == {"bass.mid", "drums.mid"} == await house.known()
    assert (house.out / "list.txt").read_text() == "bass.mid\ndrums.mid"
    await asyncio.sleep(0.2)
    assert house.standing() == standing


async def test_what_was_placed_before_the_disk_was_full_is_known_and_goes_with_an_undo(house: House) -> None:
    house.disk.full = True
    with pytest.raises(DiskFull):
        await house.deliver()
    assert house.standing() == {"bass.mid"} == await house.known()
    await house.deliver()  # there is room again
    assert house.standing() == set(NAMES) == await house.known()
    await house.deliverer.undo("j", lambda path: False)
    assert not house.out.exists()


async def test_an_undo_that_was_cut_short_after_the_files_is_finished_by_the_next(house: House) -> None:
    await house.deliver()
    house.journal.undo("j", lambda path: False)  # here the process ends: the library has not heard of it
    report = await house.deliverer.undo("j", lambda path: False)
    assert {path.name for path in report.gone} == set(NAMES)
    await house.jobs.undone("j", [str(path) for path in report.gone], 0, 0)
    assert await house.known() == set()
    assert not house.out.exists()
