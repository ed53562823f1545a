"""`roadie projects`: what your DAW's projects use, and what they miss."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated

import typer

from daemon.cli.group import group, without_verb
from daemon.cli.output import AsJson

app = group()

File = Annotated[Path, typer.Argument(metavar="FILE", help="A REAPER project (.rpp) or a Live set (.als).")]


@app.callback(invoke_without_command=True)
def projects(context: typer.Context, as_json: AsJson = False) -> None:
    """REAPER projects and Live sets, and the files they use. Undo, moves and clean-ups leave those files alone.

    \b
    Examples:
      roadie projects
      roadie projects scan ~/Music/Projects
    """
    without_verb(context, as_json, list_projects)


@app.command()
def scan(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="Every project below it is read.")],
    as_json: AsJson = False,
) -> None:
    """Read every project below a folder. From then on roadie knows which files they use.

    \b
    Example:
      roadie projects scan ~/Music/Projects
    """
    from daemon.cli import projects_api
    from daemon.cli.finish import carry_out
    from daemon.cli.request import existing_folder

    path = existing_folder(folder)
    raise typer.Exit(carry_out(lambda client: projects_api.scan(client, path), as_json=as_json))


@app.command("list")
def list_projects(as_json: AsJson = False) -> None:
    """List the projects that roadie has read.

    \b
    Example:
      roadie projects list --json
    """
    from daemon.cli import projects_api
    from daemon.cli.output import print_json, print_table
    from daemon.cli.session import session

    with session(os.environ) as open_session:
        found = projects_api.listed(open_session.client)
    if as_json:
        print_json(found)
        return
    rows = [(each.name, each.written_by, str(each.files), each.problem or each.path) for each in found]
    print_table(("name", "written by", "files", "where"), rows, "No project is known: roadie projects scan DIR")


@app.command()
def show(file: File, as_json: AsJson = False) -> None:
    """Show a project: tempo, tracks, and every file it uses. Of missing ones it says where they may be.

    \b
    Example:
      roadie projects show Song.rpp
    """
    from daemon.cli import projects_api
    from daemon.cli.output import print_json, print_table
    from daemon.cli.session import session

    with session(os.environ) as open_session:
        view = projects_api.read(open_session.client, file)
    if as_json:
        print_json(view)
        return
    first, more = view.tempo_map[0], len(view.tempo_map) - 1
    tempo = f"{first.bpm:g} bpm, {first.num}/{first.den}" + (f", {more} changes" if more else "")
    facts = [
        view.written_by,
        tempo,
        *([f"{view.rate_hz} Hz"] if view.rate_hz else []),
        *([view.key] if view.key else []),
    ]
    print(f"{view.name}: {'; '.join(facts)}")
    print_table(
        ("track", "kind"), [("  " * each.depth + each.name, each.kind) for each in view.tracks], "No tracks."
    )
    rows = [(each.path, str(len(each.uses)), projects_api.told(each)) for each in view.files]
    print_table(("file", "uses", "is"), rows, "It uses no files.")
    for warning in view.warnings:
        print(warning)


@app.command()
def uses(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A sample, or any other file.")],
    as_json: AsJson = False,
) -> None:
    """List the projects that use a file, and where in each.

    \b
    Example:
      roadie projects uses kick.wav
    """
    from daemon.cli import projects_api
    from daemon.cli.output import print_json, print_table
    from daemon.cli.session import session

    with session(os.environ) as open_session:
        found = projects_api.uses(open_session.client, file)
    if as_json:
        print_json(found)
        return
    rows = [(Path(each.project_path).stem, projects_api.places(each), each.project_path) for each in found]
    print_table(("project", "used", "where"), rows, "No project that roadie has read uses it.")


@app.command()
def forget(file: File) -> None:
    """No longer heed a project. Its file stays. The files it uses may be moved and removed again.

    \b
    Example:
      roadie projects forget old.rpp
    """
    from daemon.cli import projects_api
    from daemon.cli.session import session

    with session(os.environ) as open_session:
        projects_api.forget(open_session.client, file)
    print(f"{file}: no longer heeded")
