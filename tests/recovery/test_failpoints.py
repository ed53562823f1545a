"""The daemon, or a worker, is killed at every named place; then it must be as if nothing had happened."""

from __future__ import annotations

from pathlib import Path

import pytest

# Importing the composition root and the worker's main imports every module that declares a failpoint.
import daemon.app
import daemon.executors.local.worker  # noqa: F401
from daemon.kernel import failpoints
from tests.recovery.house import House, write_song

DIED_WITHIN_S = 20.0


@pytest.mark.parametrize("name", failpoints.declared())
def test_nothing_is_lost_or_doubled_when_killed_at(
    name: str, house: House, expected: dict[str, str], tmp_path: Path
) -> None:
    song = write_song(tmp_path / "song.wav", 1)
    once = tmp_path / "died"
    house.start(ROADIE_FAILPOINT=name, ROADIE_FAILPOINT_ONCE=str(once))
    job = None
    if house.up():
        try:
            job = house.submit(song, "k")
            house.wait(job)
            # Places that only an undo passes.
            if not once.exists():
                house.ask("POST", f"/jobs/{job}/undo")
                house.ask("POST", f"/jobs/{job}/retry")
                house.wait(job)
        except OSError:
            assert house.died(DIED_WITHIN_S)
    assert once.exists(), f"{name} was never passed"
    house.kill()
    house.start()
    assert house.up()
    job = house.submit(song, "k")  # the same request again, as a client that got no answer would
    view = house.wait(job)
    if view["undone"]:
        house.ask("POST", f"/jobs/{job}/retry")
        view = house.wait(job)
    assert view["state"] == "done", view
    house.check(expected)
    assert len(house.ask("GET", "/jobs")["items"]) == 1
    house.stop()
