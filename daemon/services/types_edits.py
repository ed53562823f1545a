"""Slices, notes and lyrics as a person puts them back: what `GET` gave may be changed and put as it is."""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta, field

from daemon.services.types import Request
from daemon.services.types_jobs import DeliverSpec
from daemon.steps.edited_lyrics import WrittenLyrics
from daemon.steps.edited_notes import WrittenPart
from daemon.steps.midi import TempoPoints


class SliceEdit(Request, frozen=True):
    """A part of the asset, in frames at its rate. onset_frames: where the hit itself begins. asset, name, rate: as
    `GET` told them; they change nothing."""

    start_frames: Annotated[int, Meta(ge=0)]
    length_frames: Annotated[int, Meta(gt=0)]
    onset_frames: Annotated[int, Meta(ge=0)] | None = None
    kind: Literal["slice", "one-shot", "loop"] = "one-shot"
    label: Annotated[str, Meta(min_length=1, max_length=60)] | None = field(name="class", default=None)
    velocity: Annotated[int, Meta(ge=1, le=127)] | None = None
    bars: Annotated[float, Meta(gt=0)] | None = None
    rate: int | None = None
    asset: str | None = None
    name: str | None = None


class SlicesEdit(Request, frozen=True):
    """All slices of the asset from now on."""

    items: Annotated[list[SliceEdit], Meta(min_length=1, max_length=10_000)]
    deliver: DeliverSpec | None = None


class NotesEdit(Request, frozen=True):
    """All notes of the asset from now on, one item for each stem."""

    items: Annotated[list[WrittenPart], Meta(min_length=1, max_length=32)]
    tempo_map: TempoPoints | None = None
    deliver: DeliverSpec | None = None


class LyricsEdit(Request, frozen=True):
    """All words of the asset from now on."""

    items: Annotated[list[WrittenLyrics], Meta(min_length=1, max_length=1)]
    deliver: DeliverSpec | None = None


EditRequest = SlicesEdit | NotesEdit | LyricsEdit
