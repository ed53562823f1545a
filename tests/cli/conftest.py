from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from daemon.cli.client import Address, Client
from daemon.cli.root import run_line
from daemon.runtime import Runtime, told_in
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
def found(fake: FakeDaemon, home: Path) -> Iterator[FakeDaemon]:
    """The fake daemon, where commands look for a running one."""
    with told_in(home / "runtime.json", runtime_of(home, fake.port)):
        yield fake


def runtime_of(home: Path, port: int) -> Runtime:
    """What a daemon says that listens at this port; its token is there."""
    token = home / "token"
    token.write_text(TOKEN + "\n")
    return Runtime(
        pid=os.getpid(), version="0.1.0", home=str(home), http_host="127.0.0.1", http_port=port, osc_port=None,
        token_file=str(token), command=["roadie", "serve"],
    )  # fmt: skip


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
