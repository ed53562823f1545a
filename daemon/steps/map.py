"""map: a place in the plane for every sound, near those that sound like it; what has a place keeps it."""

from __future__ import annotations

from daemon.kernel.work import Kind, Lane
from daemon.steps.spec import Params, StepSpec

LEAST = 5  # sounds that can be laid out; fewer lie on a circle


class MapParams(Params, frozen=True):
    """There is nothing to choose."""


SPEC = StepSpec(
    name="map",
    version=1,
    params=MapParams,
    run="daemon.steps.mapping:run",
    lane=Lane.CPU,
    accepts=frozenset({Kind.VECTORS}),
)
