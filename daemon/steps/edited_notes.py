"""edited-notes: notes that a person wrote or corrected, as notes files; the step `midi` makes MIDI of them."""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta, Struct

from daemon.kernel.work import Kind, Lane
from daemon.steps.spec import Params, StepSpec

Seconds = Annotated[float, Meta(ge=0.0, le=1_000_000.0)]
Cents = Annotated[float, Meta(ge=-4800.0, le=4800.0)]


class WrittenNote(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A note as `GET /assets/{id}/notes` gives it: pitch as a MIDI number, bends as (time, cents from the pitch)."""

    start_s: Seconds
    end_s: Seconds
    pitch: Annotated[int, Meta(ge=0, le=127)]
    velocity: Annotated[int, Meta(ge=1, le=127)] = 100
    confidence: Annotated[float, Meta(ge=0.0, le=1.0)] = 1.0
    bends: list[tuple[Seconds, Cents]] = []


class WrittenPart(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """The notes of one stem, "" for a file that is none. mode "mono": one voice, so that bends are written."""

    stem: Annotated[str, Meta(max_length=60)] = ""
    mode: Literal["raw", "mono", "poly"] = "poly"
    length_s: Seconds | None = None
    version: Literal[1] = 1
    notes: list[WrittenNote]


class EditedNotesParams(Params, frozen=True):
    """bpm, beats_per_bar, first_downbeat_s: what is known of the file's tempo; nothing when bpm is None."""

    parts: tuple[WrittenPart, ...] = ()
    bpm: Annotated[float, Meta(ge=4.0, le=1_000.0)] | None = None
    beats_per_bar: Annotated[int, Meta(ge=1, le=32)] | None = None
    first_downbeat_s: Seconds | None = None


SPEC = StepSpec(
    name="edited-notes",
    version=1,
    params=EditedNotesParams,
    run="daemon.steps.editing.notes_run:run",
    lane=Lane.CPU,
    accepts=frozenset(kind for kind in Kind if kind.audible),
)
