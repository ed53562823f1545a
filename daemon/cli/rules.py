"""`roadie rules`: what happens by itself when something happens."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated

import typer

from daemon.cli.group import group, without_verb
from daemon.cli.output import AsJson

app = group()

Name = Annotated[str, typer.Argument(metavar="NAME", help="As `roadie rules` lists it.")]


@app.callback(invoke_without_command=True)
def rules(context: typer.Context, as_json: AsJson = False) -> None:
    """Rules: when something happens, if it is so, then do this. Without a verb, lists them.

    \b
    Examples:
      roadie rules
      roadie rules dry-run inbox-to-kit ~/Music/Inbox
      roadie rules enable inbox-to-kit
    """
    without_verb(context, as_json, list_rules)


@app.command("list")
def list_rules(as_json: AsJson = False) -> None:
    """List rules: whether each is on, what sets it off, what it does. Says what is wrong with one.

    \b
    Example:
      roadie rules list
    """
    from daemon.cli import rules_api, rules_told
    from daemon.cli.output import print_json
    from daemon.cli.session import session

    with session(os.environ) as open_session:
        found = rules_api.listed(open_session.client)
    print_json(found) if as_json else rules_told.tell_rules(found)


@app.command()
def show(name: Name) -> None:
    """Print a rule's file, to look at or to begin one of your own with.

    \b
    Example:
      roadie rules show inbox-to-kit > my-rule.toml
    """
    from daemon.cli import rules_api
    from daemon.cli.session import session

    with session(os.environ) as open_session:
        print(rules_api.get(open_session.client, name).text or "", end="")


@app.command()
def check(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A rule's TOML.")], as_json: AsJson = False
) -> None:
    """Say whether a file is a rule. If not: what is wrong with it, on which line, and what would be right.

    \b
    Example:
      roadie rules check my-rule.toml
    """
    from daemon.cli import rules_api, rules_told
    from daemon.cli.output import print_json
    from daemon.cli.request import existing
    from daemon.cli.session import session

    path = existing(file, "Name the rule's file")
    with session(os.environ) as open_session:
        found = rules_api.check(open_session.client, path)
    print_json(found) if as_json else rules_told.tell_checked(found)


@app.command("dry-run")
def dry_run(
    rule: Annotated[
        str, typer.Argument(metavar="RULE", help="A rule's file, or the name of one that is there.")
    ],
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="Its files, as if each had set the rule off.")],
    limit: Annotated[
        int, typer.Option("--limit", metavar="N", min=1, max=100_000, help="Files looked at.")
    ] = 2000,
    as_json: AsJson = False,
) -> None:
    """Say what a rule would do with the files of a folder. Which match and why, which do not and why not, what would
    be written where, and how long it would take. Nothing is changed.

    \b
    Example:
      roadie rules dry-run inbox-to-kit ~/Music/Inbox
    """
    from daemon.cli import rules_api, rules_told
    from daemon.cli.output import print_json
    from daemon.cli.request import existing_folder
    from daemon.cli.session import session

    path = existing_folder(folder)
    with session(os.environ) as open_session:
        found = rules_api.dry_run(open_session.client, rule, path, limit)
    print_json(found) if as_json else rules_told.tell_dry_run(found)


@app.command()
def enable(name: Name, as_json: AsJson = False) -> None:
    """Switch a rule on. It answers what happens from now on.

    \b
    Example:
      roadie rules enable inbox-to-kit
    """
    _switch(name, True, as_json)


@app.command()
def disable(name: Name, as_json: AsJson = False) -> None:
    """Switch a rule off. What it has begun goes on to its end.

    \b
    Example:
      roadie rules disable inbox-to-kit
    """
    _switch(name, False, as_json)


@app.command()
def trigger(
    name: Name,
    file: Annotated[str, typer.Argument(metavar="FILE", help="A file, or an asset's id.")],
    as_json: AsJson = False,
) -> None:
    """Ask a rule about one file. Its conditions decide as ever; "trigger" must be among its events.

    \b
    Example:
      roadie rules trigger inbox-to-kit song.flac
    """
    from daemon.cli import rules_api, rules_told
    from daemon.cli.output import print_json
    from daemon.cli.session import session

    with session(os.environ) as open_session:
        asked = rules_api.trigger(open_session.client, name, file)
    print_json(asked) if as_json else rules_told.tell_asked(asked)


@app.command()
def runs(
    name: Annotated[str | None, typer.Argument(metavar="NAME", help="Only this rule's.")] = None,
    limit: Annotated[int, typer.Option("--limit", metavar="N", min=1, max=1000, help="At most so many.")] = 20,
    as_json: AsJson = False,
) -> None:
    """List what rules did, newest first.

    \b
    Example:
      roadie rules runs inbox-to-kit
    """
    from daemon.cli import rules_api, rules_told
    from daemon.cli.output import print_json
    from daemon.cli.session import session

    with session(os.environ) as open_session:
        found = rules_api.runs(open_session.client, name, limit)
    print_json(found) if as_json else rules_told.tell_runs(found)


@app.command()
def undo(
    run: Annotated[str, typer.Argument(metavar="RUN", help="As `roadie rules runs` lists it.")],
    as_json: AsJson = False,
) -> None:
    """Take back all that a run of a rule did. Files it wrote, moves, tags, collections: what was changed since, or a
    project uses, stays and is listed.

    \b
    Example:
      roadie rules undo RUN
    """
    from daemon.cli import rules_api, rules_told
    from daemon.cli.output import print_json
    from daemon.cli.session import session

    with session(os.environ) as open_session:
        undone = rules_api.undo(open_session.client, run)
    print_json(undone) if as_json else rules_told.tell_undone(undone)


def _switch(name: str, enabled: bool, as_json: bool) -> None:
    from daemon.cli import rules_api
    from daemon.cli.output import print_json
    from daemon.cli.session import session

    with session(os.environ) as open_session:
        rule = rules_api.switch(open_session.client, name, enabled)
        temporary = open_session.temporary
    if as_json:
        print_json(rule)
        return
    print(f"{rule.name} is {'on' if rule.enabled else 'off'}: {rule.path}")
    for remark in rule.remarks if enabled else ():
        print(remark)
    if enabled and temporary:
        print("Rules work while the daemon runs: `roadie serve`, or `roadie install service`.")
