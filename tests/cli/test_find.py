from __future__ import annotations

from pathlib import Path

import pytest

from daemon.cli.find import running
from daemon.kernel.errors import BadConfig
from tests.cli.conftest import write_runtime
from tests.fakes.daemon import FakeDaemon


def test_no_file_no_daemon(tmp_path: Path) -> None:
    assert running(tmp_path / "runtime.json") is None


def test_the_running_one_is_found(fake: FakeDaemon, home: Path) -> None:
    fake.routes["GET /recipes"] = {"items": []}
    client = running(write_runtime(home, fake.port))
    assert client is not None
    assert client.get("/recipes") == {"items": []}


def test_a_file_left_behind_names_nobody(fake: FakeDaemon, home: Path) -> None:
    path = write_runtime(home, fake.port)
    fake.stop()
    assert running(path) is None


def test_a_daemon_whose_token_is_out_of_reach(fake: FakeDaemon, home: Path) -> None:
    path = write_runtime(home, fake.port)
    (home / "token").unlink()
    with pytest.raises(BadConfig, match="token cannot be read"):
        running(path)
