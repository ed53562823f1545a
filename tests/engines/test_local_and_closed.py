"""What a library does behind our back when an engine is loaded."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

LOAD = """
import sys
from pathlib import Path
from daemon.engines import registry
from daemon.engines.protocol import Compute
from daemon.models.store import ModelStore
from daemon.kernel.work import EngineChoice

name, store = sys.argv[1], ModelStore(Path(sys.argv[2]))
if name == "basic_pitch":
    found = store.require("icassp-2022")
    choice = EngineChoice(name, registry.spec(name).version, found.name, found.sha256, found.path)
else:
    choice = EngineChoice(name, registry.spec(name).version)
registry.load(choice, Compute())
"""


@pytest.mark.skipif(os.name != "posix", reason="HOME moves the caches on POSIX only")
@pytest.mark.parametrize("name", ["basic_pitch", "builtin", "classifier"])
def test_loading_an_engine_writes_nothing_into_the_users_home(name: str, tmp_path: Path) -> None:
    home = tmp_path / "home"
    home.mkdir()
    environ = {key: value for key, value in os.environ.items() if not key.startswith("XDG_")}
    environ.pop("ORT_DISABLE_TELEMETRY", None)
    ran = subprocess.run(
        [sys.executable, "-c", LOAD, name, str(tmp_path / "models")],
        env={**environ, "HOME": str(home)}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert ran.returncode == 0, ran.stderr
    assert [str(path.relative_to(home)) for path in home.rglob("*") if path.is_file()] == []
