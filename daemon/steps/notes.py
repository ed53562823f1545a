"""notes: audio into notes with times in seconds. Writing them as MIDI on a tempo map is the step `midi`."""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta

from daemon.engines.basic_pitch import SPEC as ENGINE
from daemon.kernel.work import EngineChoice, Kind, Lane
from daemon.models.store import ModelStore
from daemon.steps.spec import Params, StepSpec

_MODEL = "icassp-2022"
_Hertz = Annotated[float, Meta(gt=0.0, le=20_000.0)]


class NotesParams(Params, frozen=True):
    """mode: "mono" follows one voice, "poly" several, "raw" is Basic Pitch as it is, "auto" takes mono for bass
    and vocals and poly for the rest. onset_threshold, frame_threshold: probabilities from which a note begins
    and sounds. minimum_note_ms: shorter notes are left out; None for the mode's own (127.7; mono 45).
    minimum_hz, maximum_hz: no note outside. bends: keep how the pitch of a note moves."""

    mode: Literal["auto", "raw", "mono", "poly"] = "auto"
    onset_threshold: Annotated[float, Meta(gt=0.0, lt=1.0)] = 0.5
    frame_threshold: Annotated[float, Meta(gt=0.0, lt=1.0)] = 0.3
    minimum_note_ms: Annotated[float, Meta(ge=0.0, le=5_000.0)] | None = None
    minimum_hz: _Hertz | None = None
    maximum_hz: _Hertz | None = None
    bends: bool = True

    def __post_init__(self) -> None:
        self._in_order("minimum_hz", "maximum_hz")


def choose(params: NotesParams, store: ModelStore, device: str) -> EngineChoice:  # noqa: ARG001
    """Basic Pitch with the weights that its package ships."""
    found = store.require(_MODEL)
    return EngineChoice(
        engine=ENGINE.name,
        version=ENGINE.version,
        model=found.name,
        weights=found.sha256,
        path=found.path,
        reason="the model that ships with basic-pitch",
    )


SPEC = StepSpec(
    name="notes",
    version=1,
    params=NotesParams,
    run="daemon.steps.notation.notes_run:run",
    lane=Lane.CPU,
    accepts=frozenset({Kind.STEM, Kind.SOURCE, Kind.ONE_SHOT, Kind.LOOP}),
    reads=("stem",),
    fan_out=True,
    choose=choose,
)
