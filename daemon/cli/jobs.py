"""`roadie jobs`: the queue, and what became of what was asked."""

from __future__ import annotations

import os
from typing import Annotated

import typer

from daemon.cli.group import group, without_verb
from daemon.cli.output import AsJson, NoWait

app = group()

JobId = Annotated[str, typer.Argument(metavar="ID", help="The job, as `roadie jobs` lists it.")]
State = Annotated[
    str | None,
    typer.Option(
        "--state", metavar="STATE", help="Only these: preparing, queued, running, done, failed, cancelled."
    ),
]
Follow = Annotated[bool, typer.Option("--follow", help="Wait for its end.")]
Limit = Annotated[int, typer.Option("--limit", metavar="N", min=1, max=10_000, help="At most so many.")]


@app.callback(invoke_without_command=True)
def jobs(context: typer.Context, as_json: AsJson = False) -> None:
    """The queue: what runs, what waits, what is done. Without a verb, lists it.

    \b
    Examples:
      roadie jobs
      roadie jobs show ID
      roadie jobs undo ID
    """
    without_verb(context, as_json, list_jobs)


@app.command("list")
def list_jobs(state: State = None, limit: Limit = 20, as_json: AsJson = False) -> None:
    """List jobs, newest first.

    \b
    Example:
      roadie jobs list --state failed
    """
    from daemon.cli import jobs_api
    from daemon.cli.output import print_json, print_table
    from daemon.cli.session import session
    from daemon.cli.told import job_row

    with session(os.environ) as open_session:
        found = jobs_api.listed(open_session.client, state, limit)
    if as_json:
        print_json(found)
        return
    headings = ("id", "recipe", "state", "progress", "asked", "took", "inputs")
    print_table(headings, map(job_row, found), "There are no jobs. `roadie run full FILE` makes one.")


@app.command()
def show(job_id: JobId, follow: Follow = False, as_json: AsJson = False) -> None:
    """Show one job: its steps, what it made, what went wrong.

    \b
    Example:
      roadie jobs show ID --follow
    """
    from daemon.cli.follow import ENDED, fetch
    from daemon.cli.output import print_json
    from daemon.cli.session import session
    from daemon.cli.told import tell_job, tell_steps
    from daemon.cli.wait import wait

    with session(os.environ) as open_session:
        job = fetch(open_session.client, job_id)
        if follow and job.state not in ENDED:
            job = wait(open_session, job_id, quiet=as_json)
    if as_json:
        print_json(job)
        return
    tell_steps(job)
    tell_job(job)


@app.command()
def cancel(job_id: JobId, as_json: AsJson = False) -> None:
    """Stop a job. What it has delivered stays; `undo` takes that back.

    \b
    Example:
      roadie jobs cancel ID
    """
    from daemon.cli import jobs_api
    from daemon.cli.output import print_json
    from daemon.cli.session import session

    with session(os.environ) as open_session:
        ack = jobs_api.cancel(open_session.client, job_id)
    print_json(ack) if as_json else print(f"{ack.id}: {ack.state}")


@app.command()
def retry(job_id: JobId, no_wait: NoWait = False, as_json: AsJson = False) -> None:
    """Do again what failed or was cancelled in a job. What was done is not done twice.

    \b
    Example:
      roadie jobs retry ID
    """
    from daemon.cli import jobs_api
    from daemon.cli.finish import carry_out

    code = carry_out(lambda client: jobs_api.retry(client, job_id), as_json=as_json, waits=not no_wait)
    raise typer.Exit(code)


@app.command()
def undo(job_id: JobId, as_json: AsJson = False) -> None:
    """Take back what a job delivered. What was changed or moved since, or a project uses, stays and is listed.

    \b
    Example:
      roadie jobs undo ID
    """
    from daemon.cli import jobs_api
    from daemon.cli.output import print_json
    from daemon.cli.session import session

    with session(os.environ) as open_session:
        undone = jobs_api.undo(open_session.client, job_id)
    if as_json:
        print_json(undone)
        return
    for path in undone.removed:
        print(f"taken back  {path}")
    for path in undone.restored:
        print(f"restored    {path}")
    for kept in undone.kept:
        print(f"kept        {kept.path}: {kept.why}")
    for path in undone.gone:
        print(f"not there   {path}: it was removed or moved since")
    if not (undone.removed or undone.restored or undone.kept or undone.gone):
        print("There was nothing to take back.")
