"""edited-slices: the parts of a file that a person marked, each as a file of its own."""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta, Struct, field

from daemon.kernel.work import Kind, Lane
from daemon.steps.spec import Params, StepSpec


class MarkedSlice(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """start_frames, length_frames: in the file, at its own rate. onset_frames: where the hit itself begins; the
    start if not given. label: its class. bars: length of a loop."""

    start_frames: Annotated[int, Meta(ge=0)]
    length_frames: Annotated[int, Meta(gt=0)]
    onset_frames: Annotated[int, Meta(ge=0)] | None = None
    kind: Literal["slice", "one-shot", "loop"] = "one-shot"
    label: Annotated[str, Meta(min_length=1, max_length=60)] | None = field(name="class", default=None)
    velocity: Annotated[int, Meta(ge=1, le=127)] | None = None
    bars: Annotated[float, Meta(gt=0)] | None = None


class EditedSlicesParams(Params, frozen=True):
    """fade_ms: the most by which an edge that would click is faded."""

    slices: tuple[MarkedSlice, ...] = ()
    fade_ms: Annotated[float, Meta(ge=0.0, le=50.0)] = 2.0


SPEC = StepSpec(
    name="edited-slices",
    version=1,
    params=EditedSlicesParams,
    run="daemon.steps.editing.slices_run:run",
    lane=Lane.CPU,
    accepts=frozenset(kind for kind in Kind if kind.audible),
)
