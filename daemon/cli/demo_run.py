"""The work behind `roadie demo`."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from daemon.cli import failures, jobs_api, models_api
from daemon.cli.demo_report import Report, as_wire, tell
from daemon.cli.measure import levels, stem_scores
from daemon.cli.output import print_json, say
from daemon.cli.request import absolute, job_request
from daemon.cli.session import session
from daemon.cli.told import delivered
from daemon.cli.wait import wait
from daemon.config import load_settings
from daemon.demo.song import DemoSong, write_song
from daemon.kernel.errors import DiskError
from daemon.services.types_jobs import JobView
from daemon.services.types_system import ModelView

RECIPE = "full"


@dataclass(frozen=True, slots=True)
class _Outcome:
    job: JobView
    models: list[ModelView]


def run_demo(out: Path, as_json: bool) -> int:
    """Returns the exit code: 1 when the job failed, or when a file came out silent or clipped."""
    folder = fresh_folder(absolute(out))
    say(f"Making a song in {folder} ...")
    song = demo_song(folder / "song")
    say(f"  {song.mix.name}: {song.style}, {song.tempo_bpm:g} bpm, {song.key}, {', '.join(song.parts)}")
    say("Taking it apart with the real daemon, in a home of its own: your library is not touched.")
    with demo_home(os.environ) as environ:
        outcome = _work(song, folder, environ, as_json)
    report = report_of(folder, song, outcome.job, outcome.models)
    if as_json:
        print_json(as_wire(report))
    else:
        tell(report)
    return 0 if report.well else failures.FAILED


def fresh_folder(out: Path) -> Path:
    """`out` when nothing is there yet, else the first free run-2, run-3 ... in it; made now.

    Raises DiskError when it cannot be made.
    """
    try:
        out.mkdir(parents=True, exist_ok=True)
        if not any(out.iterdir()):
            return out
        number = 2
        while True:
            with suppress(FileExistsError):
                folder = out / f"run-{number}"
                folder.mkdir()
                return folder
            number += 1
    except OSError as error:
        raise DiskError(
            "the demo's folder cannot be made", where=out, why=error.strerror, hint="Name another with --out"
        ) from error


def demo_song(folder: Path) -> DemoSong:
    """Raises DiskError when it cannot be written."""
    try:
        return write_song(folder)
    except OSError as error:
        raise DiskError("the demo's song cannot be written", where=folder, why=error) from error


@contextmanager
def demo_home(environ: Mapping[str, str]) -> Iterator[dict[str, str]]:
    """The environment with an empty home that is gone afterwards; models that the user has are used from there."""
    with tempfile.TemporaryDirectory(prefix="roadie-demo-", ignore_cleanup_errors=True) as folder:
        home = Path(folder)
        models = load_settings(environ).models
        if models.is_dir():
            with suppress(OSError):  # links need a privilege on Windows; the demo then runs without your models
                (home / "models").symlink_to(models, target_is_directory=True)
        yield {**environ, "ROADIE_HOME": str(home)}


def _work(song: DemoSong, folder: Path, environ: Mapping[str, str], as_json: bool) -> _Outcome:
    request = job_request(RECIPE, [song.mix], folder, None, [])
    with session(environ) as open_session:
        ack = jobs_api.submit(open_session.client, request)
        job = wait(open_session, ack.id, quiet=as_json, home_stays=False)
        return _Outcome(job, models_api.listed(open_session.client))


def report_of(folder: Path, song: DemoSong, job: JobView, models: list[ModelView]) -> Report:
    stems = {
        artifact.stem: Path(artifact.path)
        for artifact in job.artifacts
        if artifact.delivered and artifact.kind == "stem" and artifact.stem is not None
    }
    return Report(
        folder=folder,
        song=song.mix,
        parts=song.parts,
        job=job,
        models=models,
        scores=stem_scores(song.mix, song.parts, stems),
        levels=levels(delivered(job)),
    )
