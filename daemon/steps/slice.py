"""slice: cut a stem at its onsets into one-shots, and on its bars into loops."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta

from daemon.kernel.work import Kind, Lane
from daemon.steps.spec import Params, StepSpec


class SliceParams(Params, frozen=True):
    """threshold: rise over all bands in dB that makes an onset; None takes what suits the stem. min_length_s and
    max_length_s: of a slice. tail_db: below its own peak, where a slice has ended. fade_ms: at an edge that is
    not at a zero crossing. min_level_db: below the loudest hit, what is quieter is bleed. keep_duplicates: cut
    every onset, not only the best of each sound. max_slices, max_loops: at most so many files. stem: what the input
    is to be taken for when nothing says what it is, such as the drums of a recording."""

    threshold: Annotated[float, Meta(ge=0.2, le=12.0)] | None = None
    min_length_s: Annotated[float, Meta(ge=0.005, le=2.0)] = 0.03
    max_length_s: Annotated[float, Meta(ge=0.1, le=30.0)] = 8.0
    tail_db: Annotated[float, Meta(ge=-96.0, le=-12.0)] = -60.0
    fade_ms: Annotated[float, Meta(ge=0.0, le=50.0)] = 2.0
    min_level_db: Annotated[float, Meta(ge=-90.0, le=0.0)] = -42.0
    keep_duplicates: bool = False
    max_slices: Annotated[int, Meta(ge=1, le=999)] = 64
    loops: bool = True
    max_loops: Annotated[int, Meta(ge=0, le=99)] = 6
    stem: Annotated[str, Meta(pattern=r"^[a-z_-]{1,40}$")] | None = None

    def __post_init__(self) -> None:
        self._in_order("min_length_s", "max_length_s")


SPEC = StepSpec(
    name="slice",
    version=3,
    params=SliceParams,
    run="daemon.steps.slicing.run:run",
    lane=Lane.CPU,
    accepts=frozenset({Kind.STEM, Kind.SOURCE}),
    reads=("stem", "bpm", "beats_per_bar", "first_downbeat_s"),
    fan_out=True,
)
