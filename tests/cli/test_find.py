from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from daemon.cli.checks import all_checks
from daemon.cli.find import running
from daemon.kernel.errors import BadConfig, DiskError
from daemon.runtime import Runtime, single_daemon
from daemon.runtime import write_runtime as write_runtime_file
from tests.cli.conftest import Ran, write_runtime
from tests.fakes.daemon import FakeDaemon


def test_no_file_no_daemon(tmp_path: Path) -> None:
    assert running(tmp_path / "runtime.json") is None


def test_the_running_one_is_found(fake: FakeDaemon, held: Path) -> None:
    fake.routes["GET /recipes"] = {"items": []}
    client = running(write_runtime(held, fake.port))
    assert client is not None
    assert client.get("/recipes") == {"items": []}


def test_a_port_that_somebody_else_has_by_now_is_not_asked(
    fake: FakeDaemon, home: Path, roadie: Callable[..., Ran]
) -> None:
    """The daemon was killed: its file stays, its lock goes, and its port goes to whoever comes next."""
    (home / "daemon.lock").touch()
    path = write_runtime(home, fake.port)
    assert running(path) is None
    assert "does not run" in roadie("doctor").out
    assert fake.asked == []


def test_a_daemon_that_starts_takes_away_what_one_before_it_left(fake: FakeDaemon, home: Path) -> None:
    path = write_runtime(home, fake.port)
    with single_daemon(home / "daemon.lock", path):
        assert running(path) is None and fake.asked == []


@pytest.mark.skipif(os.name != "posix", reason="needs flock")
def test_a_command_that_looks_does_not_keep_a_daemon_from_starting(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import fcntl

    lock = home / "daemon.lock"
    lock.touch()
    with lock.open("rb") as looking:
        fcntl.flock(looking, fcntl.LOCK_SH)
        monkeypatch.setattr("daemon.runtime.time.sleep", lambda _: looking.close())
        with single_daemon(lock, home / "runtime.json"):
            assert looking.closed


def test_where_nothing_can_be_locked_the_process_is_looked_at(fake: FakeDaemon, home: Path) -> None:
    (home / "daemon.lock").mkdir()  # so that it cannot be opened
    path = write_runtime(home, fake.port)  # of process 1
    assert running(path) is None
    script = "import sys; sys.stdin.read()"
    with subprocess.Popen(
        [sys.executable, "-c", script, "daemon.cli", "serve"], stdin=subprocess.PIPE
    ) as daemon:
        path.write_text(json.dumps(json.loads(path.read_text()) | {"pid": daemon.pid}))
        assert running(path) is not None


def test_a_file_left_behind_names_nobody(fake: FakeDaemon, held: Path) -> None:
    path = write_runtime(held, fake.port)
    fake.stop()
    assert running(path) is None


def test_a_daemon_whose_token_is_out_of_reach(fake: FakeDaemon, held: Path) -> None:
    path = write_runtime(held, fake.port)
    (held / "token").unlink()
    with pytest.raises(BadConfig, match="token cannot be read"):
        running(path)


def test_a_runtime_json_that_cannot_be_written_says_so(
    home: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, roadie: Callable[..., Ran]
) -> None:
    """As where only the home of roadie is on a disk that can be written."""
    monkeypatch.delenv("ROADIE_HOME")
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("XDG_DATA_HOME", str(home))
    (tmp_path / ".roadie").touch()  # no folder
    path = tmp_path / ".roadie" / "runtime.json"
    told = Runtime(
        pid=1,
        version="1",
        home=str(home),
        http_host="::",
        http_port=80,
        osc_port=None,
        token_file="",
        command=[],
    )
    with pytest.raises(DiskError, match=r"cannot be written.*ROADIE_HOME") as raised:
        write_runtime_file(path, told)
    assert raised.value.where == str(path)
    checks = {each.name: each for each in all_checks(os.environ)}
    assert not checks["folder of runtime.json"].ok and ".roadie" in checks["folder of runtime.json"].found
    assert not checks["daemon"].ok and str(path) in checks["daemon"].found


@pytest.mark.parametrize(
    ("host", "address"),
    [
        ("127.0.0.1", "http://127.0.0.1:80"), ("0.0.0.0", "http://127.0.0.1:80"), ("::", "http://[::1]:80"),
        ("::1", "http://[::1]:80"), ("studio.local", "http://studio.local:80"),
    ],
)  # fmt: skip
def test_a_daemon_is_reached_at_an_address_that_can_be_asked(host: str, address: str) -> None:
    told = Runtime(
        pid=1, version="1", home="/", http_host=host, http_port=80, osc_port=None, token_file="", command=[]
    )
    assert told.base_url == address
