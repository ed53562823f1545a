"""The work behind `roadie run`."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from daemon.cli import jobs_api
from daemon.cli.client import Client, Refused
from daemon.cli.finish import carry_out
from daemon.cli.request import job_request
from daemon.config import load_settings
from daemon.kernel.errors import BadParameter, NotFound
from daemon.services.types_jobs import JobAck, JobRequest


@dataclass(frozen=True, slots=True)
class RunOptions:
    recipe: str
    files: tuple[Path, ...]
    out: Path | None
    region: str | None
    sets: tuple[str, ...]
    waits: bool
    as_json: bool


def run_job(options: RunOptions) -> int:
    """Returns the exit code: 1 when the job or one of its inputs failed."""
    folder = options.out or load_settings(os.environ).delivery_folder
    request = job_request(options.recipe, options.files, folder, options.region, options.sets)
    return carry_out(lambda client: _submit(client, request), as_json=options.as_json, waits=options.waits)


def _submit(client: Client, request: JobRequest) -> JobAck:
    """Raises BadParameter for a recipe that is not there, which is asking wrongly, and Refused."""
    try:
        return jobs_api.submit(client, request)
    except Refused as refused:
        error = refused.error
        if error.code != NotFound.code:  # files and places are named by path, so it can be nothing else
            raise
        raise BadParameter(error.message.removesuffix(f". {error.hint}"), hint=error.hint) from refused
