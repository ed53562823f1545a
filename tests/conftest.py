from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.plugins.build import build, compiler


@pytest.fixture
def plugin(tmp_path: Path) -> Callable[[str], Path]:
    """Builds a test plug-in; returns its bundle."""
    if compiler() is None:
        pytest.skip("needs a C++ compiler (c++, g++ or clang++) to build its VST 3 plug-ins")
    return lambda variant: build(variant, tmp_path / "vst3")
