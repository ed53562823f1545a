"""The library: assets, searches, collections."""

from __future__ import annotations

from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta

from daemon.services.types import Answer, Page, Request


class TagView(Answer, frozen=True):
    label: str
    confidence: float
    origin: Literal["model", "user", "file name", "DAW"]


class AssetView(Answer, frozen=True):
    """path: where it is now, the first of `paths`. parent: the asset it was made from. likeness: to the sound that was
    asked for, 1 for the same; None in a search that is not by sound."""

    id: str
    name: str
    kind: str
    path: str | None
    paths: list[str]
    label: str | None = msgspec.field(name="class")
    confidence: float | None
    bpm: float | None
    key: str | None
    stem: str | None
    length_s: float | None
    rate_hz: int | None
    channels: int | None
    rating: int
    tags: list[TagView]
    parent: str | None
    source: str | None
    job: str | None
    missing: bool
    added_at: float
    meta: dict[str, Any]
    likeness: float | None = None


class SoundsPage(Page[AssetView], frozen=True):
    """What a search found. note: where it found nothing, what there is to say of that: a folder or a song that the
    library does not know."""

    note: str | None = None


class Facets(Request, frozen=True):
    """What narrows a search. q: words, each a prefix, also of a part of a word ("rim" of "SnareRim01"); a word like
    none that there is counts as a typo, but never its numbers. kind, class: in whatever case. key: in any spelling,
    also Camelot ("8A"); compatible, which needs a key: its relative and the keys a fifth away as well. folder:
    absolute, with all below. path: absolute, where it stands or stood when it was last seen. source: the asset
    something was made from. missing: only those whose files are gone, instead of those whose files are there."""

    text: str | None = msgspec.field(name="q", default=None)
    tag: str | None = None
    kind: str | None = None
    label: str | None = msgspec.field(name="class", default=None)
    stem: str | None = None
    bpm_min: float | None = None
    bpm_max: float | None = None
    key: str | None = None
    compatible: bool = False
    length_min: float | None = None
    length_max: float | None = None
    rating_min: int | None = None
    folder: str | None = None
    path: str | None = None
    source: str | None = None
    missing: bool = False


Sort = Literal["relevance", "added", "name", "length", "bpm", "rating"]


class AssetQuery(Facets, frozen=True):
    """like: an asset, or an absolute path, to be near in sound; but: how the others differ from it, separated by
    commas: brighter, darker, shorter, longer, higher, lower, louder, quieter, noisier, cleaner."""

    like: str | None = None
    but: str | None = None
    sort: Sort = "relevance"
    descending: bool = False
    cursor: str | None = None
    limit: Annotated[int, Meta(ge=1, le=1000)] = 50


class AssetPatch(Request, frozen=True):
    """Only the fields given change. tags replaces the user's own tags. class: what a person says it is, which wins over
    the tagger's word and is learnt from; null takes that back, and the tagger's own class and confidence are there
    again. "unsure" is the tagger's word alone."""

    name: Annotated[str, Meta(min_length=1, max_length=255, pattern=r"\S")] | None = None
    rating: Annotated[int, Meta(ge=0, le=5)] | None = None
    tags: list[str] | None = None
    label: Annotated[str, Meta(min_length=1, max_length=100)] | msgspec.UnsetType | None = msgspec.field(
        name="class", default=msgspec.UNSET
    )


class DuplicateGroup(Answer, frozen=True):
    """Paths that hold the same payload."""

    asset: str
    paths: list[str]


class CollectionRequest(Request, frozen=True):
    name: Annotated[str, Meta(min_length=1, max_length=200)]
    assets: list[str] = msgspec.field(default_factory=list)


class CollectionPatch(Request, frozen=True):
    name: Annotated[str, Meta(min_length=1, max_length=200)] | None = None
    add: list[str] = msgspec.field(default_factory=list)
    remove: list[str] = msgspec.field(default_factory=list)


class CollectionView(Answer, frozen=True):
    id: str
    name: str
    assets: list[str]


class FileRequest(Request, frozen=True):
    """path: absolute, of a file that the library knows."""

    path: str


class ScanRequest(Request, frozen=True):
    path: str


class ScanResult(Answer, frozen=True):
    """Of the audio and MIDI files of a folder: how many are there; how many of these were heard, since they are new,
    have changed or were told by another engine (of a scan that goes on after a restart: since then); how many cannot be
    read; and how many are known and missing, whose sounds stand nowhere else either, as those of moved files do."""

    files: int
    heard: int
    unreadable: int
    missing: int


class ExportRequest(Request, frozen=True):
    """Copies of what a query finds, or of a collection, or of named assets, below folder."""

    folder: str
    query: AssetQuery | None = None
    collection: str | None = None
    assets: list[str] | None = None
    layout: str = "{kind}/{class}"


class ExportResult(Answer, frozen=True):
    """How many sounds stand in the folder now, those that stood there already among them; how many could not be
    copied."""

    sounds: int
    failed: int


class StatsView(Answer, frozen=True):
    assets: int
    paths: int
    missing: int
    length_s: float
    by_kind: dict[str, int]
    by_class: dict[str, int]
