"""`roadie install` and `roadie uninstall`: roadie where other programs look for it, and away from there again."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from daemon.cli.output import AsJson
from daemon.kernel.at_home import at_home

if TYPE_CHECKING:
    from daemon.files.installable import Done, Installable, Plan
    from daemon.files.installing import Installations

TARGETS: Mapping[str, str] = {
    "reaper": "bridges.reaper.install:TARGET",
    "service": "daemon.cli.install_service:TARGET",
    "osc-layouts": "daemon.cli.install_layouts:TARGET",
}
"""What can be installed, by name. One line adds another."""

What = Annotated[str, typer.Argument(help=f"What to install: {', '.join(TARGETS)}.", metavar="WHAT")]
To = Annotated[
    Path | None,
    typer.Option("--to", metavar="DIR", help="Another folder than the usual one."),
]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Say what would be done, and do nothing.")]


def install(what: What, to: To = None, dry_run: DryRun = False, as_json: AsJson = False) -> None:
    """Put roadie where another program looks for it. Nothing of yours is replaced, and `uninstall` takes it back.

    \b
    Examples:
      roadie install reaper --dry-run
      roadie install reaper --to /media/stick/REAPER
      roadie install service
      roadie install osc-layouts --to ~/Desktop
    """
    from daemon.cli.output import print_json
    from daemon.kernel.errors import RoadieError

    target = _target(what)
    plan = target.plan(None if to is None else _absolute(to), os.environ)
    if dry_run:
        _print_plan(plan, as_json)
        return
    installations = _installations()
    before = installations.standing(target.name, plan.folder)
    done = installations.install(target.name, plan, target.without)
    if done.written or not before:
        for each in before:
            _stop(each.undo_commands)
        try:
            _run(plan.commands)
        except RoadieError as error:
            for each in installations.standing(target.name, plan.folder):
                installations.uninstall(each, target.without)
            hint = "Nothing was left behind; `--to DIR` only writes the files, for you to use by the system's own means"
            raise RoadieError(error.what, where=error.where, why=error.why, hint=hint) from error
    if as_json:
        print_json({"folder": str(plan.folder), **_told(done), "remarks": plan.remarks})
        return
    _print_done(done, f"{what} was there already: nothing was changed in {plan.folder}")
    for line in plan.remarks:
        print(line)


def uninstall(what: What, to: To = None, dry_run: DryRun = False, as_json: AsJson = False) -> None:
    """Take back what `install` did. What you changed since stays, and is listed.

    \b
    Example:
      roadie uninstall reaper
    """
    from daemon.cli.output import print_json
    from daemon.kernel.errors import NotFound

    target, installations = _target(what), _installations()
    standing = installations.standing(target.name, None if to is None else _absolute(to))
    if not standing:
        raise NotFound(f"roadie has not installed {what}", where=to, hint=f"`roadie install {what}` does")
    told = []
    for each in standing:
        target.check_removal(each.folder)
        if dry_run:
            print(f"would take {what} out of {each.folder}")
            continue
        _stop(each.undo_commands)
        done = installations.uninstall(each, target.without)
        told.append({"folder": str(each.folder), **_told(done)})
        if not as_json:
            _print_done(done, f"nothing was left of it in {each.folder}")
    if as_json:
        print_json(told)


def _target(what: str) -> Installable:
    from daemon.kernel.errors import BadParameter
    from daemon.kernel.reference import resolve

    if what not in TARGETS:
        raise BadParameter(f"{what!r} cannot be installed", hint=f"There are: {', '.join(TARGETS)}")
    target: Installable = resolve(TARGETS[what])
    return target


def _installations() -> Installations:
    from daemon.config import load_settings
    from daemon.files.installing import Installations

    return Installations(load_settings(os.environ).installed)


def _absolute(path: Path) -> Path:
    return Path(at_home(str(path))).resolve()


def _run(commands: tuple[tuple[str, ...], ...]) -> None:
    """Raises RoadieError with what the command said."""
    import subprocess

    from daemon.kernel.errors import RoadieError

    for command in commands:
        try:
            ran = subprocess.run(command, capture_output=True, text=True, check=False)
        except OSError as error:
            raise RoadieError("a command cannot be run", where=" ".join(command), why=error.strerror) from error
        if ran.returncode != 0:
            why = (ran.stderr or ran.stdout).strip() or f"it ended with {ran.returncode}"
            raise RoadieError("a command failed", where=" ".join(command), why=why)


def _stop(commands: tuple[tuple[str, ...], ...]) -> None:
    """What they would stop may not run, nor what the system has for that: then it is told, and no more."""
    from daemon.cli.output import say
    from daemon.kernel.errors import RoadieError

    try:
        _run(commands)
    except RoadieError as error:
        say(f"{error.message}; it goes on without that")


def _print_plan(plan: Plan, as_json: bool) -> None:
    from daemon.cli.output import print_json

    rows: list[dict[str, Any]] = [
        {"path": str(each.path), "does": _does(each.path, each.content, each.edits)} for each in plan.changes
    ]
    if as_json:
        print_json({"folder": str(plan.folder), "changes": rows, "commands": plan.commands})
        return
    for row in rows:
        print(f"would {row['does']}: {row['path']}")
    for command in plan.commands:
        print(f"would run: {' '.join(command)}")


def _does(path: Path, content: bytes, edits: bool) -> str:
    if not path.exists():
        return "write"
    if path.read_bytes() == content:
        return "leave as it is"
    return "add to" if edits else "replace roadie's own"


def _told(done: Done) -> dict[str, Any]:
    return {
        "written": [str(each) for each in done.written],
        "removed": [str(each) for each in done.removed],
        "restored": [str(each) for each in done.restored],
        "kept": [{"path": str(path), "why": why} for path, why in done.kept],
    }


def _print_done(done: Done, nothing: str) -> None:
    for verb, paths in (("wrote", done.written), ("removed", done.removed), ("restored", done.restored)):
        for path in paths:
            print(f"{verb} {path}")
    for path, why in done.kept:
        print(f"left {path}: {why}")
    if not (done.written or done.removed or done.restored or done.kept):
        print(nothing)
