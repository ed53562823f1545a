"""A job's steps as a person sees them: one stage per step and input, however many runs it has."""

from __future__ import annotations

from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass
from pathlib import PurePath

from daemon.cli.follow import Doing
from daemon.services.types_jobs import JobView, StepView

_LEADING = ("running", "failed", "queued", "waiting", "cancelled", "skipped", "done")
"""Whose state a stage of several runs takes: the first of these that any run has."""


@dataclass(frozen=True, slots=True)
class Stage:
    """step: its id in the recipe. input: file name. progress: 0..1 over its runs. why: reason or error."""

    step: str
    input: str
    state: str
    progress: float
    runs: int
    done: int
    why: str
    note: str


def stages(job: JobView, doing: Mapping[str, Doing]) -> list[Stage]:
    """In the order in which they first appear."""
    runs: dict[tuple[str, str], list[StepView]] = {}
    for step in job.steps:
        runs.setdefault((step.step, input_name(job, step.input)), []).append(step)
    return [_stage(name, given, those, doing) for (name, given), those in runs.items()]


def input_name(job: JobView, given: str) -> str:
    """The file name of a step's input, which the step names by its id."""
    path = next((each.path for each in job.inputs if each.id == given), given)
    return PurePath(path).name or given


def _stage(name: str, given: str, runs: Sequence[StepView], doing: Mapping[str, Doing]) -> Stage:
    state = _state({run.state for run in runs})
    told = [doing[run.id] for run in runs if run.id in doing and run.state == "running"]
    return Stage(
        step=name,
        input=given,
        state=state,
        progress=sum(_progress(run, doing) for run in runs) / len(runs),
        runs=len(runs),
        done=sum(run.state == "done" for run in runs),
        why=next((why for run in runs if run.state == state and (why := _why(run))), ""),
        note=told[-1].note if told else "",
    )


def _state(states: Set[str]) -> str:
    if states == {"done", "skipped"}:
        return "done"
    if "done" in states and states & {"queued", "waiting"} and "running" not in states:
        return "running"  # between two of its runs
    return next(state for state in _LEADING if state in states)


def _progress(run: StepView, doing: Mapping[str, Doing]) -> float:
    if run.state in ("done", "skipped", "failed", "cancelled"):
        return 1.0
    if run.state == "running" and run.id in doing:
        return max(run.progress, doing[run.id].progress)
    return run.progress


def _why(run: StepView) -> str:
    if run.error is not None:
        return run.error.message
    return run.reason or ""
