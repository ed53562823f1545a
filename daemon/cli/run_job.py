"""The work behind `roadie run`."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from daemon.cli import jobs_api
from daemon.cli.finish import carry_out
from daemon.cli.request import job_request
from daemon.config import load_settings


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
    return carry_out(
        lambda client: jobs_api.submit(client, request), as_json=options.as_json, waits=options.waits
    )
