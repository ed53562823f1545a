"""A finished job in words: what was delivered, what was skipped and why, what went wrong."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from daemon.cli.failures import lines
from daemon.cli.output import console, counted, duration, print_table, say, when
from daemon.cli.stages import stages
from daemon.cli.tree import common_folder, file_tree
from daemon.kernel.errors import ErrorInfo
from daemon.services.types_jobs import ErrorView, JobView

PER_FOLDER = 12
"""A person on a terminal wants to see the shape; a program that reads the tree, all of it."""


def delivered(job: JobView) -> list[Path]:
    """Files now standing where the job put them."""
    return [Path(artifact.path) for artifact in job.artifacts if artifact.delivered]


def tell_job(job: JobView) -> None:
    """The tree on stdout; everything else beside it, on stderr."""
    paths = delivered(job)
    folder = common_folder(paths)
    if folder is not None:
        out = console()
        out.print(file_tree(folder, paths, PER_FOLDER if out.is_terminal else None))
    for line in remarks(job):
        say(line)
    say(headline(job))


def headline(job: JobView) -> str:
    """ "full: done in 1:43, 37 files delivered"."""
    text = f"{job.recipe} {job.id}: {job.state}"
    if job.started_at is not None and job.finished_at is not None:
        text += f" in {duration(job.finished_at - job.started_at)}"
    files = len(delivered(job))
    return f"{text}, {counted(files, 'file')} delivered" if files else text


def remarks(job: JobView) -> Iterator[str]:
    """Skipped steps with their reason, warnings, errors; each once."""
    yield from dict.fromkeys(skipped(job))
    yield from (f"warning: {warning}" for warning in dict.fromkeys(job.warnings))
    yield from dict.fromkeys(_errors(job))


def skipped(job: JobView) -> Iterator[str]:
    """Steps that were left out and why, unless a warning says it already."""
    for step in job.steps:
        if step.state == "skipped" and not any((step.reason or "") in warning for warning in job.warnings):
            yield f"skipped: {step.step}: {step.reason or 'no reason given'}"


def _errors(job: JobView) -> Iterator[str]:
    for error in [*(given.error for given in job.inputs), job.error]:
        if error is not None:
            yield from error_lines(error)


def error_lines(error: ErrorView) -> list[str]:
    return lines(ErrorInfo(error.code, error.message, error.where, error.hint))


def job_row(job: JobView) -> tuple[object, ...]:
    """A job as a line of `roadie jobs`."""
    names = [Path(given.path).name for given in job.inputs]
    inputs = names[0] if len(names) == 1 else f"{names[0]} and {len(names) - 1} more"
    state = f"{job.state}, undone" if job.undone else job.state
    ended_at = job.finished_at
    took = None if job.started_at is None or ended_at is None else ended_at - job.started_at
    return job.id, job.recipe, state, f"{job.progress:.0%}", when(job.created_at), duration(took), inputs


def tell_steps(job: JobView) -> None:
    rows = [
        (stage.step, stage.input, stage.state, f"{stage.done} of {stage.runs}", stage.why)
        for stage in stages(job, {})
    ]
    print_table(("step", "input", "state", "runs done", "why"), rows, "No step has been planned yet.")
