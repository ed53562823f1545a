"""Waits for a job of this command, and answers ctrl-C."""

from __future__ import annotations

from daemon.cli import jobs_api
from daemon.cli.follow import Snapshot, fetch, follow
from daemon.cli.output import say
from daemon.cli.progress import display, watch
from daemon.cli.session import Session
from daemon.services.types_jobs import JobView


class Interrupted(KeyboardInterrupt):
    """ctrl-C, after it was said what becomes of the job."""


def wait(session: Session, job_id: str, *, quiet: bool = False, home_stays: bool = True) -> JobView:
    """Show the job until it has ended. home_stays: it can still be asked for when the command has ended. Raises
    Interrupted on ctrl-C."""
    try:
        last: Snapshot = watch(follow(session, job_id), display(quiet=quiet))
    except KeyboardInterrupt:
        _let_go(session, job_id, home_stays)
        raise Interrupted from None
    return last.job


def _let_go(session: Session, job_id: str, home_stays: bool) -> None:
    """A job of a daemon that stays goes on; one whose daemon ends with this command is cancelled."""
    if not session.temporary:
        say(
            f"The job goes on in the daemon. `roadie jobs show {job_id}` looks, `roadie jobs cancel {job_id}` stops it."
        )
        return
    if fetch(session.client, job_id).state not in ("done", "failed", "cancelled"):
        jobs_api.cancel(session.client, job_id)
    again = f" `roadie jobs retry {job_id}` takes it up." if home_stays else ""
    say(f"Cancelled the job {job_id}: its daemon ran only for this command.{again}")
