"""cut: the same part of each file. Several regions of one source are separated once, over all of them, and cut."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta

from daemon.kernel.work import Kind, Lane
from daemon.steps.spec import Params, StepSpec


class CutParams(Params, frozen=True):
    """The part, in frames of each file; length None means to the end."""

    start_frames: Annotated[int, Meta(ge=0)] = 0
    length_frames: Annotated[int, Meta(gt=0)] | None = None


SPEC = StepSpec(
    name="cut",
    version=1,
    params=CutParams,
    run="daemon.steps.cut_run:run",
    lane=Lane.CPU,
    accepts=frozenset(kind for kind in Kind if kind.audible),
    reads=("time_reference_frames", "region_start_frames"),
)
