"""Requests and answers, typed once: validation, `openapi.json` and the command line come from these.

Times are seconds since the epoch (`*_at`) or seconds of audio (`*_s`); ids are opaque strings.
"""

from __future__ import annotations

from typing import Annotated, Any, Generic, Literal, TypeVar

import msgspec
from msgspec import Meta

T = TypeVar("T")

JobStateName = Literal["preparing", "queued", "running", "done", "failed", "cancelled"]
StepStateName = Literal["waiting", "queued", "running", "done", "skipped", "failed", "cancelled"]
Container = Literal["wav", "flac", "aiff", "mp3", "ogg"]
Depth = Literal["auto", "pcm16", "pcm24", "float32"]


class Request(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Base of what clients send: an unknown field is an error, never ignored."""


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    """Base of what clients get."""


class Page(Answer, Generic[T], frozen=True):
    """A part of a list; pass `next_cursor` as `cursor` to get the next one; None at the end."""

    items: list[T]
    next_cursor: str | None = None


# ---------------------------------------------------------------- jobs


class RegionSpec(Request, frozen=True):
    start_s: Annotated[float, Meta(ge=0)]
    length_s: Annotated[float, Meta(gt=0)] | None = None


class JobInput(Request, frozen=True):
    """Exactly one of path and asset."""

    path: str | None = None
    asset: str | None = None
    region: RegionSpec | None = None


class TempoPoint(Request, frozen=True):
    at_s: Annotated[float, Meta(ge=0)]
    bpm: Annotated[float, Meta(gt=0, le=999)]
    num: Annotated[int, Meta(ge=1, le=255)] = 4
    den: Literal[1, 2, 4, 8, 16, 32, 64] = 4
    ramp: bool = False


class Format(Request, frozen=True):
    container: Container = "wav"
    depth: Depth = "auto"


class DeliverSpec(Request, frozen=True):
    """Where results go. folder: absolute; layout: like "{source}/{kind}/{class}"."""

    to: list[str] = msgspec.field(default_factory=lambda: ["folder"])
    folder: str | None = None
    layout: str | None = None
    format: Format = Format()


class JobRequest(Request, frozen=True):
    recipe: str
    inputs: Annotated[list[JobInput], Meta(min_length=1, max_length=10_000)]
    params: dict[str, dict[str, Any]] = {}
    tempo_map: list[TempoPoint] | None = None
    deliver: DeliverSpec | None = None
    idempotency_key: Annotated[str, Meta(min_length=1, max_length=200)] | None = None


class JobAck(Answer, frozen=True):
    id: str
    state: JobStateName


class ErrorView(Answer, frozen=True):
    code: str
    message: str
    where: str | None = None
    hint: str | None = None


class StepView(Answer, frozen=True):
    """One step of a job for one of its inputs."""

    id: str
    step: str
    use: str
    input: str
    state: StepStateName
    progress: float
    attempt: int
    device: str | None
    reason: str | None
    error: ErrorView | None
    artifacts: list[str]


class ArtifactView(Answer, frozen=True):
    """path: where it is now (delivered, or in roadie's cache)."""

    id: str
    kind: str
    name: str
    stem: str | None
    label: str | None = msgspec.field(name="class")
    path: str
    asset: str
    delivered: bool


class InputView(Answer, frozen=True):
    id: str
    path: str
    asset: str | None
    region: RegionSpec | None
    state: JobStateName
    error: ErrorView | None


class JobView(Answer, frozen=True):
    id: str
    recipe: str
    client: str
    state: JobStateName
    progress: float
    eta_s: float | None
    created_at: float
    started_at: float | None
    finished_at: float | None
    warnings: list[str]
    error: ErrorView | None
    inputs: list[InputView]
    steps: list[StepView]
    artifacts: list[ArtifactView]
    undone: bool = False


class JobBrief(Answer, frozen=True):
    """How a job stands, and nothing else of it."""

    id: str
    recipe: str
    state: JobStateName
    progress: float
    undone: bool = False


class Kept(Answer, frozen=True):
    path: str
    why: str


class UndoView(Answer, frozen=True):
    """removed: paths taken back. kept: paths left where they are, and why. restored: files that are as they were: with
    the tags that they had, or at the place from which they were moved."""

    id: str
    removed: list[str]
    kept: list[Kept]
    restored: list[str] = []


class RecipeView(Answer, frozen=True):
    """for_scripts: it needs parameters, or a script that places what it makes: nothing to offer with a button."""

    name: str
    about: str
    origin: Literal["shipped", "user"]
    steps: list[dict[str, Any]]
    effects: list[dict[str, Any]]
    for_scripts: bool = False
    problem: str | None = None


# ---------------------------------------------------------------- library


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


class Facets(Request, frozen=True):
    """What narrows a search. q: words, each a prefix; a word like none that there is counts as a typo. key: in any
    spelling, also Camelot ("8A"); compatible: its relative and the keys a fifth away as well. folder: absolute, with
    all below. source: the asset something was made from."""

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
    source: str | None = None


class AssetQuery(Facets, frozen=True):
    """like: an asset, or an absolute path, to be near in sound; but: how the others differ from it, separated by
    commas: brighter, darker, shorter, longer, higher, lower, louder, quieter, noisier, cleaner."""

    like: str | None = None
    but: str | None = None
    sort: Literal["relevance", "added", "name", "length", "bpm", "rating"] = "relevance"
    descending: bool = False
    cursor: str | None = None
    limit: Annotated[int, Meta(ge=1, le=1000)] = 50


class AssetPatch(Request, frozen=True):
    """Only the fields given change. tags replaces the user's own tags; label is the class."""

    name: str | None = None
    rating: Annotated[int, Meta(ge=0, le=5)] | None = None
    tags: list[str] | None = None
    label: str | None = msgspec.field(name="class", default=None)


class DuplicateGroup(Answer, frozen=True):
    """Paths that hold the same payload."""

    asset: str
    paths: list[str]


class CollectionRequest(Request, frozen=True):
    name: Annotated[str, Meta(min_length=1, max_length=200)]
    assets: list[str] = []


class CollectionPatch(Request, frozen=True):
    name: str | None = None
    add: list[str] = []
    remove: list[str] = []


class CollectionView(Answer, frozen=True):
    id: str
    name: str
    assets: list[str]


class ScanRequest(Request, frozen=True):
    path: str


class ExportRequest(Request, frozen=True):
    """Copies of what a query finds, or of a collection, or of named assets, below folder."""

    folder: str
    query: AssetQuery | None = None
    collection: str | None = None
    assets: list[str] | None = None
    layout: str = "{kind}/{class}"


class StatsView(Answer, frozen=True):
    assets: int
    paths: int
    missing: int
    length_s: float
    by_kind: dict[str, int]
    by_class: dict[str, int]


# ---------------------------------------------------------------- models, system


class ModelView(Answer, frozen=True):
    name: str
    engine: str
    task: str
    about: str
    size_bytes: int | None
    licence: str
    licence_note: str | None
    source: str
    installed: bool
    bundled: bool
    sha256: str | None
    command: str


class LaneView(Answer, frozen=True):
    lane: str
    device: str
    reason: str
    size: int
    workers: int
    busy: int
    waiting: int
    paused: bool


class SystemView(Answer, frozen=True):
    version: str
    uptime_s: float
    home: str
    lanes: list[LaneView]
    models: list[ModelView]
    folders: dict[str, list[str]]
    jobs_open: int
    memory_bytes: int


class SelectionRequest(Request, frozen=True):
    """At most one of path and asset; neither clears it."""

    path: str | None = None
    asset: str | None = None


class SelectionView(Answer, frozen=True):
    path: str | None
    asset: str | None


class TransportRequest(Request, frozen=True):
    playing: bool = False
    recording: bool = False
    bpm: float | None = None


class TransportView(Answer, frozen=True):
    """said_by: who spoke last, None when nobody has."""

    playing: bool
    recording: bool
    bpm: float | None
    heavy_paused: bool
    said_by: str | None = None


class SettingsView(Answer, frozen=True):
    """What may be read and changed while the daemon runs, and what needs a restart."""

    values: dict[str, Any]
    changeable: list[str]


class SettingsPatch(Request, frozen=True):
    values: dict[str, Any]


class UploadView(Answer, frozen=True):
    id: str
    offset: int
    length: int
    asset: str | None = None


class Check(Answer, frozen=True):
    """One line of `roadie doctor`. mend: what to do; None when all is well."""

    name: str
    ok: bool
    found: str
    mend: str | None = None
