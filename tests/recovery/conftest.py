from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.recovery.house import House, write_song


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    """A home without a daemon; whatever daemon it has at the end is stopped."""
    made = House(tmp_path)
    yield made
    made.stop()


@pytest.fixture(scope="session")
def expected(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """What an undisturbed daemon delivers for the song of seed 1."""
    calm = House(tmp_path_factory.mktemp("calm"))
    calm.start()
    assert calm.up()
    try:
        view = calm.wait(calm.submit(write_song(calm.folder / "song.wav", 1), "calm"))
        assert view["state"] == "done", view
        files = calm.delivered()
        assert len(files) >= 3
        return files
    finally:
        calm.stop()
