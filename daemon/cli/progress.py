"""Shows a job while it runs: live on a terminal, one plain line per change anywhere else."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterable
from types import TracebackType
from typing import TYPE_CHECKING, Protocol, Self

from daemon.cli.follow import Snapshot
from daemon.cli.output import console, duration, say
from daemon.cli.stages import Stage, stages

if TYPE_CHECKING:
    from rich.live import Live
    from rich.text import Text

BAR_CELLS = 28
FRAMES_PER_S = 8
SPINNER = "⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏"


class Display(Protocol):
    def __enter__(self) -> Self: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, stack: TracebackType | None
    ) -> None: ...

    def show(self, snapshot: Snapshot) -> None: ...


def display(*, quiet: bool = False) -> Display:
    """What fits where stderr goes. quiet: say nothing unless a person watches."""
    if sys.stderr.isatty():
        return LiveDisplay()
    return SilentDisplay() if quiet else LineDisplay()


def watch(snapshots: Iterable[Snapshot], shown: Display) -> Snapshot:
    """Show every snapshot; returns the last."""
    last: Snapshot | None = None
    with shown:
        for last in snapshots:
            shown.show(last)
    if last is None:
        raise ValueError("a job that is followed has at least one snapshot")
    return last


class SilentDisplay:
    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, stack: TracebackType | None
    ) -> None:
        """Nothing to end."""

    def show(self, snapshot: Snapshot) -> None:
        """Shows nothing."""


class LineDisplay(SilentDisplay):
    """A line for each change of state of the job and of its stages."""

    def __init__(self) -> None:
        self._seen: dict[tuple[str, str], str] = {}
        self._job_state = ""

    def show(self, snapshot: Snapshot) -> None:
        if not snapshot.ended:
            self._say_job(snapshot)
        for stage in stages(snapshot.job, snapshot.doing):
            place = (stage.step, stage.input)
            if stage.state in ("waiting", "queued") or self._seen.get(place) == stage.state:
                continue
            self._seen[place] = stage.state
            say(plain_line(stage))
        self._say_job(snapshot)

    def _say_job(self, snapshot: Snapshot) -> None:
        if snapshot.job.state != self._job_state:
            self._job_state = snapshot.job.state
            say(f"{snapshot.job.recipe} {snapshot.job.id}: {self._job_state}")


def plain_line(stage: Stage) -> str:
    """One stage in words."""
    text = f"  {stage.step} of {stage.input}: {stage.state}"
    if stage.runs > 1 and stage.state == "done":
        text += f" ({stage.done} runs)"
    return f"{text}: {stage.why}" if stage.why else text


class LiveDisplay(SilentDisplay):
    """The job's bar with its ETA, and one line per stage. It moves even while nothing is told."""

    def __init__(self) -> None:
        self._console = console(stderr=True)
        self._live: Live | None = None
        self._snapshot: Snapshot | None = None
        self._began_s = time.monotonic()

    def __enter__(self) -> Self:
        from rich.live import Live

        self._live = Live(
            console=self._console,
            get_renderable=self._draw,
            refresh_per_second=FRAMES_PER_S,
            vertical_overflow="crop",
        )
        self._live.__enter__()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, stack: TracebackType | None
    ) -> None:
        if self._live is not None:
            self._live.__exit__(kind, error, stack)

    def show(self, snapshot: Snapshot) -> None:
        self._snapshot = snapshot
        if self._live is not None and snapshot.ended:
            self._live.refresh()

    def _draw(self) -> Text:
        from rich.text import Text

        if self._snapshot is None:
            return Text()
        return picture(self._snapshot, self._console.height - 2, time.monotonic() - self._began_s)


def picture(snapshot: Snapshot, height: int, elapsed_s: float) -> Text:
    """The job as lines of a terminal, at most `height` of them, `elapsed_s` after it was first seen."""
    from rich.text import Text

    text = Text(no_wrap=True, overflow="ellipsis")
    text.append_text(_headline(snapshot, elapsed_s))
    shown, hidden = fitting(stages(snapshot.job, snapshot.doing), height - 2)
    width = max((len(stage.step) for stage in shown), default=0)
    spinner = SPINNER[int(elapsed_s * FRAMES_PER_S) % len(SPINNER)]
    for stage in shown:
        text.append("\n")
        text.append_text(_stage_line(stage, width, spinner))
    if hidden:
        text.append(f"\n  ... and {hidden} more", style="dim")
    return text


def fitting(all_stages: list[Stage], rows: int) -> tuple[list[Stage], int]:
    """Those worth a row when there are too many: running and failed first, then what is to come."""
    if len(all_stages) <= rows:
        return all_stages, 0
    worth = {"running": 0, "failed": 0, "skipped": 1, "queued": 2, "waiting": 3, "cancelled": 3, "done": 4}
    ranked = sorted(range(len(all_stages)), key=lambda index: (worth[all_stages[index].state], index))
    kept = sorted(ranked[: max(rows, 1)])
    return [all_stages[index] for index in kept], len(all_stages) - len(kept)


def _headline(snapshot: Snapshot, elapsed_s: float) -> Text:
    from rich.text import Text

    job = snapshot.job
    filled = round(BAR_CELLS * min(max(snapshot.progress, 0.0), 1.0))
    text = Text(f"{job.recipe} ", style="bold")
    text.append("━" * filled, style="green")
    text.append("━" * (BAR_CELLS - filled), style="bright_black")
    text.append(f" {snapshot.progress:4.0%} {job.state} {duration(elapsed_s)}", style="none")
    if snapshot.eta_s is not None and not snapshot.ended:
        text.append(f", {duration(snapshot.eta_s)} left")
    return text


_MARKS = {
    "done": ("✓", "green"),
    "failed": ("✗", "red"),
    "skipped": ("–", "yellow"),
    "cancelled": ("–", "red"),
}


def _stage_line(stage: Stage, width: int, spinner: str) -> Text:
    from rich.text import Text

    running = stage.state == "running"
    mark, style = (spinner, "cyan") if running else _MARKS.get(stage.state, ("·", "bright_black"))
    text = Text(f"  {mark} ", style=style)
    text.append(f"{stage.step:<{width}}  ", style="bold" if running else "none")
    text.append(f"{stage.input:<24} ", style="none")
    if running:
        text.append(f"{stage.progress:4.0%} ", style="cyan")
    if stage.runs > 1:
        text.append(f"{stage.done} of {stage.runs} ", style="dim")
    text.append(stage.note if running else stage.why, style="dim")
    return text
