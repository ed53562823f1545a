"""Near-duplicates and the map, from files on disk to what is told, with real workers."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import numpy as np
import pytest
import soundfile
import soxr

from daemon.jobs.calls import Calls
from daemon.kernel.types import AssetId
from daemon.library.alike import Alikes, MapPoints
from daemon.services.alike import CALL_FILES, AlikeFinder, batches, joined
from daemon.services.best_copy import why
from daemon.services.sound_map import Mapper, MapService, outgrown
from daemon.services.types_alike import MapQuery
from daemon.services.vectors_out import VectorsOut
from tests.services.test_scan import Context, Counting, House

RATE = 44100


def drum(seed: int) -> np.ndarray:
    rng = np.random.default_rng(seed)
    t = np.arange(int(0.4 * RATE)) / RATE
    tone = np.sin(2 * np.pi * rng.uniform(60, 2500) * t) * np.exp(-t / rng.uniform(0.03, 0.2))
    return 0.5 * tone + 0.25 * rng.standard_normal(t.size) * np.exp(-t / rng.uniform(0.01, 0.1))


class Hall(House):
    """A library with its finder and its mapper."""

    def __init__(self, db, home: Path, executor: Counting) -> None:  # type: ignore[no-untyped-def]
        super().__init__(db, home, executor)
        from daemon.jobs.cache import Cache

        cache = Cache(home / "cache", home / "work")
        calls, out = Calls(executor, cache, 1), VectorsOut(self.search, cache)
        self.alikes, self.points = Alikes(db), MapPoints(db)
        self.finder = AlikeFinder(self.search, self.alikes, calls, out)
        self.mapper = Mapper(self.points, calls, out)

    async def scan(self) -> None:
        assert await self.scanner.run(Context({"path": str(self.folder)})) == []


@pytest.fixture
async def hall(db, tmp_path: Path) -> AsyncIterator[Hall]:  # type: ignore[no-untyped-def]
    executor = Counting()
    await executor.start()
    yield Hall(db, tmp_path, executor)
    await executor.stop()


async def test_copies_are_one_group_and_the_best_is_named(hall: Hall) -> None:
    hall.folder.mkdir()
    wave = drum(1)
    soundfile.write(hall.folder / "whole.wav", wave, RATE, subtype="PCM_24")
    soundfile.write(hall.folder / "soft.wav", 0.3 * wave, RATE, subtype="PCM_16")
    soundfile.write(hall.folder / "other rate.wav", soxr.resample(wave, RATE, 32000), 32000, subtype="PCM_24")
    soundfile.write(hall.folder / "lossy.ogg", wave, RATE)
    soundfile.write(hall.folder / "hot.wav", np.clip(3 * wave, -1, 1 - 2**-15), RATE, subtype="PCM_16")
    for seed in range(2, 8):
        soundfile.write(hall.folder / f"another {seed}.wav", drum(seed), RATE)
    await hall.scan()
    assert await hall.finder.run(Context({})) == []
    groups, more = await hall.alikes.groups(None, 10)
    assert not more and len(groups) == 1
    assert groups[0].best.name == "whole.wav"
    assert {"soft.wav", "other rate.wav", "lossy.ogg"} <= {each.name for each in groups[0].others}
    assert not {f"another {seed}.wav" for seed in range(2, 8)} & {each.name for each in groups[0].others}
    assert why(groups[0].best, groups[0].others, groups[0].sound_s) in ("not clipped", "lossless")
    (hall.folder / "whole.wav").unlink()  # what is gone is no copy
    await hall.scanner.run(Context({"path": str(hall.folder)}))
    await hall.finder.run(Context({}))
    assert "whole.wav" not in {each.name for each in (await hall.alikes.groups(None, 10))[0][0].others}


def wide(seed: int) -> np.ndarray:
    """(n, 2) at 48 kHz: a hit in the middle that dies away, and a softer room at the sides which goes on."""
    rate = 48000
    rng = np.random.default_rng(seed)
    t = np.arange(rate) / rate
    hit = np.sin(2 * np.pi * 180 * t) * np.exp(-t / 0.05) + 0.4 * rng.standard_normal(t.size) * np.exp(
        -t / 0.03
    )
    room = 0.02 * rng.standard_normal((t.size, 2)) * np.exp(-t / 0.12)[:, None]
    return 0.6 * (hit[:, None] / np.abs(hit).max() + room * [1, -1])


def dithered(wave: np.ndarray, bits: int) -> np.ndarray:
    noise = np.random.default_rng(0).uniform(-0.5, 0.5, (2, *wave.shape)).sum(axis=0)
    return np.round(wave * 2 ** (bits - 1) + noise) / 2 ** (bits - 1)


@pytest.mark.parametrize("how", ["few bits", "mono", "soft at another rate", "cancels in mono", "trimmed"])
async def test_the_best_copy_is_the_one_that_lost_nothing(hall: Hall, how: str) -> None:
    hall.folder.mkdir()
    wave = wide(21)
    depth, copy, rate, bits = "PCM_24", wave, 48000, "PCM_16"
    match how:
        case "few bits":  # the noise goes on to the end of the file
            depth, copy, bits = "PCM_16", dithered(wave, 8), "PCM_U8"
        case "mono":
            depth, copy = "PCM_16", wave.mean(axis=1)
        case "soft at another rate":
            copy, rate = dithered(0.02 * soxr.resample(wave, 48000, 44100), 16), 44100
        case "cancels in mono":
            depth, copy = "PCM_16", np.stack([wave[:, 0], -wave[:, 0]], axis=1)
        case "trimmed":  # what is whole stays, also with fewer bits
            depth, copy, bits = "PCM_16", wave[: 48000 // 7], "PCM_24"
    soundfile.write(hall.folder / "copy.wav", copy, rate, subtype=bits)
    soundfile.write(hall.folder / "original.wav", wave, 48000, subtype=depth)
    await hall.scan()
    assert await hall.finder.run(Context({})) == []
    [group], _ = await hall.alikes.groups(None, 10)
    said = why(group.best, group.others, group.sound_s)
    assert (group.best.name, [each.name for each in group.others]) == ("original.wav", ["copy.wav"]), said
    assert said == {
        "few bits": "the most bits", "mono": "more channels", "soft at another rate": "the highest sample rate",
        "cancels in mono": "its channels do not cancel in mono", "trimmed": "not trimmed",
    }[how]  # fmt: skip


async def test_what_was_compared_is_not_compared_again(hall: Hall) -> None:
    def write(name: str, gain: float, seed: int) -> Path:
        path = hall.folder / name
        soundfile.write(path, gain * drum(seed), RATE, subtype="PCM_24")
        return path

    async def look() -> tuple[set[str], list[set[str]]]:
        """What was read, and the groups."""
        hall.executor.calls.clear()
        assert await hall.finder.run(Context({})) == []
        read = [each.name for call in hall.executor.calls if call.step == "compare" for each in call.inputs]
        groups, _ = await hall.alikes.groups(None, 10)
        return set(read), [{each.name for each in (group.best, *group.others)} for group in groups]

    hall.folder.mkdir()
    for seed in range(1, 4):
        write(f"first {seed}.wav", 1.0, seed)
        write(f"soft {seed}.wav", 0.4, seed)
    await hall.scan()
    pairs = [{f"first {seed}.wav", f"soft {seed}.wav"} for seed in range(1, 4)]
    read, groups = await look()
    assert set().union(*pairs) <= read and sorted(map(sorted, groups)) == sorted(map(sorted, pairs))
    assert await look() == (set(), groups)
    assert hall.executor.calls == []

    write("softer 2.wav", 0.2, 2)
    away = hall.folder / "first 3.wav"
    away.rename(hall.folder.parent / "elsewhere")
    await hall.scan()
    read, groups = await look()
    assert {"softer 2.wav", "first 2.wav"} <= read and "soft 3.wav" not in read
    assert sorted(map(sorted, groups)) == sorted(map(sorted, [pairs[0], pairs[1] | {"softer 2.wav"}]))

    (hall.folder.parent / "elsewhere").rename(away)
    await hall.scan()
    _, groups = await look()
    assert sorted(map(sorted, groups)) == sorted(map(sorted, [pairs[0], pairs[1] | {"softer 2.wav"}, pairs[2]]))


async def test_what_has_a_place_on_the_map_keeps_it(hall: Hall) -> None:
    hall.folder.mkdir()
    for seed in range(12):
        soundfile.write(hall.folder / f"{seed}.wav", drum(seed), RATE)
    await hall.scan()
    assert await hall.mapper.run(Context({"again": False})) == []
    before = await hall.points.places()
    assert len(before) == 12 and all(0 <= x <= 1 and 0 <= y <= 1 for x, y in before.values())
    assert len({(round(x, 3), round(y, 3)) for x, y in before.values()}) == 12
    for seed in range(12, 16):
        soundfile.write(hall.folder / f"{seed}.wav", drum(seed), RATE)
    soundfile.write(hall.folder / "copy.wav", 0.4 * drum(3), RATE)
    await hall.scan()
    assert await hall.points.counts() == (12, 5)
    await hall.mapper.run(Context({"again": False}))
    after = await hall.points.places()
    assert len(after) == 17
    assert {asset: after[asset] for asset in before} == before
    original = next(each for each in await hall.alikes.assets(list(after)) if each.name == "3.wav")
    copy = next(each for each in await hall.alikes.assets(list(after)) if each.name == "copy.wav")
    assert np.hypot(*np.subtract(after[copy.id], after[original.id])) < 0.05
    box = await hall.points.within(0.0, 0.0, 0.5, 1.0, 100)
    assert {each.asset for each in box} == {asset for asset, (x, _) in after.items() if x <= 0.5}
    await hall.mapper.run(Context({"again": True}))
    assert len(await hall.points.places()) == 17


async def test_the_map_tells_what_came_or_changed_since_a_version(hall: Hall) -> None:
    view = MapService(None, hall.points).view  # type: ignore[arg-type]
    assert (await view(MapQuery())).version == "0.0"
    hall.folder.mkdir()
    for seed in range(6):
        soundfile.write(hall.folder / f"{seed}.wav", drum(seed), RATE)
    await hall.scan()
    await hall.mapper.run(Context({"again": False}))
    first = await view(MapQuery())
    assert (await view(MapQuery(since=first.version))).assets == []
    assert sorted((await view(MapQuery(since="0.0"))).assets) == sorted(first.assets)
    soundfile.write(hall.folder / "new.wav", drum(9), RATE)
    await hall.scan()
    await hall.mapper.run(Context({"again": False}))
    second = await view(MapQuery(since=first.version))
    (new,) = second.assets
    assert new not in first.assets and second.placed == 7
    old = AssetId(first.assets[0])
    await hall.assets.change(old, name=None, rating=None, tags=None, label="cowbell")
    third = await view(MapQuery(since=second.version))
    assert (third.assets, third.classes) == ([old], ["cowbell"])
    assert (await view(MapQuery(since=third.version))).assets == []


async def test_a_map_of_too_few_sounds_is_made_anew(hall: Hall) -> None:
    hall.folder.mkdir()

    async def mapped(seeds: range) -> dict[str, tuple[float, float]]:
        for seed in seeds:
            soundfile.write(hall.folder / f"{seed}.wav", drum(seed), RATE)
        await hall.scan()
        await hall.mapper.run(Context({"again": False}))
        return await hall.points.places()

    few = await mapped(range(3))
    assert await mapped(range(3)) == few
    some = await mapped(range(3, 14))
    across = np.ptp(list(some.values()), axis=0)
    assert len(some) == 14 and min(across) > 0.7  # those few lay within 0.6
    more = await mapped(range(14, 16))
    assert {asset: more[asset] for asset in some} == some
    assert [outgrown(14, 139), outgrown(14, 140), outgrown(5, 6), outgrown(4, 4)] == [False, True, False, True]


async def test_an_empty_library_has_neither(hall: Hall) -> None:
    assert await hall.finder.run(Context({})) == []
    assert await hall.mapper.run(Context({})) == ["nothing was heard yet: scan a folder first"]
    assert (await hall.alikes.groups(None, 10)) == ([], None)


def test_pairs_make_groups_and_calls_have_a_bounded_number_of_files() -> None:
    assert joined([("a", "b"), ("c", "d"), ("b", "e")]) == [["a", "b", "e"], ["c", "d"]]
    chain = [(f"{i:03}", f"{i + 1:03}") for i in range(200)]
    parts = list(batches(chain))
    assert sorted(pair for part in parts for pair in part) == chain
    assert all(len({asset for pair in part for asset in pair}) <= CALL_FILES for part in parts)


def test_every_pair_is_compared_once_and_files_are_seldom_read_twice() -> None:
    """Points on a plane, each paired with the nearest: taken in order, nearly every pair would read a file again."""
    points = np.random.default_rng(8).random((800, 2))
    apart = np.hypot(*(points[:, None] - points[None]).transpose(2, 0, 1))
    near = {
        (f"{min(i, j):03}", f"{max(i, j):03}") for i in range(800) for j in map(int, np.argsort(apart[i])[1:13])
    }
    hub = {("hub", f"spoke {i}") for i in range(300)}
    pairs = sorted(near | hub)
    parts = list(batches(pairs))
    assert sorted(pair for part in parts for pair in part) == pairs
    files = [{asset for pair in part for asset in pair} for part in parts]
    assert max(map(len, files)) <= CALL_FILES
    assert sum(map(len, files)) < 0.5 * len(pairs)
