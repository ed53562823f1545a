"""edited-lyrics: words that a person wrote or corrected, as .json, .lrc, .srt and .vtt."""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta, Struct

from daemon.kernel.work import Kind, Lane
from daemon.steps.spec import Params, StepSpec

Seconds = Annotated[float, Meta(ge=0.0, le=1_000_000.0)]


class WrittenWord(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    text: Annotated[str, Meta(min_length=1, max_length=200)]
    start_s: Seconds
    end_s: Seconds
    confidence: Annotated[float, Meta(ge=0.0, le=1.0)] = 1.0


class WrittenLine(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A line as `GET /assets/{id}/lyrics` gives it. Without words it is one word to those who count them."""

    start_s: Seconds
    end_s: Seconds
    text: Annotated[str, Meta(min_length=1, max_length=2_000)]
    words: list[WrittenWord] = []


class WrittenLyrics(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """language: a code such as "en", "" when it is not known."""

    language: Annotated[str, Meta(max_length=8)] = ""
    language_confidence: Annotated[float, Meta(ge=0.0, le=1.0)] = 1.0
    length_s: Seconds | None = None
    version: Literal[1] = 1
    lines: list[WrittenLine]


class EditedLyricsParams(Params, frozen=True):
    lyrics: WrittenLyrics = WrittenLyrics(lines=[])


SPEC = StepSpec(
    name="edited-lyrics",
    version=1,
    params=EditedLyricsParams,
    run="daemon.steps.editing.lyrics_run:run",
    lane=Lane.CPU,
    accepts=frozenset(kind for kind in Kind if kind.audible),
    reads=("source",),
)
