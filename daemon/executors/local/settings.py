"""What a local executor may use."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ExecutorSettings:
    """cpu_workers: size of the cpu lane, None for cores - 1. lends_core: while the heavy lane rests, the cpu lane may
    have one more call under way, up to the number of cores. heavy_threads: threads of a heavy worker, None for
    every core. device: "auto", "cuda", "mps" or "cpu". keep_alive_s: how long a worker that has nothing to do
    stays, with its models warm. warm_engines: most models one worker keeps. memory_budget_bytes: for all workers
    together, None for 85 % of the machine's memory. hang_timeout_s: longest time between two checkpoints of a step
    (loading a model counts as one). cancel_grace_s: time to answer a cancel. tick_s: how often the workers are
    looked at while there are any. steps, engines: "module:function" with which a worker finds a step's spec and
    loads an engine.
    """

    cpu_workers: int | None = None
    lends_core: bool = False
    heavy_threads: int | None = None
    device: str = "auto"
    keep_alive_s: float = 300.0
    warm_engines: int = 2
    memory_budget_bytes: int | None = None
    hang_timeout_s: float = 600.0
    cancel_grace_s: float = 3.0
    tick_s: float = 0.25
    low_priority: bool = True
    steps: str = "daemon.steps.registry:spec"
    engines: str = "daemon.engines.registry:load"
