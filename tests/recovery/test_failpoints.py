"""The daemon, or a worker, is killed at every named place; then it must be as if nothing had happened.

One home for each group of places: the start after a kill has to mend what that kill left, and is itself killed at the
next place. At the end everything that was ever asked for must stand there once and whole.
"""

from __future__ import annotations

from itertools import groupby
from pathlib import Path

import pytest

# Importing the composition root and the worker's main imports every module that declares a failpoint.
import daemon.app
import daemon.executors.local.worker  # noqa: F401
from daemon.kernel import failpoints
from tests.recovery.house import House, write_song

DIED_WITHIN_S = 30.0
# What concerns files of the user's, not results: test_users_files.py. Uploads: test_uploads.py. Removals are killed by
# tests/files.
ELSEWHERE = (
    "uploads.",
    "files.move.",
    "files.remove.",
    "files.rewrite.",
    "files.undo.before_forget",
    "files.undo.after_forget",
)


def groups() -> list[list[str]]:
    """ "files.deliver.before_rename" belongs to "files.deliver"."""
    here = [name for name in failpoints.declared() if not name.startswith(ELSEWHERE)]
    return [list(names) for _, names in groupby(here, key=lambda name: name.rpartition(".")[0])]


@pytest.mark.parametrize("names", groups(), ids=lambda names: names[0].rpartition(".")[0])
def test_nothing_is_lost_or_doubled_when_killed_at(
    names: list[str], house: House, expected: dict[str, str]
) -> None:
    songs = {name: write_song(house.folder / name / "song.wav", 1) for name in names}
    for name, song in songs.items():
        die_at(house, name, song)
    house.start()
    assert house.up()
    for name, song in songs.items():
        view = house.wait(submit(house, name, song))  # again, as a client that got no answer would
        if view["undone"]:
            house.ask("POST", f"/jobs/{view['id']}/retry")
            view = house.wait(view["id"])
        assert view["state"] == "done", view
    house.check({str(Path(name) / file): digest for name in names for file, digest in expected.items()})
    assert len(house.ask("GET", "/jobs?limit=100")["items"]) == len(names)


def submit(house: House, name: str, song: Path) -> str:
    return house.submit(song, name, deliver={"folder": str(house.out / name)})


def die_at(house: House, name: str, song: Path) -> None:
    """Work until a process dies at `name`; the daemon is dead afterwards."""
    once = house.folder / name / "died"
    if name.startswith("files.reconcile."):
        die_at_place(house, "files.deliver.after_rename", song, name, once.with_name("before"))
    die_at_place(house, name, song, name, once)


def die_at_place(house: House, place: str, song: Path, key: str, once: Path) -> None:
    house.start(ROADIE_FAILPOINT=place, ROADIE_FAILPOINT_ONCE=str(once))
    if house.up():
        try:
            job = submit(house, key, song)
            house.wait(job)
            if not once.exists():  # a place that only an undo passes
                house.ask("POST", f"/jobs/{job}/undo")
        except OSError:
            assert house.died(DIED_WITHIN_S)
    assert once.exists(), f"{place} was never passed"
    house.kill()
