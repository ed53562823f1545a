"""prepare: what a source is, its identity, its loudness, and its waveform for drawing."""

from __future__ import annotations

from daemon.kernel.work import Kind, Lane
from daemon.steps.spec import Params, StepSpec


class PrepareParams(Params, frozen=True):
    """There is nothing to choose."""


SPEC = StepSpec(
    name="prepare",
    version=1,
    params=PrepareParams,
    run="daemon.steps.prepare_run:run",
    lane=Lane.CPU,
    accepts=frozenset({Kind.SOURCE, Kind.MIDI}),
    annotates=("payload",),
    fan_out=True,
)
