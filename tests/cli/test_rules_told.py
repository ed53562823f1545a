"""What a dry run says to a person."""

from __future__ import annotations

import pytest

from daemon.cli.rules_told import tell_dry_run, tell_undone
from daemon.services.types_jobs import Kept
from daemon.services.types_rules import DryRunCondition, DryRunFile, DryRunView, RuleUndoView


def dried(time_s: float | None, rough: bool) -> DryRunView:
    kick = DryRunFile(
        path="/in/song.wav", matches=True, because=["length_s 30 s is at least 20 s"],
        conditions=[DryRunCondition(holds=True, why="length_s 30 s is at least 20 s")],
        would=(
            {"does": "runs samples", "writes": ["/out/song/..."]}, {"does": "leaves it", "writes": [], "left": "used"},
        ),
    )  # fmt: skip
    others = [
        DryRunFile(
            path=f"/in/{n}.wav", matches=False, because=["length_s 1 s is not at least 20 s"], conditions=[]
        )
        for n in range(3)
    ]
    return DryRunView(
        rule="mine", folder="/in", files=[kick, *others], matched=1, unmatched=3, unknown=0,
        unreadable=["/in/x: no sound"], left_out=5,
        time_s=time_s, time_rough=rough, time_note="words " * 40, writes_below=["/out/song"],
    )  # fmt: skip


def test_everything_is_said_and_the_same_reason_once(capsys: pytest.CaptureFixture[str]) -> None:
    tell_dry_run(dried(90.0, True))
    told = capsys.readouterr().out
    assert "tried on 4 files below /in. Nothing was changed." in told
    assert "5 more files were not looked at" in told
    assert (
        "  matches: length_s 30 s is at least 20 s\n  runs samples\n    /out/song/...\n  leaves it: used"
        in told
    )
    assert "     3  length_s 1 s is not at least 20 s  (such as 0.wav)" in told
    assert "no sound: /in/x: no sound" in told
    assert "time on this machine: roughly 1:30\n  words" in told
    assert max(map(len, told.splitlines())) <= 100
    assert told.endswith("would write below /out/song\n")


@pytest.mark.parametrize(("time_s", "says"), [(90.0, "about 1:30"), (None, "unknown")])
def test_a_time_that_was_measured_or_is_not_known(
    capsys: pytest.CaptureFixture[str], time_s: float | None, says: str
) -> None:
    tell_dry_run(dried(time_s, False))
    assert f"time on this machine: {says}\n" in capsys.readouterr().out


def test_an_undo_names_every_file_that_it_touched(capsys: pytest.CaptureFixture[str]) -> None:
    kept = [Kept(path="/out/b.wav", why="a project uses it")]
    tell_undone(RuleUndoView(id="r", removed=["/out/a.wav"], files=["/in/song.wav"], restored=2, kept=kept))
    assert capsys.readouterr().out.splitlines() == [
        "taken back  /out/a.wav", "restored    /in/song.wav", "restored    2 changes of tags and collections",
        "kept        /out/b.wav: a project uses it",
    ]  # fmt: skip
    tell_undone(RuleUndoView(id="r", removed=[], files=["/in/song.wav"], restored=0, kept=[]))
    assert "nothing" not in capsys.readouterr().out
