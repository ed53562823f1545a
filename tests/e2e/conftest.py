from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.recovery.house import House


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    """A home with its daemon running."""
    made = House(tmp_path)
    made.start()
    assert made.up()
    yield made
    made.stop()
