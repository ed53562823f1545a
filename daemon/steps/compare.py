"""compare: which of these files hold the same hit, whatever its gain, rate, format and trimming."""

from __future__ import annotations

from daemon.kernel.work import Kind, Lane
from daemon.steps.spec import Params, StepSpec


class CompareParams(Params, frozen=True):
    """pairs: numbers of the inputs that are compared with each other."""

    pairs: tuple[tuple[int, int], ...] = ()


SPEC = StepSpec(
    name="compare",
    version=5,
    params=CompareParams,
    run="daemon.steps.likeness.compare_run:run",
    lane=Lane.CPU,
    accepts=frozenset(kind for kind in Kind if kind.audible),
)
