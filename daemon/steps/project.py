"""project: what a DAW's project says of itself, read in a worker because it is a file from outside."""

from __future__ import annotations

from daemon.kernel.work import Kind, Lane
from daemon.steps.spec import Params, StepSpec


class ProjectParams(Params, frozen=True):
    """There is nothing to choose."""


SPEC = StepSpec(
    name="project",
    version=1,
    params=ProjectParams,
    run="daemon.steps.project_run:run",
    lane=Lane.CPU,
    accepts=frozenset({Kind.PROJECT}),
    fan_out=True,
)
