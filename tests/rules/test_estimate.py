"""How long work would take, reckoned by hand."""

from __future__ import annotations

import pytest

from daemon.services.rule_work import Speed
from rules.estimate import ELSEWHERE, estimate


def test_what_was_measured_here_counts_before_figures_of_another_machine() -> None:
    speeds = {"separate": Speed(0.5, 3), "slice": Speed(0.25, 1)}
    found = estimate([("separate", 100.0), ("slice", 100.0), ("separate", 20.0)], speeds)
    assert (found.time_s, found.rough) == (85.0, False)
    assert "on this machine" in found.note and "roughly" not in found.note


def test_steps_that_never_ran_here_are_told_roughly_and_named() -> None:
    found = estimate([("separate", 100.0), ("notes", 100.0)], {"separate": Speed(0.5, 3)})
    assert found.rough
    assert found.time_s == pytest.approx(50.0 + 100.0 * ELSEWHERE["notes"])
    assert "notes: not measured here yet, so roughly" in found.note


def test_what_nobody_knows_is_not_pretended() -> None:
    assert estimate([("lyrics", 100.0)], {}).time_s is None
    found = estimate([("lyrics", 100.0), ("slice", 10.0)], {"slice": Speed(0.1, 1)})
    assert (found.time_s, found.rough) == (1.0, False)
    assert "without lyrics" in found.note
    assert estimate([("lyrics", 100.0)], {"lyrics": Speed(2.0, 1)}).time_s == 200.0


def test_where_nothing_is_computed_it_takes_no_time() -> None:
    found = estimate([], {})
    assert (found.time_s, found.rough) == (0.0, False)
