"""The work behind `roadie run`."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from daemon.cli import failures, jobs_api
from daemon.cli.output import print_json, say
from daemon.cli.request import job_request
from daemon.cli.session import Session, session
from daemon.cli.told import tell_job
from daemon.cli.wait import wait
from daemon.config import load_settings
from daemon.kernel.errors import UsageError
from daemon.services.types import JobAck, JobView


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
    with session(os.environ) as open_session:
        if not options.waits and open_session.temporary:
            raise UsageError(
                "--no-wait needs a daemon that stays",
                hint="Start `roadie serve` first, or leave --no-wait out",
            )
        ack = jobs_api.submit(open_session.client, request)
        return finish(open_session, ack, waits=options.waits, as_json=options.as_json)


def finish(open_session: Session, ack: JobAck, *, waits: bool, as_json: bool) -> int:
    """Wait for a job just asked for, unless told not to, and tell what became of it."""
    if not waits:
        print_json(ack) if as_json else print(ack.id)
        return 0
    job = wait(open_session, ack.id, quiet=as_json)
    if as_json:
        print_json(job)
    else:
        tell_job(job)
    return outcome(job)


def outcome(job: JobView) -> int:
    """0 only when every input came through and there is something to show for it."""
    if job.state != "done":
        return failures.FAILED
    if any(given.state != "done" for given in job.inputs):
        say("Some inputs failed; the results of the others are delivered.")
        return failures.FAILED
    skipped = any(step.state == "skipped" for step in job.steps)
    if skipped and not any(made.delivered for made in job.artifacts):
        say("Nothing came of it; the reasons are above.")
        return failures.FAILED
    return 0
