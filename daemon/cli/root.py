"""The whole command: every noun's commands under one roof, and what an error becomes."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from typing import Annotated

import typer

from daemon.cli import failures
from daemon.cli.chains import app as chains_app
from daemon.cli.config import app as config_app
from daemon.cli.demo import demo
from daemon.cli.doctor import doctor
from daemon.cli.group import group
from daemon.cli.insert import insert
from daemon.cli.install import install, uninstall
from daemon.cli.jobs import app as jobs_app
from daemon.cli.kits import app as kits_app
from daemon.cli.library import app as library_app
from daemon.cli.midi import app as midi_app
from daemon.cli.models import app as models_app
from daemon.cli.osc import app as osc_app
from daemon.cli.plugins import app as plugins_app
from daemon.cli.projects import app as projects_app
from daemon.cli.recipes import app as recipes_app
from daemon.cli.rules import app as rules_app
from daemon.cli.run import run
from daemon.cli.search import search
from daemon.cli.serve import serve
from daemon.cli.watch import app as watch_app
from daemon.kernel.errors import RoadieError

app = group()


def _version(wanted: bool) -> None:
    if wanted:
        from importlib.metadata import version

        print(f"roadie {version('roadie')}")
        raise typer.Exit


@app.callback(no_args_is_help=True)
def root(
    debug: Annotated[bool, typer.Option("--debug", help="Show where in the code an error arose.")] = False,
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    """roadie carries the gear: stems, tagged samples, MIDI and lyrics from your audio, put where your DAW looks.

    \b
    Start here:
      roadie demo              the whole of it on a song that it makes itself
      roadie run full A.flac   the same for a song of yours
      roadie doctor            what is there, what is missing, how to mend it
    """


app.command()(demo)
app.command()(run)
app.command()(serve)
app.add_typer(jobs_app, name="jobs")
app.add_typer(library_app, name="library")
app.command()(search)
app.add_typer(watch_app, name="watch")
app.add_typer(kits_app, name="kits")
app.add_typer(projects_app, name="projects")
app.add_typer(rules_app, name="rules")
app.add_typer(recipes_app, name="recipes")
app.add_typer(models_app, name="models")
app.add_typer(osc_app, name="osc")
app.add_typer(plugins_app, name="plugins")
app.add_typer(chains_app, name="chains")
app.add_typer(midi_app, name="midi")
app.add_typer(config_app, name="config")
app.command()(doctor)
app.command()(insert)
app.command()(install)
app.command()(uninstall)


def run_line(arguments: Sequence[str]) -> int:
    """Run one command line; returns the exit code."""
    debug = "--debug" in arguments
    try:
        code = _ran(arguments)
        if sys.stdout is not None:  # there is none where a system starts it without a window
            sys.stdout.flush()  # here, where a reader that has gone can be answered
        return code
    except RoadieError as error:
        return failures.tell(error, debug)
    except KeyboardInterrupt:
        return failures.INTERRUPTED
    except BrokenPipeError:  # `roadie jobs | head`
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except Exception as error:  # noqa: BLE001 - the outermost frame: a person reads a sentence, not a stack
        return failures.tell_unexpected(error, debug)


def _ran(arguments: Sequence[str]) -> int:
    """Raises BrokenPipeError when who read the output has gone; click would make a failure of that."""
    try:
        app(list(arguments), prog_name="roadie")
    except SystemExit as ended:
        if isinstance(ended.__context__, BrokenPipeError):
            raise ended.__context__ from None
        return ended.code if isinstance(ended.code, int) else failures.FAILED
    return 0
