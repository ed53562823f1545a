"""A daemon that is killed again and again at random moments while it works."""

from __future__ import annotations

import random
import time
from dataclasses import dataclass, field
from pathlib import Path

import psutil

from tests.recovery.house import House, write_song

JOBS = 40
IN_START_UP = 0.2  # of the kills come before the daemon answers
START_UP_S = 1.0
LONGEST_S = 1.5  # a worker needs about a second for its imports, and the work is quick


@dataclass(slots=True)
class Tally:
    """kills: how many. in_work: how many found a job that was not finished. orphans: workers alive 3 s after."""

    kills: int = 0
    in_work: int = 0
    orphans: list[int] = field(default_factory=list)


def random_kills(house: House, count: int, seed: int) -> Tally:
    """Kill the daemon `count` times, asking for JOBS jobs meanwhile and for each again whenever no answer came."""
    rng = random.Random(seed)
    songs = [
        write_song(house.folder / f"song {number}.wav", number, hits=3 + number % 3) for number in range(JOBS)
    ]
    tally = Tally()
    jobs: dict[int, str] = {}
    for kill in range(count):
        house.start()
        if rng.random() < IN_START_UP:
            time.sleep(rng.uniform(0.0, START_UP_S))
        else:
            assert house.up()
            _ask(house, songs[: 1 + kill * JOBS // max(count - 1, 1)], jobs)
            time.sleep(rng.uniform(0.0, LONGEST_S))
            tally.in_work += bool(house.ask("GET", "/jobs?state=open")["items"])
        tally.orphans += _left(house.kill())
        tally.kills += 1
    house.start()
    assert house.up()
    for number, song in enumerate(songs):
        view = house.wait(house.submit(song, f"song {number}"), 120)
        assert view["state"] == "done", view
        assert jobs.get(number, view["id"]) == view["id"], "a job was lost"
    assert len(house.ask("GET", "/jobs?limit=100")["items"]) == JOBS
    return tally


def _ask(house: House, songs: list[Path], jobs: dict[int, str]) -> None:
    for number, song in enumerate(songs):
        if number not in jobs:
            jobs[number] = house.submit(song, f"song {number}")


def _left(workers: list[int]) -> list[int]:
    deadline = time.monotonic() + 3
    alive = workers
    while alive and time.monotonic() < deadline:
        alive = [pid for pid in alive if psutil.pid_exists(pid) and psutil.Process(pid).status() != "zombie"]
        time.sleep(0.05)
    return alive
