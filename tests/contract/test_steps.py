"""Every step obeys the same rules."""

from __future__ import annotations

import inspect
import subprocess
import sys

import msgspec
import pytest

from daemon.executors.protocol import Lane
from daemon.kernel.reference import resolve
from daemon.kernel.work import Kind
from daemon.steps import registry
from daemon.steps.spec import Params, StepSpec

HEAVY = {
    "numpy",
    "scipy",
    "torch",
    "librosa",
    "soundfile",
    "pedalboard",
    "av",
    "onnxruntime",
    "pyloudnorm",
    "mido",
}


@pytest.fixture(params=sorted(registry.STEPS))
def spec(request: pytest.FixtureRequest) -> StepSpec:
    return registry.spec(request.param)


def test_it_is_called_what_it_is_registered_as(spec: StepSpec) -> None:
    assert registry.STEPS[spec.name].endswith(":SPEC")
    assert registry.spec(spec.name) is spec
    assert spec.version >= 1


def test_every_parameter_has_a_default_that_is_legal_and_survives_json(spec: StepSpec) -> None:
    assert issubclass(spec.params, Params)
    default = spec.params()
    assert msgspec.convert(msgspec.json.decode(msgspec.json.encode(default)), spec.params) == default


def test_an_unknown_parameter_is_refused(spec: StepSpec) -> None:
    with pytest.raises(msgspec.ValidationError, match="no_such_thing"):
        msgspec.convert({"no_such_thing": 1}, spec.params)


def test_its_work_takes_context_inputs_and_parameters(spec: StepSpec) -> None:
    assert len(inspect.signature(resolve(spec.run)).parameters) == 3


def test_it_takes_some_kind_of_file_in_some_lane(spec: StepSpec) -> None:
    assert spec.accepts and spec.accepts <= set(Kind)
    assert spec.lane in set(Lane)


def test_the_daemon_can_read_every_spec_without_loading_anything_heavy() -> None:
    code = (
        "import sys\n"
        "from daemon.steps import registry\n"
        "for name in registry.STEPS: registry.spec(name)\n"
        f"print(sorted({HEAVY!r} & set(sys.modules)))"
    )
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "[]"
