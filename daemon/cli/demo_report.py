"""What `roadie demo` tells at the end: what there is, how good it is, what to hear, what was left out, what next."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from daemon.cli.measure import Level, StemScore
from daemon.cli.models_api import facts
from daemon.cli.output import console, print_table, wrapped
from daemon.cli.told import delivered, headline, remarks
from daemon.cli.tree import file_tree
from daemon.services.types_jobs import JobView
from daemon.services.types_system import ModelView

PER_FOLDER = 3
SUGGESTED = ("htdemucs", "small")
"""The models to start with: one that separates, one that hears words on a CPU."""

WORTH = {
    "Stems": "each alone, then all together: they add up to the song",
    "MIDI": "on instruments of yours; the drums follow the General MIDI map",
    "One-Shots": "single hits; what could not be told is under `unsure`",
    "Loops": "whole bars, with the tempo in the name",
}
"""What the folders are good for, by the names that delivery gives them."""


@dataclass(frozen=True, slots=True)
class Report:
    """parts: what the song was mixed from. scores: of the stems against them. levels: of every audio file."""

    folder: Path
    song: Path
    parts: dict[str, Path]
    job: JobView
    models: list[ModelView]
    scores: list[StemScore]
    levels: list[Level]

    @property
    def well(self) -> bool:
        """The job is done and no file is silent or clipped."""
        bad = any(level.silent or level.clipped for level in self.levels)
        return self.job.state == "done" and bool(self.levels) and not bad


def as_wire(report: Report) -> dict[str, object]:
    """The report for a program."""
    return {
        "folder": str(report.folder),
        "song": str(report.song),
        "parts": {name: str(path) for name, path in report.parts.items()},
        "well": report.well,
        "scores": report.scores,
        "files": [
            {
                "path": str(level.path),
                "peak_db": level.peak_db,
                "silent": level.silent,
                "clipped": level.clipped,
            }
            for level in report.levels
        ],
        "job": report.job,
    }


def tell(report: Report) -> None:
    """The whole report on stdout."""
    job = report.job
    _section(headline(job), remarks(job))
    _section("What there is now", ())
    everything = [*delivered(job), report.song, *report.parts.values()]
    console().print(file_tree(report.folder, everything, PER_FOLDER))
    if report.scores:
        _section(
            "How well the stems match what the song was mixed from (SDR in dB, more is better)",
            wrapped(method(job), ""),
        )
        _tell_scores(report.scores)
    _section("Every audio file, looked at", level_lines(report.levels))
    _section("Listen to", listen(report))
    _section("What would make it better", suggestions(report.models))
    _section("Next", _next(report.folder))


def _section(title: str, lines: Iterable[str]) -> None:
    print(f"\n{title}")
    for line in lines:
        print(f"  {line}")


def method(job: JobView) -> str:
    """What separated the stems, in the step's own words."""
    for step in job.steps:
        if step.use == "separate":
            return f"separated on {step.device or 'this machine'}: {step.reason or step.use}"
    return "the stems came from somewhere else"


def _tell_scores(scores: list[StemScore]) -> None:
    rows = [
        (f"  {score.stem}", f"{score.sdr_db:.1f}", f"{score.mixture_db:.1f}", f"{score.gain_db:+.1f}")
        for score in scores
    ]
    print_table(("  stem", "SDR", "the mixture itself", "gained"), rows, "")
    print(f"  {sum(score.gain_db for score in scores) / len(scores):.1f} dB gained on average")


def level_lines(levels: list[Level]) -> Iterator[str]:
    """Counts, the extremes, and each file that is not as it should be."""
    if not levels:
        yield "there is no audio file"
        return
    silent = [level for level in levels if level.silent]
    clipped = [level for level in levels if level.clipped]
    yield f"{len(levels)} audio files: {len(silent) or 'none'} silent, {len(clipped) or 'none'} clipped"
    quiet = min(levels, key=lambda level: level.peak_db)
    loud = max(levels, key=lambda level: level.peak_db)
    yield f"peaks from {quiet.peak_db:.1f} dBFS ({quiet.path.name}) to {loud.peak_db:.1f} dBFS ({loud.path.name})"
    yield from (f"silent: {level.path}" for level in silent)
    yield from (f"clipped: {level.path}" for level in clipped)


def listen(report: Report) -> Iterator[str]:
    """The song, then each folder that was delivered, how many files it holds, and what they are good for."""
    yield f"the song   {report.song}"
    folders = Counter(part_of(report.folder, path) for path in delivered(report.job))
    for folder, count in folders.items():
        yield f"{count:>3} files  {folder}"
        if folder.name in WORTH:
            yield f"           {WORTH[folder.name]}"


def part_of(root: Path, path: Path) -> Path:
    """The second folder below root on the way to the path: the song's Stems, MIDI, One-Shots ..."""
    steps = path.relative_to(root).parts[:-1] if path.is_relative_to(root) else ()
    return root.joinpath(*steps[:2]) if steps else path.parent


def suggestions(models: list[ModelView]) -> Iterator[str]:
    """For each model to start with that is not here yet: what it is, its size, its licence and the command."""
    for model in models:
        if model.name in SUGGESTED and not model.installed:
            yield from facts(model)
            yield f"  {model.command}"


def _next(folder: Path) -> list[str]:
    return [
        "roadie run full YOUR-SONG.flac --out DIR   the same for a song of yours",
        "roadie serve --open                        the daemon, and its page in the browser",
        "roadie doctor                              what is there and what is missing",
        f"To be rid of the demo, delete {folder}: it left nothing anywhere else.",
    ]
