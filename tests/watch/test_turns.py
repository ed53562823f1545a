"""Which files of a burst are read together."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from pathlib import Path

import pytest
from watchdog.events import FileModifiedEvent

from daemon.watch.observer import Notepad
from daemon.watch.turns import Coming, Turns


async def taken(sizes: Sequence[int]) -> list[list[int]]:
    batches: list[list[int]] = []

    done = asyncio.Event()

    async def take(batch: Sequence[Coming]) -> None:
        batches.append([coming.size for coming in batch])
        if sum(map(len, batches)) == len(sizes):
            done.set()

    turns = Turns(take)
    for number, size in enumerate(sizes):
        turns.put(Coming(Path(f"/inbox/{number}.wav"), size))
    assert len(turns) == len(sizes)
    running = asyncio.create_task(turns.run())
    async with asyncio.timeout(30):
        await done.wait()
    running.cancel()
    return batches


@pytest.mark.parametrize(
    ("sizes", "batches"),
    [
        ([1000] * 70, [32, 32, 6]),
        ([30 << 20] * 3, [1, 1, 1]),
        ([1000, 1000, 200 << 20, 1000], [2, 1, 1]),  # a song is read alone, and in its turn
    ],
)
async def test_batches_are_bounded_by_files_and_by_bytes(sizes: list[int], batches: list[int]) -> None:
    found = await taken(sizes)
    assert [len(batch) for batch in found] == batches
    assert [size for batch in found for size in batch] == sizes


def test_many_events_of_one_file_may_have_run_over_as_well() -> None:
    woken: list[None] = []
    notepad = Notepad(lambda: woken.append(None))
    for _ in range(21):
        notepad.dispatch(FileModifiedEvent("/inbox/recording.wav"))
    notes = notepad.take()
    assert (notes.files, len(woken)) == ({Path("/inbox/recording.wav")}, 1)
    assert notes.overrun(20)
    assert not notes.overrun(21)
