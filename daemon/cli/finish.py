"""A command that is a job: ask for it, wait for its end, tell what became of it."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any

from daemon.cli import failures
from daemon.cli.client import Client
from daemon.cli.output import print_json, say
from daemon.cli.session import Session, session
from daemon.cli.told import tell_job
from daemon.cli.wait import wait
from daemon.kernel.errors import UsageError
from daemon.services.types_jobs import JobAck, JobView

Figures = Callable[[dict[str, Any]], str]


def carry_out(
    ask: Callable[[Client], JobAck], *, as_json: bool, waits: bool = True, figures: Figures | None = None
) -> int:
    """Ask a daemon for a job, and finish it. figures: says what a job's result came to. Returns the exit code. Raises
    what `ask` raises, and UsageError."""
    with session(os.environ) as open_session:
        if not waits:
            may_leave(open_session)
            return finish(open_session, ask(open_session.client), waits=waits, as_json=as_json)
        job = ended(open_session, ask(open_session.client), as_json=as_json)
    if figures is not None and job.result is not None and not as_json:
        print(figures(job.result))
    return outcome(job)


def may_leave(open_session: Session) -> None:
    """Raises UsageError when nobody would be left to do the work."""
    if open_session.temporary:
        raise UsageError(
            "--no-wait needs a daemon that stays", hint="Start `roadie serve` first, or leave --no-wait out"
        )


def finish(open_session: Session, ack: JobAck, *, as_json: bool, waits: bool = True) -> int:
    """Wait for a job just asked for, unless told not to, and tell what became of it. Returns the exit code."""
    if not waits:
        print_json(ack) if as_json else print(ack.id)
        return 0
    return outcome(ended(open_session, ack, as_json=as_json))


def ended(open_session: Session, ack: JobAck, *, as_json: bool) -> JobView:
    """Wait for a job just asked for, and tell what became of it."""
    job = wait(open_session, ack.id, quiet=as_json)
    if as_json:
        print_json(job)
    else:
        tell_job(job)
    return job


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
