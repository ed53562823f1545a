"""`roadie chains apply` with the real daemon."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from tests.cli.conftest import Ran
from tests.plugins.rig import write_sound
from tests.recovery.house import House

Roadie = Callable[..., Ran]


def test_an_undo_is_offered_only_where_something_was_written(
    warm: House, roadie: Roadie, tmp_path: Path
) -> None:
    for number in (1, 2):
        write_sound(tmp_path / "in" / f"{number}.wav", number, seconds=0.2)
    command = ("chains", "apply", "tape", tmp_path / "in", "--out", tmp_path / "out")
    first = roadie(*command)
    assert first.code == 0 and "jobs undo" in first.out
    again = roadie(*command)
    assert again.code == 0 and again.out == f"in {tmp_path / 'out'}\n" and "nothing was written" in again.err
    (tmp_path / "out" / "2.wav").unlink()
    part = roadie(*command)
    assert "jobs undo" in part.out and "1 of 2 stood there already" in part.err
    assert len(list((tmp_path / "out").glob("*.wav"))) == 2


def test_a_name_that_is_taken_is_told_with_the_one_it_got(warm: House, roadie: Roadie, tmp_path: Path) -> None:
    kick = write_sound(tmp_path / "in" / "kick.wav", 1, seconds=0.2)
    before = kick.read_bytes()
    ran = roadie("chains", "apply", "tape", kick, "--out", kick)
    assert (
        ran.code == 0 and "so it is kick (2).wav" in ran.err and ran.out.startswith(f"in {tmp_path / 'in'} (")
    )
    assert kick.read_bytes() == before
