"""index: the graph by which assets that sound alike are found."""

from __future__ import annotations

from daemon.kernel.work import Kind, Lane
from daemon.steps.spec import Params, StepSpec


class IndexParams(Params, frozen=True):
    """There is nothing to choose."""


SPEC = StepSpec(
    name="index",
    version=1,
    params=IndexParams,
    run="daemon.steps.indexing.run:run",
    lane=Lane.CPU,
    accepts=frozenset({Kind.VECTORS}),
)
