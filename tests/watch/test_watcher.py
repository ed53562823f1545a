from __future__ import annotations

import asyncio
import ctypes
import os
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path

import pytest
from watchdog.events import FileOpenedEvent, FileSystemEventHandler
from watchdog.observers import Observer

from tests.watch.conftest import QUICK, Watch


def write(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return path


async def paths(watch: Watch) -> list[str]:
    return sorted(str(Path(path).relative_to(watch.root)) for path in await watch.arrivals.below(watch.root))


async def test_a_file_that_comes_counts_once_also_when_it_grows_slowly(watch: Watch) -> None:
    await watch.start()
    path = watch.root / "slow.wav"
    with path.open("w") as file:
        for number in range(8):
            file.write(f"part {number}")
            file.flush()
            await asyncio.sleep(0.1)
    await watch.has("asset.added", 1)
    await watch.quiet()
    assert watch.read == ["slow.wav"]
    assert [event["path"] for event in await watch.events("asset.added")] == [str(path)]


async def test_what_was_there_before_is_found(watch: Watch) -> None:
    write(watch.root / "deep" / "down" / "old.wav", "old")
    await watch.start()
    await watch.has("asset.added", 1)
    await watch.quiet()
    assert await watch.events("folder.complete") == [], "what was there has not come"


async def test_downloads_count_under_their_last_name_only(watch: Watch) -> None:
    await watch.start()
    part = write(watch.root / "song.wav.crdownload", "song")
    write(watch.root / "song.wav.asd", "analysis")
    await asyncio.sleep(0.8)
    assert watch.read == []
    part.rename(watch.root / "song.wav")
    await watch.has("asset.added", 1)
    await watch.quiet()
    assert watch.read == ["song.wav"]


async def test_a_folder_is_complete_when_all_of_it_has_come(watch: Watch) -> None:
    await watch.start()
    album = watch.root / "Album"
    for number in range(6):
        write(album / f"CD {number % 2}" / f"{number}.wav", f"song {number}")
        await asyncio.sleep(0.5)  # longer than a file settles, shorter than a folder does
        assert await watch.events("folder.complete") == []
    await watch.has("folder.complete", 1)
    await watch.quiet()
    [complete] = await watch.events("folder.complete")
    assert (complete["path"], complete["files"]) == (str(album), 6)
    added = [event["asset"] for event in await watch.events("asset.added")]
    assert len(added) == len(set(added)) == 6


async def test_a_folder_with_an_unfinished_download_is_not_complete(watch: Watch) -> None:
    await watch.start()
    write(watch.root / "Album" / "1.wav", "one")
    part = write(watch.root / "Album" / "2.wav.part", "two")
    await asyncio.sleep(2.5)
    assert await watch.events("folder.complete") == []
    part.rename(part.with_suffix(""))
    await watch.has("folder.complete", 1)
    assert (await watch.events("folder.complete"))[0]["files"] == 2


async def test_a_rename_is_followed_and_not_read_again(watch: Watch) -> None:
    await watch.start()
    before = write(watch.root / "before.wav", "same")
    await watch.has("asset.added", 1)
    before.rename(watch.root / "after.wav")
    await watch.has("asset.moved", 1)
    await watch.quiet()
    assert watch.read == ["before.wav"]
    assert await paths(watch) == ["after.wav"]
    assert len(await watch.events("asset.added")) == 1


async def test_a_renamed_folder_is_followed_and_is_no_new_one(watch: Watch) -> None:
    await watch.start()
    for number in range(3):
        write(watch.root / "Old name" / f"{number}.wav", f"song {number}")
    await watch.has("folder.complete", 1)
    (watch.root / "Old name").rename(watch.root / "New name")
    await watch.has("asset.moved", 3)
    await watch.quiet()
    assert await paths(watch) == [f"New name/{number}.wav" for number in range(3)]
    assert len(watch.read) == 3
    assert len(await watch.events("folder.complete")) == 1


async def test_a_move_through_another_place_is_known_by_its_content(watch: Watch, tmp_path: Path) -> None:
    """Moved out and, later, in again as another file: only its content says that it is the same."""
    await watch.start()
    before = write(watch.root / "before.wav", "same")
    await watch.has("asset.added", 1)
    shutil.copy(before, tmp_path / "outside.wav")
    before.unlink()
    await watch.quiet()
    assert await paths(watch) == []
    shutil.copy(tmp_path / "outside.wav", watch.root / "again.wav")
    await watch.has("asset.moved", 1)
    assert await paths(watch) == ["again.wav"]
    assert len(await watch.events("asset.added")) == 1


async def test_what_roadie_writes_does_not_come(watch: Watch, tmp_path: Path) -> None:
    await watch.start()
    source = write(tmp_path / "kick.wav", "kick")
    await asyncio.to_thread(
        watch.journal.deliver, source, watch.root / "Kit" / "kick.wav", group="job", owner="job:1", ordinal=0
    )
    await watch.quiet()
    assert watch.read == []
    write(watch.root / "Kit" / "kick.wav", "another kick, by hand")
    await watch.has("asset.added", 1)


async def test_a_deleted_file_is_missing_and_one_that_comes_back_is_known(watch: Watch) -> None:
    await watch.start()
    path = write(watch.root / "kick.wav", "kick")
    await watch.has("asset.added", 1)
    path.unlink()
    await watch.quiet()
    assert await paths(watch) == []
    write(path, "kick")
    await watch.quiet()
    assert await paths(watch) == ["kick.wav"]
    assert len(await watch.events("asset.added")) == 1


async def test_what_is_no_sound_is_told_once_and_not_read_again(watch: Watch) -> None:
    await watch.start()
    write(watch.root / "text.wav", "no sound in here")
    await watch.quiet()
    watch.watcher.rescan()
    await watch.quiet()
    assert watch.watcher.counters.refused == 1
    assert [problem for problem in watch.watcher.counters.problems if "no sound" in problem]


async def test_a_saved_project_is_told_and_read_each_time(watch: Watch) -> None:
    write(watch.root / "known.rpp", "<REAPER_PROJECT")
    await watch.start()
    assert watch.projects == ["known.rpp"], "read, so that what it uses is known"
    assert await watch.events("project.saved") == [], "but it was not saved just now"
    for version in range(2):
        write(watch.root / "known.rpp", f"<REAPER_PROJECT {version}")
        await watch.has("project.saved", version + 1)
    assert watch.projects == ["known.rpp"] * 3


async def test_what_came_while_the_daemon_was_away_is_found_at_its_start(watch: Watch) -> None:
    await watch.start()
    write(watch.root / "first.wav", "first")
    await watch.has("asset.added", 1)
    await watch.watcher.stop()
    write(watch.root / "Album" / "second.wav", "second")
    (watch.root / "first.wav").rename(watch.root / "renamed.wav")
    await watch.start()
    await watch.has("folder.complete", 1)
    await watch.has("asset.moved", 1)
    await watch.quiet()
    assert await paths(watch) == ["Album/second.wav", "renamed.wav"]
    assert len(await watch.events("asset.added")) == 2


async def test_a_polled_folder_is_looked_at(watch: Watch) -> None:
    await watch.start(replace(QUICK, poll_s=0.5), polled=True)
    path = write(watch.root / "nas.wav", "nas")
    await watch.has("asset.added", 1)
    path.unlink()

    async def missing() -> bool:
        return await paths(watch) == []

    await watch.until(missing)


async def test_a_folder_that_is_not_there_yet_is_watched_once_it_is(watch: Watch) -> None:
    watch.root.rmdir()
    settings = replace(QUICK, poll_s=0.3)
    starting = asyncio.create_task(watch.start(settings))
    await asyncio.sleep(0.8)
    [watched] = watch.watcher.watched()
    assert "is not there" in (watched.problem or "")
    watch.root.mkdir()
    await starting
    write(watch.root / "kick.wav", "kick")
    await watch.has("asset.added", 1)


async def test_links_are_not_followed_and_names_that_are_no_text_are_passed_over(
    watch: Watch, tmp_path: Path
) -> None:
    outside = write(tmp_path / "outside" / "a.wav", "a").parent
    (watch.root / "link").symlink_to(outside)
    write(watch.root / os.fsdecode(b"b\xff.wav"), "b")
    await watch.start()
    write(watch.root / "c.wav", "c")
    await watch.has("asset.added", 1)
    await watch.quiet()
    assert watch.read == ["c.wav"]


async def test_a_burst_is_read_in_batches_and_one_bad_file_costs_only_itself(watch: Watch) -> None:
    await watch.start()
    for number in range(90):
        write(watch.root / f"{number}.wav", "no sound" if number == 40 else f"sound {number}")
    await watch.has("asset.added", 89)
    await watch.quiet()
    assert sorted(watch.read) == sorted(f"{number}.wav" for number in range(90) if number != 40)
    assert watch.watcher.counters.refused == 1
    assert max(watch.batches) > 1


async def test_what_is_in_the_cloud_is_not_there_yet_and_never_opened(watch: Watch, tmp_path: Path) -> None:
    """The system itself tells of every file that is opened."""
    album = watch.root / "Dropbox" / "Album"
    write(album / "here.wav", "here")
    away = album / "away.wav"
    with away.open("wb") as file:
        file.truncate(1 << 20)  # a size and no block, as such clients show it on Linux
    put_away = write(watch.root / ".pad.wav.icloud", "bplist00")
    with opened(watch.root) as names:
        await watch.start()
        await watch.has("asset.added", 1)
        await watch.quiet()
        assert watch.read == ["here.wav"]
        [watched] = watch.watcher.watched()
        assert watched.placeholders == 2
        new = watch.root / "Dropbox" / "New"
        write(new / "one.wav", "one")
        shown = tmp_path / "two.wav"
        shown.touch()
        os.truncate(shown, 1 << 20)
        shown.rename(new / "two.wav")
        await watch.has("asset.added", 2)
        await asyncio.sleep(2.0)  # well over a folder's time
        assert await watch.events("folder.complete") == [], "not all of it is there yet"
        assert {Path(name).name for name in names} & {"away.wav", "two.wav", put_away.name} == set()
    write(new / "two.wav", "two")
    await watch.has("folder.complete", 1)
    assert (await watch.events("folder.complete"))[0]["files"] == 2


async def test_roadies_own_state_in_a_watched_folder_does_not_count(watch: Watch) -> None:
    home = watch.root / "Application Support" / "roadie"
    write(home / "cache" / "before.wav", "before")
    await watch.start(replace(QUICK, own=home))
    write(home / "cache" / "after.wav", "after")
    write(watch.root / "kick.wav", "kick")
    await watch.has("asset.added", 1)
    await watch.quiet()
    assert watch.read == ["kick.wav"]


async def test_what_an_older_icloud_puts_away_is_not_missing(watch: Watch) -> None:
    await watch.start()
    path = write(watch.root / "kick.wav", "kick")
    await watch.has("asset.added", 1)
    write(watch.root / ".kick.wav.icloud", "bplist00")
    path.unlink()
    await watch.quiet()
    watch.watcher.rescan()
    await watch.quiet()
    assert await paths(watch) == ["kick.wav"]


@contextmanager
def opened(folder: Path) -> Iterator[set[str]]:
    """The files below a folder that anybody opens meanwhile."""
    names: set[str] = set()
    handler = FileSystemEventHandler()
    handler.dispatch = lambda event: names.add(os.fsdecode(event.src_path))  # type: ignore[method-assign]
    observer = Observer()
    observer.schedule(handler, str(folder), recursive=True, event_filter=[FileOpenedEvent])
    observer.start()
    try:
        yield names
        if sys.platform == "linux":
            assert names, "it is told when a file is opened"
    finally:
        observer.stop()
        observer.join(5)


@pytest.mark.skipif(sys.platform != "linux", reason="takes inotify's watches away")
async def test_what_the_system_did_not_tell_is_found_by_the_next_look(watch: Watch) -> None:
    """The system's own watch is taken away, as when its queue runs over: files come, change and go unheard."""
    old = write(watch.root / "old.wav", "old")
    gone = write(watch.root / "gone.wav", "gone")
    await watch.start(replace(QUICK, rescan_s=1.0))
    await watch.has("asset.added", 2)
    for descriptor in inotify_watches():
        inotify_remove(*descriptor)
    write(watch.root / "deep" / "new.wav", "new")
    write(old, "old, and changed")
    gone.unlink()
    await watch.has("asset.added", 4)

    async def told() -> bool:
        return await paths(watch) == ["deep/new.wav", "old.wav"]

    await watch.until(told)


def inotify_watches() -> list[tuple[int, int]]:
    """(inotify, watch) of this process, as proc(5) tells them."""
    found = []
    for info in Path("/proc/self/fdinfo").iterdir():
        with suppress(OSError):
            lines = [line.split() for line in info.read_text().splitlines() if line.startswith("inotify wd:")]
            found += [(int(info.name), int(line[1].removeprefix("wd:"), 16)) for line in lines]
    return found


def inotify_remove(descriptor: int, watch: int) -> None:
    ctypes.CDLL(None).inotify_rm_watch(descriptor, watch)
