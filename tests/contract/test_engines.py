"""Every engine obeys the same rules."""

from __future__ import annotations

import subprocess
import sys

import pytest

from daemon.engines import registry
from daemon.engines.protocol import EngineSpec, Task
from daemon.kernel.errors import NotFound
from daemon.kernel.reference import resolve

METHOD = {Task.SEPARATE: "separate", Task.NOTES: "notes", Task.LYRICS: "lyrics", Task.CLASSIFY: "classify"}
HEAVY = {
    "numpy",
    "scipy",
    "torch",
    "librosa",
    "demucs",
    "basic_pitch",
    "faster_whisper",
    "onnxruntime",
    "ctranslate2",
}


@pytest.fixture(params=sorted(registry.ENGINES))
def spec(request: pytest.FixtureRequest) -> EngineSpec:
    return registry.spec(request.param)


def test_it_is_called_what_it_is_registered_as_and_says_what_it_is(spec: EngineSpec) -> None:
    assert spec.name in registry.ENGINES
    assert registry.spec(spec.name) is spec
    assert spec.version and len(spec.about) > 10


def test_its_loader_names_a_class_that_does_its_task(spec: EngineSpec) -> None:
    engine = resolve(spec.loader)
    assert callable(engine.load)
    assert callable(getattr(engine, METHOD[spec.task]))


def test_an_unknown_engine_is_answered_with_those_there_are() -> None:
    with pytest.raises(NotFound, match="basic_pitch"):
        registry.spec("nothing")


def test_the_daemon_can_list_them_without_loading_anything_heavy() -> None:
    code = (
        "import sys\n"
        "from daemon.engines import registry\n"
        "for name in registry.ENGINES: registry.spec(name)\n"
        f"print(sorted({HEAVY!r} & set(sys.modules)))"
    )
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "[]"


def test_a_running_daemon_has_loaded_none_of_it() -> None:
    code = f"import sys, daemon.app; print(sorted({HEAVY!r} & set(sys.modules)))"
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "[]"
