"""Jobs, their inputs, steps and artifacts as they are read: records, and how rows become them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import msgspec

from daemon.kernel.errors import ErrorInfo
from daemon.kernel.types import Json
from daemon.library.rows import Reader
from daemon.library.tables import ArtifactRow, InputRow, StepRow

_OF_JOBS = "WHERE job_id IN (SELECT value FROM json_each(?)) ORDER BY ordinal"
_INPUTS, _STEPS, _ARTIFACTS = (Reader(table, _OF_JOBS) for table in (InputRow, StepRow, ArtifactRow))


@dataclass(frozen=True, slots=True)
class Artifact:
    id: str
    input: str
    step: str
    kind: str
    name: str
    payload: str
    path: str
    delivered: str | None
    meta: Mapping[str, Json]


@dataclass(frozen=True, slots=True)
class StepRecord:
    id: str
    input: str
    step: str
    use: str
    state: str
    progress: float
    attempt: int
    device: str | None
    reason: str | None
    error: ErrorInfo | None
    runs: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class InputRecord:
    id: str
    path: str
    asset: str | None
    region: Mapping[str, Any] | None
    state: str
    error: ErrorInfo | None
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class JobLine:
    """A job without all that belongs to it. path: of its first input, None without any; inputs: how many."""

    id: str
    recipe: str
    state: str
    progress: float
    undone: bool
    finished_at: float | None
    path: str | None
    inputs: int


@dataclass(frozen=True, slots=True)
class JobRecord:
    id: str
    recipe: str
    recipe_body: Any
    request: Any
    client: str
    state: str
    progress: float
    warnings: tuple[str, ...]
    error: ErrorInfo | None
    undone: bool
    created_at: float
    started_at: float | None
    finished_at: float | None
    ordinal: int
    result: Any = None
    inputs: tuple[InputRecord, ...] = ()
    steps: tuple[StepRecord, ...] = ()
    artifacts: tuple[Artifact, ...] = field(default=())


def _error(value: Any) -> ErrorInfo | None:
    return None if value is None else ErrorInfo(**value)


def records_of(rows: Sequence[Any]) -> list[JobRecord]:
    """Jobs with all that belongs to them, by one query for each kind of row."""
    ids = msgspec.json.encode([row.id for row in rows]).decode()
    inputs, steps, artifacts = (_grouped(reader.all(ids)) for reader in (_INPUTS, _STEPS, _ARTIFACTS))
    return [
        JobRecord(
            row.id, row.recipe, row.recipe_body, row.request, row.client, row.state, row.progress,
            tuple(row.warnings), _error(row.error), row.undone, row.created_at, row.started_at, row.finished_at,
            row.ordinal, row.result, tuple(_input(each) for each in inputs.get(row.id, ())),
            tuple(_step(each) for each in steps.get(row.id, ())),
            tuple(artifact_of(each) for each in _as_made(row.id, inputs, steps, artifacts)),
        )
        for row in rows
    ]  # fmt: skip


_Rows = dict[str, list[Any]]
"""By their job."""


def _grouped(rows: Sequence[Any]) -> _Rows:
    groups: _Rows = {}
    for row in rows:
        groups.setdefault(row.job, []).append(row)
    return groups


def _as_made(job: str, inputs: _Rows, steps: _Rows, artifacts: _Rows) -> list[Any]:
    """A job's artifacts, input after input and step after step: "the second sound" is one that a person can find."""
    of_input, of_step = (
        {row.id: number for number, row in enumerate(rows.get(job, ()))} for rows in (inputs, steps)
    )
    return sorted(artifacts.get(job, ()), key=lambda row: (of_input[row.input], of_step[row.step]))


def _input(row: Any) -> InputRecord:
    return InputRecord(
        row.id, row.path, row.asset, row.region, row.state, _error(row.error), tuple(row.warnings)
    )


def _step(row: Any) -> StepRecord:
    return StepRecord(
        row.id, row.input, row.step, row.use, row.state, row.progress, row.attempt, row.device, row.reason,
        _error(row.error), tuple(row.runs),
    )  # fmt: skip


def artifact_of(row: Any) -> Artifact:
    return Artifact(
        row.id, row.input, row.step, row.kind, row.name, row.payload, row.path, row.delivered, row.meta
    )
