from __future__ import annotations

from pathlib import Path

from tests.recovery.house import House, write_song
from tests.recovery.kills import JOBS, random_kills


def test_fifty_random_kills_lose_and_double_nothing(house: House, tmp_path: Path) -> None:
    tally = random_kills(house, 50, seed=20261123)
    calm = House(tmp_path / "calm")
    calm.start()
    assert calm.up()
    try:
        for number in range(JOBS):
            song = write_song(calm.folder / f"song {number}.wav", number, hits=3 + number % 3)
            calm.wait(calm.submit(song, f"song {number}"))
        house.check(calm.delivered())
    finally:
        calm.stop()
    assert tally.kills == 50
    assert tally.in_work >= 10, "the kills came when there was nothing to lose"
    assert tally.orphans == []
