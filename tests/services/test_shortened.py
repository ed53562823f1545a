"""Long lists: what is shown, what stands in the log, and that neither grows without end."""

from __future__ import annotations

import pytest

from daemon.services import shortened as module
from daemon.services.shortened import Shortening, shortened


def test_what_is_not_shown_stands_in_the_log(caplog: pytest.LogCaptureFixture) -> None:
    assert shortened(["a", "b"], 2) == ["a", "b"] and not caplog.records
    assert shortened(["a", "b", "c", "d"], 2) == ["a", "b", "... and 2 more, which roadie.log names"]
    assert [record.getMessage() for record in caplog.records] == ["c", "d"]


def test_a_list_without_end_does_not_fill_the_log(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "LOGGED", 3)
    found = Shortening(1)
    for number in range(10):
        found.add(str(number))
    assert found.lines() == ["0", "... and 9 more, of which roadie.log names 3"] and found.count == 10
    assert [record.getMessage() for record in caplog.records] == ["1", "2", "3"]
