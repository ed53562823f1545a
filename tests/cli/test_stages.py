from __future__ import annotations

from typing import Any

import msgspec
import pytest

from daemon.cli.follow import Doing, Snapshot
from daemon.cli.progress import LineDisplay, fitting, picture, watch
from daemon.cli.stages import stages
from daemon.services.types_jobs import JobView
from tests.fakes.daemon import job_view, step_view


def job(state: str = "running", **changes: Any) -> JobView:
    return msgspec.convert(job_view(state, **changes), JobView)


def snapshot(state: str = "running", **changes: Any) -> Snapshot:
    view = job(state, **changes)
    return Snapshot(view, view.progress, view.eta_s)


def test_a_step_names_its_input_by_file() -> None:
    assert [(stage.step, stage.input) for stage in stages(job(), {})] == [
        ("stems", "song.flac"),
        ("slices", "song.flac"),
    ]


@pytest.mark.parametrize(
    ("runs", "state"),
    [
        (["done", "done"], "done"),
        (["done", "skipped"], "done"),
        (["skipped", "skipped"], "skipped"),
        (["done", "waiting"], "running"),
        (["done", "running", "failed"], "running"),
        (["done", "failed"], "failed"),
        (["waiting", "waiting"], "waiting"),
    ],
)
def test_several_runs_are_one_stage(runs: list[str], state: str) -> None:
    steps = [step_view("clean", each, id=f"r{i}") for i, each in enumerate(runs)]
    (stage,) = stages(job(steps=steps), {})
    assert (stage.state, stage.runs, stage.done) == (state, len(runs), runs.count("done"))


def test_a_stage_is_as_far_as_its_runs_on_average() -> None:
    steps = [step_view("clean", "done", id="a"), step_view("clean", "running", id="b")]
    (stage,) = stages(job(steps=steps), {"b": Doing(0.5, "kick 3")})
    assert (stage.progress, stage.note) == (0.75, "kick 3")


def test_the_reason_is_that_of_the_state_shown() -> None:
    error = {"code": "unreadable_audio", "message": "song.flac: not audio", "where": None, "hint": None}
    steps = [step_view("stems", "done", reason="fine"), step_view("stems", "failed", id="x", error=error)]
    (stage,) = stages(job(steps=steps), {})
    assert stage.why == "song.flac: not audio"


def test_lines_are_written_once_for_each_change(capsys: pytest.CaptureFixture[str]) -> None:
    skipped = step_view("lyrics", "skipped", reason="the model is not installed")
    end = snapshot("done", steps=[step_view("stems", "done"), skipped])
    begin = snapshot("running", steps=[step_view("stems", "running"), step_view("lyrics", "waiting")])
    assert watch([begin, begin, end, end], LineDisplay()) is end
    assert capsys.readouterr().err.splitlines() == [
        "samples j1: running",
        "  stems of song.flac: running",
        "  stems of song.flac: done",
        "  lyrics of song.flac: skipped: the model is not installed",
        "samples j1: done",
    ]


def test_the_picture_shows_stage_progress_and_time_left() -> None:
    text = picture(snapshot("running"), 24, 83.0).plain
    head, first, second = text.splitlines()
    assert "50%" in head and "running 1:23, 0:12 left" in head
    assert "stems" in first and "✓" in first and "song.flac" in first
    assert "slices" in second and "0%" in second


def test_more_stages_than_rows_keep_what_runs() -> None:
    steps = [step_view(f"s{i}", "done") for i in range(30)] + [step_view("now", "running")]
    kept, hidden = fitting(stages(job(steps=steps), {}), 5)
    assert len(kept) == 5 and hidden == 26
    assert "now" in [stage.step for stage in kept]
    assert len(picture(snapshot(steps=steps), 10, 0.0).plain.splitlines()) == 10


def test_hostile_names_are_shown_as_they_are() -> None:
    view = job_view("running")
    view["inputs"][0]["path"] = "/music/[bold]x[red].wav"
    text = picture(Snapshot(msgspec.convert(view, JobView), 0.5, None), 24, 0.0).plain
    assert "[bold]x[red].wav" in text
