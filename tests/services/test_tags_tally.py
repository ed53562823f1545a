"""What is counted when tags are written."""

from __future__ import annotations

from pathlib import Path

from daemon.jobs.retag import Retagged
from daemon.services.tags_tally import Tally

ONE, TWO = Path("/one.wav"), Path("/two.wav")


def test_what_a_job_wrote_before_a_restart_was_written_by_it() -> None:
    tally = Tally({str(ONE)}, dry_run=False)
    for path in (ONE, TWO):
        tally.wrote(Retagged(path, ()))
    assert (tally.result().written, tally.result().already) == (1, 1)


def test_what_is_only_taken_away_is_written_too() -> None:
    tally = Tally(set(), dry_run=True)
    tally.wrote(Retagged(ONE, (), gone=("class",)))
    tally.wrote(Retagged(TWO, ("bpm", "key"), gone=("class",)))
    assert tally.result().would_write == 2
    assert tally.lines() == [
        f"{ONE}: would take away class",
        f"{TWO}: would write bpm, key and take away class",
    ]
