"""A daemon that is killed again and again at random moments while it works."""

from __future__ import annotations

import random
import time
from dataclasses import dataclass, field

import psutil

from tests.recovery.house import House, write_song

JOBS = 8
LONGEST_S = 2.5


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
        deadline = time.monotonic() + rng.uniform(0.2, LONGEST_S)
        wanted = min(JOBS, 1 + kill * JOBS // max(count - 1, 1))
        _ask(house, songs[:wanted], jobs, deadline)
        while time.monotonic() < deadline and house.alive:
            time.sleep(0.01)
        tally.in_work += _working(house)
        workers = house.kill()
        tally.kills += 1
        tally.orphans += _left(workers)
    house.start()
    assert house.up()
    for number, song in enumerate(songs):
        view = house.wait(house.submit(song, f"song {number}"), 120)
        assert view["state"] == "done", view
        assert jobs.get(number, view["id"]) == view["id"], "a job was lost"
    assert len(house.ask("GET", "/jobs?limit=100")["items"]) == JOBS
    return tally


def _ask(house: House, songs, jobs: dict[int, str], deadline: float) -> None:
    for number, song in enumerate(songs):
        while number not in jobs and time.monotonic() < deadline:
            try:
                jobs[number] = house.submit(song, f"song {number}")
            except OSError:
                time.sleep(0.05)


def _working(house: House) -> bool:
    try:
        return bool(house.ask("GET", "/jobs?state=open")["items"])
    except OSError:
        return False


def _left(workers: list[int]) -> list[int]:
    deadline = time.monotonic() + 3
    alive = workers
    while alive and time.monotonic() < deadline:
        alive = [pid for pid in alive if psutil.pid_exists(pid) and psutil.Process(pid).status() != "zombie"]
        time.sleep(0.05)
    return alive
