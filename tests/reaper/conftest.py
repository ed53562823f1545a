from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from tests.reaper.session import Reaper, write
from tests.recovery.house import House

RATE = 44100


@pytest.fixture(scope="module")
def daemon(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """One daemon for the tests of a module, with the method that needs no weights."""
    made = House(tmp_path_factory.mktemp("house"))
    made.start()
    assert made.up()
    yield made
    made.stop()


@pytest.fixture
def reaper(daemon: House, tmp_path: Path) -> Reaper:
    return Reaper(tmp_path / "REAPER", daemon.home)


@pytest.fixture(scope="session")
def song(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Eight seconds: a bass tone, a chord, and drum hits every half second."""
    rng = np.random.default_rng(7)
    time = np.arange(8 * RATE) / RATE
    bass = 0.2 * np.sin(2 * np.pi * 55.0 * time)
    chord = sum(0.05 * np.sin(2 * np.pi * each * time) for each in (220.0, 277.2, 329.6))
    drums = np.zeros_like(time)
    for hit in range(16):
        start = hit * RATE // 2
        length = int(0.12 * RATE)
        decay = np.exp(-np.arange(length) / (0.03 * RATE))
        drums[start : start + length] += 0.3 * decay * rng.standard_normal(length)
    left, right = bass + drums + chord, bass + drums + 0.6 * chord
    return write(tmp_path_factory.mktemp("audio") / "It's 100% süß.wav", np.stack([left, right], axis=1))
