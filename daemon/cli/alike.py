"""`roadie library duplicates` and `roadie library map`."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from daemon.cli.output import AsJson

if TYPE_CHECKING:
    from daemon.services.types_duplicates import DuplicatesPlan


Near = Annotated[
    bool,
    typer.Option(
        "--near", help="Also the same hit at another gain, rate or format, or trimmed: looks for them."
    ),
]
Remove = Annotated[
    bool, typer.Option("--remove", help="Move all but one of each into a folder; nothing is deleted.")
]
DryRun = Annotated[
    bool, typer.Option("--dry-run", help="With --remove: say what would be moved; move nothing.")
]
Below = Annotated[
    Path | None, typer.Option("--in", metavar="DIR", help="With --remove: only copies below this folder.")
]
To = Annotated[
    Path | None,
    typer.Option("--to", metavar="DIR", help="With --remove: where they go. [default: Duplicates in results]"),
]


def duplicates(
    near: Near = False,
    remove: Remove = False,
    dry_run: DryRun = False,
    folder: Below = None,
    to: To = None,
    as_json: AsJson = False,
) -> None:
    """List files that hold the same sound, whatever their names.

    With --remove one of each stays and the others are moved into a folder, which you empty when you are content;
    `roadie jobs undo ID` puts them back. What a project uses, what roadie wrote and what another program manages stays
    where it is.

    \b
    Examples:
      roadie library duplicates
      roadie library duplicates --near
      roadie library duplicates --remove --dry-run
      roadie library duplicates --remove --in ~/Downloads
    """
    from daemon.kernel.errors import BadParameter

    if near and remove:
        raise BadParameter(
            "near-duplicates are not the same sound, so --remove takes none of them", hint="Leave --near out"
        )
    if not remove and (dry_run or folder is not None or to is not None):
        raise BadParameter("--dry-run, --in and --to say how to --remove", hint="Add --remove")
    if remove:
        raise typer.Exit(_remove(folder, to, dry_run=dry_run, as_json=as_json))
    if near:
        raise typer.Exit(_near(as_json))
    _same(as_json)


def _same(as_json: bool) -> None:
    from daemon.cli import library_api
    from daemon.cli.output import counted, on_one_line, print_json
    from daemon.cli.session import session

    with session(os.environ) as open_session:
        groups = library_api.duplicates(open_session.client)
    if as_json:
        print_json(groups)
        return
    for one in groups:
        print(*map(on_one_line, one.paths), "", sep="\n")
    print(f"In more than one place: {counted(len(groups), 'sound')}.")


def _remove(folder: Path | None, to: Path | None, *, dry_run: bool, as_json: bool) -> int:
    from daemon.cli import library_api
    from daemon.cli.finish import carry_out
    from daemon.cli.output import print_json
    from daemon.cli.request import absolute, existing_folder
    from daemon.cli.session import session
    from daemon.services.types_duplicates import DuplicatesRequest

    request = DuplicatesRequest(
        folder=None if folder is None else str(existing_folder(folder)),
        to=None if to is None else str(absolute(to)),
    )
    if not dry_run:
        return carry_out(lambda client: library_api.remove_duplicates(client, request), as_json=as_json)
    with session(os.environ) as open_session:
        plan = library_api.plan_duplicates(open_session.client, request)
    print_json(plan) if as_json else _tell_plan(plan)
    return 0


def _tell_plan(plan: DuplicatesPlan) -> None:
    from daemon.cli.output import counted, say, size

    for group in plan.groups:
        print(f"{group.keeps}  (stays: {group.why})")
        for source, target in group.moves:
            print(f"  {source} -> {target}")
        for path, why in group.left:
            print(f"  {path}  (left where it is: {why})")
        print()
    files = counted(sum(len(group.moves) for group in plan.groups), "file")
    size_bytes = sum(group.size_bytes for group in plan.groups)
    print(f"{files} would be moved, {size(size_bytes)}. Nothing was changed.")
    if not plan.projects:
        say("roadie knows no project, so it does not know what yours use: `roadie projects scan DIR` first")


def _near(as_json: bool) -> int:
    from daemon.cli import library_api
    from daemon.cli.finish import outcome
    from daemon.cli.output import counted, on_one_line, print_json, say
    from daemon.cli.session import session
    from daemon.cli.told import tell_job
    from daemon.cli.wait import wait

    with session(os.environ) as open_session:
        job = wait(open_session, library_api.look_for_near(open_session.client).id, quiet=as_json)
        if outcome(job):
            tell_job(job)
            return outcome(job)
        groups = list(library_api.near_duplicates(open_session.client))
    for line in job.warnings:
        say(line)
    if as_json:
        print_json(groups)
        return 0
    for one in groups:
        print(f"{on_one_line(str(one.best.path))}  (best: {one.why})")
        for other in one.others:
            print(f"  {on_one_line(str(other.path))}")
        print()
    print(f"In more than one file: {counted(len(groups), 'hit')}.")
    return 0


def sound_map(
    again: Annotated[
        bool, typer.Option("--again", help="Begin anew, which moves everything on the map.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Give every sound a place on the map of the library. Those that have one keep it, until the library is ten times
    as large as when the map was begun: then it is begun anew.

    \b
    Example:
      roadie library map
    """
    from daemon.cli import library_api
    from daemon.cli.finish import carry_out

    raise typer.Exit(carry_out(lambda client: library_api.make_map(client, again=again), as_json=as_json))
