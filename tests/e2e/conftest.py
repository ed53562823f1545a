from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.recovery.house import House


@pytest.fixture(scope="module")
def daemon(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """One daemon for the tests of a module: they ask for different things and deliver into folders of their own."""
    made = House(tmp_path_factory.mktemp("house"))
    made.start()
    assert made.up()
    yield made
    made.stop()


@pytest.fixture
def house(daemon: House, tmp_path: Path) -> House:
    """The running daemon, delivering into this test's own folder."""
    daemon.out = tmp_path / "out"
    return daemon
