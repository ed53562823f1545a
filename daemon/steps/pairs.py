"""pairs: which sounds may be one hit: those whose embeddings are near each other."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta

from daemon.kernel.work import Kind, Lane
from daemon.steps.spec import Params, StepSpec


class PairsParams(Params, frozen=True):
    """likeness: cosine from which on two are a pair. Half of a sound, or one without its treble, has 0.8 and more to
    the whole. neighbours: of each sound that are looked at. first: the row from which on sounds are looked at; more:
    other rows that are."""

    likeness: Annotated[float, Meta(ge=0.0, le=1.0)] = 0.8
    neighbours: Annotated[int, Meta(ge=1, le=100)] = 16
    first: Annotated[int, Meta(ge=0)] = 0
    more: tuple[int, ...] = ()


SPEC = StepSpec(
    name="pairs",
    version=1,
    params=PairsParams,
    run="daemon.steps.likeness.pairs_run:run",
    lane=Lane.CPU,
    accepts=frozenset({Kind.VECTORS}),
)
