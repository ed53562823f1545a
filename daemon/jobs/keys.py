"""The key of a run: a hash of everything that decides its result, and of nothing else."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from daemon.kernel.types import Json, StepKey
from daemon.kernel.work import EngineChoice, InputFile, Kind
from daemon.steps.spec import StepSpec


def step_key(
    spec: StepSpec,
    inputs: Sequence[InputFile],
    params: Mapping[str, Json],
    engine: EngineChoice | None,
    seed: int,
) -> StepKey:
    """Hash of the inputs' payloads, regions and read meta, the step with its version, its parameters, the engine
    with its weights and precision, and the seed. Paths are left out: the same sound elsewhere is the same work."""
    body = {
        "step": [spec.name, spec.version],
        "inputs": [_input(each, spec.reads) for each in inputs],
        "params": dict(params),
        "engine": None
        if engine is None
        else [engine.engine, engine.version, engine.model, engine.weights, engine.precision],
        "seed": seed,
    }
    return StepKey(hashlib.blake2b(canonical(body), digest_size=20).hexdigest())


def _input(file: InputFile, reads: Sequence[str]) -> list[Any]:
    region = None if file.region is None else [file.region.start, file.region.length]
    name = "" if file.kind is Kind.SOURCE else file.name
    return [file.payload, file.kind, name, region, {key: file.meta[key] for key in reads if key in file.meta}]


def canonical(body: Any) -> bytes:
    """JSON with sorted keys: the same value gives the same bytes."""
    return msgspec.json.encode(body, order="deterministic")
