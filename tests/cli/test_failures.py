from __future__ import annotations

from collections.abc import Callable

import pytest

from daemon.cli import failures
from daemon.cli.client import Refused
from daemon.kernel.errors import BadParameter, DiskFull, ErrorInfo, NotFound, RoadieError
from tests.cli.conftest import Ran
from tests.fakes.daemon import FakeDaemon, problem


def test_what_where_why_and_what_to_do_each_stand_once(capsys: pytest.CaptureFixture[str]) -> None:
    error = DiskFull("the disk is full", where="/out", why="0 bytes left", hint="Make room")
    assert failures.tell(error, debug=False) == 1
    assert capsys.readouterr().err.splitlines() == [
        "error: /out: the disk is full (0 bytes left)",
        "  what to do: Make room",
    ]


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (BadParameter("x"), 2),
        (NotFound("x"), 1),
        (RoadieError("x"), 1),
        (Refused(422, ErrorInfo("bad_recipe", "x")), 2),
        (Refused(500, ErrorInfo("internal", "x")), 1),
    ],
)
def test_exit_codes(error: RoadieError, code: int) -> None:
    assert failures.tell(error, debug=False) == code


def test_the_daemons_problem_reaches_the_person(found: FakeDaemon, roadie: Callable[..., Ran]) -> None:
    found.routes["POST /jobs/j9/retry"] = lambda _: problem(
        409, "conflict", "j9: the job is still running. Cancel it first", where="j9", hint="Cancel it first"
    )
    ran = roadie("jobs", "retry", "j9")
    assert (ran.code, ran.out) == (1, "")
    assert ran.err.splitlines() == [
        "error: j9: the job is still running",
        "  what to do: Cancel it first",
    ]


def test_debug_shows_where(found: FakeDaemon, roadie: Callable[..., Ran]) -> None:
    assert "Traceback" not in roadie("jobs", "show", "nothing").err
    assert "Traceback" in roadie("--debug", "jobs", "show", "nothing").err


def test_a_fault_of_roadies_own_is_a_sentence(found: FakeDaemon, roadie: Callable[..., Ran]) -> None:
    found.routes["GET /recipes"] = {"wrong": "shape"}
    ran = roadie("recipes")
    assert ran.code == 1
    assert "Traceback" not in ran.err
    assert "--debug" in ran.err
