"""`roadie doctor`: what is there, what is missing, how to mend it."""

from __future__ import annotations

import os

import typer

from daemon.cli.output import AsJson


def doctor(as_json: AsJson = False) -> None:
    """Say what is there, what is missing, and how to mend it.

    \b
    Example:
      roadie doctor
    """
    from daemon.cli import failures
    from daemon.cli.checks import all_checks
    from daemon.cli.output import print_json

    checks = all_checks(os.environ)
    if as_json:
        print_json(checks)
    else:
        for check in checks:
            print(f"{'ok  ' if check.ok else 'MEND'}  {check.name}: {check.found}")
            if check.mend:
                print(f"      {check.mend}")
    raise typer.Exit(0 if all(check.ok for check in checks) else failures.FAILED)
