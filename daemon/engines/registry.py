"""Every engine by name. Listing them imports nothing heavy; a new engine adds one line here."""

from __future__ import annotations

import os
from functools import cache

from daemon.engines.protocol import Compute, Engine, EngineSpec
from daemon.kernel.errors import NotFound
from daemon.kernel.reference import resolve
from daemon.kernel.work import EngineChoice

ENGINES = {
    "builtin": "daemon.engines.builtin:SPEC",
    "demucs": "daemon.engines.demucs:SPEC",
    "basic_pitch": "daemon.engines.basic_pitch:SPEC",
    "whisper": "daemon.engines.whisper:SPEC",
    "classifier": "daemon.engines.classifier:SPEC",
}


@cache
def spec(name: str) -> EngineSpec:
    """The spec of an engine. Raises NotFound with the names there are."""
    if name not in ENGINES:
        raise NotFound(f"there is no engine {name!r}", hint=f"Engines: {', '.join(ENGINES)}")
    found: EngineSpec = resolve(ENGINES[name])
    return found


def load(choice: EngineChoice, compute: Compute) -> Engine:
    """Import and load an engine; for workers only."""
    # Before its import, or onnxruntime makes up an id for this machine and reports to its vendor.
    os.environ["ORT_DISABLE_TELEMETRY"] = "1"
    engine: Engine = resolve(spec(choice.engine).loader).load(choice, compute)
    return engine
