from __future__ import annotations

from collections.abc import Iterator
from typing import Any, cast

import pytest

from daemon.cli import wait as waiting
from daemon.cli.client import Client
from daemon.cli.session import Session
from daemon.cli.wait import Interrupted, wait
from tests.fakes.daemon import FakeDaemon, job_view


class _Own:
    """A session whose daemon ends with the command."""

    temporary = True

    def __init__(self, client: Client) -> None:
        self.client = client


def _ctrl_c(*_: object) -> Iterator[Any]:
    raise KeyboardInterrupt


@pytest.mark.parametrize(("home_stays", "told"), [(True, True), (False, False)])
def test_ctrl_c_names_retry_only_where_the_job_can_still_be_asked_for(
    fake: FakeDaemon, client: Client, home_stays: bool, told: bool,
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    """The demo's home, with its jobs, is gone when the demo has ended."""
    fake.routes |= {"GET /jobs/j1": job_view(), "POST /jobs/j1/cancel": {"id": "j1", "state": "cancelled"}}
    monkeypatch.setattr(waiting, "watch", _ctrl_c)
    with pytest.raises(Interrupted):
        wait(cast("Session", _Own(client)), "j1", quiet=True, home_stays=home_stays)
    said = capsys.readouterr().err
    assert "Cancelled the job j1" in said
    assert ("jobs retry" in said) is told
