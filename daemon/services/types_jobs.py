"""Jobs: what is asked of recipes, and how it stands."""

from __future__ import annotations

from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta

from daemon.services.types import Answer, Request
from daemon.steps.midi import TempoPoints

JobStateName = Literal["preparing", "queued", "running", "done", "failed", "cancelled"]


StepStateName = Literal["waiting", "queued", "running", "done", "skipped", "failed", "cancelled"]


Container = Literal["wav", "flac", "aiff", "mp3", "ogg"]


Depth = Literal["auto", "pcm16", "pcm24", "float32"]


class RegionSpec(Request, frozen=True):
    start_s: Annotated[float, Meta(ge=0)]
    length_s: Annotated[float, Meta(gt=0)] | None = None


class JobInput(Request, frozen=True):
    """Exactly one of path and asset."""

    path: str | None = None
    asset: str | None = None
    region: RegionSpec | None = None


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
    params: dict[str, dict[str, Any]] = msgspec.field(default_factory=dict)
    tempo_map: TempoPoints | None = None
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
    """result: what a job without a recipe came to, in figures, where it counts any (`ScanResult`,
    `ExportResult`, `WriteTagsResult`)."""

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
    result: dict[str, Any] | None = None


class JobBrief(Answer, frozen=True):
    """How a job stands, and little else of it. path: of its first input, None without any; inputs: how many."""

    id: str
    recipe: str
    state: JobStateName
    progress: float
    undone: bool
    finished_at: float | None
    path: str | None
    inputs: int


class Kept(Answer, frozen=True):
    path: str
    why: str


class UndoView(Answer, frozen=True):
    """removed: paths taken back. kept: paths left where they are, and why. restored: files that are as they were: with
    the tags that they had, or at the place from which they were moved. gone: paths where the job put files that someone
    has removed or moved away since."""

    id: str
    removed: list[str]
    kept: list[Kept]
    restored: list[str] = msgspec.field(default_factory=list)
    gone: list[str] = msgspec.field(default_factory=list)


class RecipeView(Answer, frozen=True):
    """for_scripts: it needs parameters, or a script that places what it makes: nothing to offer with a button."""

    name: str
    about: str
    origin: Literal["shipped", "user"]
    steps: list[dict[str, Any]]
    effects: list[dict[str, Any]]
    for_scripts: bool = False
    problem: str | None = None
