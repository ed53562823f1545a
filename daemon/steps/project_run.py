"""The work of project."""

from __future__ import annotations

import hashlib

import msgspec

from daemon.kernel.types import AssetId
from daemon.kernel.work import InputFile, Kind, Produced, StepResult
from daemon.projects.read import read_project
from daemon.steps.project import ProjectParams
from daemon.steps.spec import StepContext

RESULT_NAME = "project.json"


def run(context: StepContext, inputs: tuple[InputFile, ...], params: ProjectParams) -> StepResult:  # noqa: ARG001
    """One project file; `project.json` holds a `daemon.projects.model.Project`. Raises UnreadableProject,
    FileMissing, DiskError."""
    body = msgspec.json.encode(read_project(inputs[0].path))
    (context.out / RESULT_NAME).write_bytes(body)
    return StepResult((Produced(RESULT_NAME, Kind.PROJECT, AssetId(hashlib.sha256(body).hexdigest())),))
