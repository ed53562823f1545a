from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from tests.listening import Heard, output
from tests.plugins.build import build, compiler

# A machine that has much else to do makes examples slow, not wrong.
settings.register_profile("unhurried", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("unhurried")


@pytest.fixture
def plugin(tmp_path: Path) -> Callable[[str], Path]:
    """Builds a test plug-in; returns its bundle."""
    if compiler() is None:
        pytest.skip("needs a C++ compiler (c++, g++ or clang++) to build its VST 3 plug-ins")
    return lambda variant: build(variant, tmp_path / "vst3")


@pytest.fixture
def heard(tmp_path: Path) -> Heard:
    return output(tmp_path)
