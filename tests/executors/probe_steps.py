"""Steps that behave and misbehave, for workers started by the tests."""

from __future__ import annotations

import ctypes
import json
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from daemon.engines.protocol import Compute
from daemon.kernel.errors import UnreadableAudio
from daemon.kernel.types import AssetId
from daemon.kernel.work import EngineChoice, InputFile, Kind, Lane, Produced, StepResult
from daemon.steps.spec import Params, StepContext, StepSpec

Inputs = tuple[InputFile, ...]


class ProbeParams(Params):
    text: str = ""
    number: int = 0
    seconds_s: float = 0.0


def spec(name: str) -> StepSpec:
    return StepSpec(
        name=name,
        version=1,
        params=ProbeParams,
        run=f"{__name__}:{name}",
        lane=Lane.CPU,
        accepts=frozenset(Kind),
    )


def told(*facts: object) -> StepResult:
    return StepResult(warnings=tuple(json.dumps(fact) for fact in facts))


class Loaded:
    device = "cpu"
    reason = "a probe"

    def __init__(self, choice: EngineChoice, compute: Compute) -> None:
        self.born = time.monotonic_ns()
        self.choice = choice
        self.compute = compute


def load(choice: EngineChoice, compute: Compute) -> Loaded:
    return Loaded(choice, compute)


def write(context: StepContext, inputs: Inputs, params: ProbeParams) -> StepResult:
    (context.out / "said.txt").write_text(params.text)
    file = Produced("said.txt", Kind.NOTES, AssetId("ab" * 32), meta={"bpm": 120.5, "source": inputs[0].name})
    return StepResult((file,), device=context.device, reason=f"seed {context.seed}")


def who(context: StepContext, inputs: Inputs, params: ProbeParams) -> StepResult:
    return told(os.getpid())


def use_engine(context: StepContext, inputs: Inputs, params: ProbeParams) -> StepResult:
    engine: Any = context.engine()
    return told(os.getpid(), engine.born, engine.choice.model, engine.compute.threads)


def append(context: StepContext, inputs: Inputs, params: ProbeParams) -> StepResult:
    with Path(params.text).open("a") as file:
        file.write(f"{params.number}\n")
    return StepResult()


def environment(context: StepContext, inputs: Inputs, params: ProbeParams) -> StepResult:
    import numpy  # noqa: F401 - the library whose threads are to be capped
    from threadpoolctl import threadpool_info

    pools = [pool["num_threads"] for pool in threadpool_info()]
    heavy = [name for name in ("torch", "onnxruntime", "librosa", "asyncio", "psutil") if name in sys.modules]
    group = Path("/proc/self/autogroup")
    niceness = [os.getpriority(os.PRIO_PROCESS, 0), group.read_text().split()[-1] if group.exists() else None]
    return told(os.environ["OMP_NUM_THREADS"], pools, niceness, heavy)


def main_module(context: StepContext, inputs: Inputs, params: ProbeParams) -> StepResult:
    return told(getattr(sys.modules["__main__"], "__file__", None))


def fail_named(context: StepContext, inputs: Inputs, params: ProbeParams) -> StepResult:
    raise UnreadableAudio("there is no audio in it", where="/music/caf\udce9.wav", hint="Try another file")


def fail_bug(context: StepContext, inputs: Inputs, params: ProbeParams) -> StepResult:
    nothing: list[str] = []
    return StepResult(device=nothing[1])


def fail_type(context: StepContext, inputs: Inputs, params: ProbeParams) -> StepResult:
    return StepResult(device=b"\xff")  # type: ignore[arg-type]


def leave_python(context: StepContext, inputs: Inputs, params: ProbeParams) -> StepResult:
    raise SystemExit(4)


def run_out(context: StepContext, inputs: Inputs, params: ProbeParams) -> StepResult:
    raise MemoryError("asked for a petabyte")


def count_to(context: StepContext, inputs: Inputs, params: ProbeParams) -> StepResult:
    """`number` checkpoints, one in 10 ms."""
    for index in range(params.number):
        context.checkpoint(index / params.number, f"at {index}")
        if params.text:
            Path(params.text).write_text(str(index))
        time.sleep(0.01)
    return told(params.number)


def deaf(context: StepContext, inputs: Inputs, params: ProbeParams) -> StepResult:
    """Passes one checkpoint, then none for a minute."""
    context.checkpoint(0.0, str(os.getpid()))
    time.sleep(60)
    return StepResult()


def deaf_in_c(context: StepContext, inputs: Inputs, params: ProbeParams) -> StepResult:
    """As `deaf`, in C code that holds the interpreter's lock: no other thread of the process runs."""
    Path(params.text).write_text(str(os.getpid()))
    context.checkpoint(0.0)
    ctypes.PyDLL(None).sleep(60)
    return StepResult()


def with_child(context: StepContext, inputs: Inputs, params: ProbeParams) -> StepResult:
    child = subprocess.Popen(["sleep", "60"], close_fds=False)
    context.checkpoint(0.0, str(child.pid))
    os._exit(3)


def with_group(context: StepContext, inputs: Inputs, params: ProbeParams) -> StepResult:
    child = subprocess.Popen(["sleep", "60"], process_group=0)
    context.checkpoint(0.0, str(child.pid))
    os._exit(3)


def exit_hard(context: StepContext, inputs: Inputs, params: ProbeParams) -> StepResult:
    sys.stderr.write("last words\n")
    os._exit(7)


def segfault(context: StepContext, inputs: Inputs, params: ProbeParams) -> StepResult:
    ctypes.string_at(0)
    return StepResult()


def eat(context: StepContext, inputs: Inputs, params: ProbeParams) -> StepResult:
    """600 MB, then waits for what comes."""
    eaten = []
    for index in range(6_000):
        if index < 60:
            eaten.append(b"\x01" * 10_000_000)
        context.checkpoint(index / 6_000)
        time.sleep(0.01)
    return told(len(eaten))


def chatter(context: StepContext, inputs: Inputs, params: ProbeParams) -> StepResult:
    for _ in range(params.number):
        os.write(1, b"chatter " * 1_000)
        os.write(2, b"\r 50%|#####     |")
    return StepResult()


def wait_for(context: StepContext, inputs: Inputs, params: ProbeParams) -> StepResult:
    """Until the file `text` is there."""
    while not Path(params.text).exists():
        context.checkpoint(0.0)
        time.sleep(0.01)
    return StepResult()


class Thing:
    def __init__(self) -> None:
        self.born = time.monotonic_ns()

    def close(self) -> None:
        pass


def keep(context: StepContext, inputs: Inputs, params: ProbeParams) -> StepResult:
    return told(os.getpid(), context.keep(Thing).born)
