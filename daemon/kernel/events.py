"""What happened, as frozen dataclasses. The wire name comes from the class: `JobStarted` is `job.started`.

A durable event is a row of the event table, written in the same transaction as the happening itself, and has
a `seq`. Progress is told while it happens and never stored.
"""

from __future__ import annotations

import re
from dataclasses import asdict, dataclass
from typing import ClassVar

from daemon.kernel.types import Json


@dataclass(frozen=True, slots=True)
class Event:
    """Base of all events; `to_wire()` is the JSON body without `seq`."""

    durable: ClassVar[bool] = True

    @classmethod
    def wire_name(cls) -> str:
        return re.sub(r"(?<!^)(?=[A-Z])", ".", cls.__name__).lower()

    def to_wire(self) -> dict[str, Json]:
        return {"type": self.wire_name(), **asdict(self)}


@dataclass(frozen=True, slots=True)
class JobSubmitted(Event):
    job: str
    recipe: str
    client: str


@dataclass(frozen=True, slots=True)
class JobState(Event):
    """state: one of preparing, queued, running, done, failed, cancelled."""

    job: str
    recipe: str
    state: str
    progress: float


@dataclass(frozen=True, slots=True)
class JobArtifact(Event):
    """result: it is what was asked for: it was delivered, or its job delivers nothing. What is not may be dropped."""

    job: str
    artifact: str
    kind: str
    name: str
    path: str
    result: bool


@dataclass(frozen=True, slots=True)
class JobUndone(Event):
    job: str
    removed: int
    kept: int


@dataclass(frozen=True, slots=True)
class StepState(Event):
    job: str
    step: str
    input: str
    state: str
    reason: str


@dataclass(frozen=True, slots=True)
class StepProgress(Event):
    """progress: 0..1 of the step; job_progress: 0..1 of the job; eta_s: seconds left for the job, if known."""

    durable: ClassVar[bool] = False
    job: str
    step: str
    progress: float
    job_progress: float
    eta_s: float | None
    note: str


@dataclass(frozen=True, slots=True)
class AssetAdded(Event):
    asset: str
    path: str
    kind: str


@dataclass(frozen=True, slots=True)
class AssetChanged(Event):
    """origin: the run of a rule that changed it, "" for anyone else."""

    asset: str
    origin: str = ""


@dataclass(frozen=True, slots=True)
class AssetTagged(Event):
    """tags: all it has now. origin: as of AssetChanged."""

    asset: str
    tags: list[str]
    origin: str = ""


@dataclass(frozen=True, slots=True)
class AssetMoved(Event):
    """A known file has another name or folder. origin: as of AssetChanged."""

    asset: str
    path: str
    before: str
    origin: str = ""


@dataclass(frozen=True, slots=True)
class AssetRemoved(Event):
    asset: str


@dataclass(frozen=True, slots=True)
class FolderComplete(Event):
    """A folder that was being copied into a watched one is whole. files: in it, that the library knows."""

    path: str
    root: str
    files: int


@dataclass(frozen=True, slots=True)
class ProjectSaved(Event):
    """A project file in a watched folder was saved."""

    path: str


@dataclass(frozen=True, slots=True)
class ProjectRead(Event):
    """A project was read for the first time, or again because it had changed. missing: how many of the files it uses
    are not where it wants them."""

    project: str
    path: str
    kind: str
    missing: int = 0


@dataclass(frozen=True, slots=True)
class ProjectForgotten(Event):
    project: str
    path: str


@dataclass(frozen=True, slots=True)
class RuleTriggered(Event):
    """Somebody asked for a rule by name. asset, path: what it is asked for."""

    rule: str
    asset: str
    path: str
    client: str


@dataclass(frozen=True, slots=True)
class RuleDue(Event):
    """The hour of a rule that works by the clock has come. slot: which of its hours, seconds since the epoch."""

    rule: str
    slot: float


@dataclass(frozen=True, slots=True)
class RuleState(Event):
    """state: running, done, failed or stopped. event: seq of what it answers. error: why it failed or stopped."""

    rule: str
    run: str
    state: str
    event: int
    error: str


@dataclass(frozen=True, slots=True)
class RulesChanged(Event):
    """The rules were read anew. problems: one line for each file that could not be; its last good rules go on."""

    rules: list[str]
    problems: list[str]


@dataclass(frozen=True, slots=True)
class ModelInstalled(Event):
    model: str


@dataclass(frozen=True, slots=True)
class SelectionChanged(Event):
    asset: str | None
    path: str | None


@dataclass(frozen=True, slots=True)
class KitLoaded(Event):
    """pads: (MIDI note, what is on it), every key that sounds now."""

    durable: ClassVar[bool] = False
    pads: tuple[tuple[int, str], ...]


@dataclass(frozen=True, slots=True)
class TransportChanged(Event):
    durable: ClassVar[bool] = False
    playing: bool
    recording: bool
    bpm: float | None
