"""`roadie library learn`: the tagger learns its owner's words."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Annotated

import typer

from daemon.cli.output import AsJson

if TYPE_CHECKING:
    from daemon.services.types_jobs import JobView


def learn(
    forget: Annotated[
        bool, typer.Option("--forget", help="Go by roadie's own weights again. Your corrections stay.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Learn from the classes you corrected, new ones of yours too. Sounds like them are called so from then on.

    The sounds that roadie knows are told anew, and how many are called otherwise is said; so it is when all is
    forgotten. No file is opened for it, but for those that an older roadie scanned: with many of these it takes as long
    as a scan. With `roadie serve` running, ctrl-C leaves it to the daemon.

    \b
    Examples:
      roadie library learn
      roadie library learn --forget
    """
    raise typer.Exit(_forget(as_json) if forget else _learn(as_json))


def _learn(as_json: bool) -> int:
    from daemon.cli import library_api
    from daemon.cli.finish import outcome
    from daemon.cli.output import print_json
    from daemon.cli.session import session
    from daemon.cli.wait import wait

    with session(os.environ) as open_session:
        job = wait(open_session, library_api.learn(open_session.client).id, quiet=as_json)
    print_json(job) if as_json else _tell(job)
    return outcome(job)


def _forget(as_json: bool) -> int:
    from daemon.cli import library_api
    from daemon.cli.finish import outcome
    from daemon.cli.output import print_json
    from daemon.cli.session import session
    from daemon.cli.wait import wait

    with session(os.environ) as open_session:
        found = library_api.forget(open_session.client)
        if not as_json:
            print("Forgotten." if found.forgotten else "There was nothing to forget.")
        job = None if found.job is None else wait(open_session, found.job, quiet=as_json)
    if as_json:
        print_json(found)
    elif job is not None:
        _tell(job)
    return 0 if job is None else outcome(job)


def _tell(job: JobView) -> None:
    """What came of it, and what it passed over; of one that did not end well, what of every job is told."""
    from daemon.cli.output import on_one_line, say
    from daemon.cli.told import tell_job

    if job.state != "done":
        tell_job(job)
        return
    came, *passed_over = job.warnings
    print(on_one_line(came))
    for line in passed_over:
        say(on_one_line(line))
