from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from daemon.cli.client import Address, Client
from daemon.cli.root import run_line
from daemon.runtime import single_daemon
from tests.fakes.daemon import TOKEN, FakeDaemon
from tests.recovery.house import House


@pytest.fixture
def fake() -> Iterator[FakeDaemon]:
    with FakeDaemon() as daemon:
        yield daemon


@pytest.fixture
def client(fake: FakeDaemon) -> Client:
    return Client(Address("127.0.0.1", fake.port, TOKEN))


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty home of the test's own."""
    folder = tmp_path / "home"
    folder.mkdir()
    monkeypatch.setenv("ROADIE_HOME", str(folder))
    return folder


@pytest.fixture
def cold(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> House:
    """A home without a daemon: each command starts one of its own."""
    house = House(tmp_path)
    monkeypatch.setenv("ROADIE_HOME", str(house.home))
    monkeypatch.setenv("ROADIE_DELIVERY", str(house.out))
    return house


@pytest.fixture
def warm(cold: House) -> Iterator[House]:
    """A home with its daemon running."""
    cold.start()
    assert cold.up()
    yield cold
    cold.stop()


@pytest.fixture
def found(fake: FakeDaemon, held: Path) -> FakeDaemon:
    """The fake daemon, where commands look for a running one."""
    write_runtime(held, fake.port)
    return fake


@pytest.fixture
def held(home: Path) -> Iterator[Path]:
    """The home, with its lock held as by a daemon that runs."""
    with single_daemon(home / "daemon.lock", home / "runtime.json"):
        yield home


def write_runtime(home: Path, port: int) -> Path:
    token = home / "token"
    token.write_text(TOKEN + "\n")
    told = {
        "pid": 1,
        "version": "0.1.0",
        "home": str(home),
        "http_host": "127.0.0.1",
        "http_port": port,
        "osc_port": None,
        "token_file": str(token),
        "command": ["roadie", "serve"],
    }
    path = home / "runtime.json"
    path.write_text(json.dumps(told))
    return path


@dataclass(frozen=True)
class Ran:
    code: int
    out: str
    err: str


@pytest.fixture
def roadie(capsys: pytest.CaptureFixture[str]) -> Callable[..., Ran]:
    """Runs one command line as the terminal would."""

    def run(*arguments: object) -> Ran:
        code = run_line([str(each) for each in arguments])
        told = capsys.readouterr()
        return Ran(code, told.out, told.err)

    return run
