from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest

from daemon.cli.checks import all_checks
from daemon.cli.find import running
from daemon.kernel.errors import BadConfig, DiskError
from daemon.runtime import Runtime, told_in
from tests.cli.conftest import Ran, runtime_of
from tests.fakes.daemon import FakeDaemon


def left_behind(home: Path, port: int) -> Path:
    """The file of a daemon that was killed."""
    path = home / "runtime.json"
    path.write_bytes(msgspec.json.encode(runtime_of(home, port)))
    return path


def test_no_file_no_daemon(tmp_path: Path) -> None:
    assert running(tmp_path / "runtime.json") is None


def test_the_running_one_is_found(found: FakeDaemon, home: Path) -> None:
    found.routes["GET /recipes"] = {"items": []}
    client = running(home / "runtime.json")
    assert client is not None
    assert client.get("/recipes") == {"items": []}


def test_one_that_does_not_answer_is_none(found: FakeDaemon, home: Path) -> None:
    found.stop()
    assert running(home / "runtime.json") is None


def test_a_daemon_whose_token_is_out_of_reach(found: FakeDaemon, home: Path) -> None:
    (home / "token").unlink()
    with pytest.raises(BadConfig, match="token cannot be read"):
        running(home / "runtime.json")


def test_a_file_left_behind_names_nobody_whoever_has_the_port_by_now(
    fake: FakeDaemon, home: Path, roadie: Callable[..., Ran]
) -> None:
    path = left_behind(home, fake.port)
    assert running(path) is None
    assert "does not run" in roadie("doctor").out
    assert fake.asked == []


def test_the_file_is_the_owners_and_goes_with_the_daemon(home: Path) -> None:
    path = left_behind(home, 1)
    with told_in(path, runtime_of(home, 2)):
        assert running(path) is None and path.exists()  # nobody listens there
        assert os.name != "posix" or path.stat().st_mode & 0o777 == 0o600
    assert not path.exists() and list(home.glob(".runtime*")) == []


@pytest.mark.skipif(os.name != "posix", reason="there every file can be locked")
def test_where_nothing_can_be_locked_the_process_is_looked_at(
    fake: FakeDaemon, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def no_locks(*_: object) -> None:
        raise OSError(37, "No locks available")

    monkeypatch.setattr("daemon.runtime.fcntl.flock", no_locks)
    path = left_behind(home, fake.port)
    assert running(path) is None and fake.asked == []
    script = "import sys; sys.stdin.read()"
    with subprocess.Popen(
        [sys.executable, "-c", script, "daemon.cli", "serve"], stdin=subprocess.PIPE
    ) as daemon:
        path.write_bytes(
            msgspec.json.encode(msgspec.structs.replace(runtime_of(home, fake.port), pid=daemon.pid))
        )
        assert running(path) is not None


def test_a_runtime_json_that_cannot_be_written_says_so(
    home: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """As where only the home of roadie is on a disk that can be written."""
    monkeypatch.delenv("ROADIE_HOME")
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("XDG_DATA_HOME", str(home))
    (tmp_path / ".roadie").touch()  # no folder
    path = tmp_path / ".roadie" / "runtime.json"
    with (
        pytest.raises(DiskError, match=r"cannot be written.*ROADIE_HOME") as raised,
        told_in(path, runtime_of(home, 1)),
    ):
        pass
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
