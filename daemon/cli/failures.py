"""What a person reads when something did not work: what, where, why, what to do. A traceback only with --debug."""

from __future__ import annotations

import sys
import traceback

from daemon.kernel.errors import ErrorInfo, RoadieError

FAILED = 1
USAGE = 2
INTERRUPTED = 130
ERROR = "error: "
ADVICE = "what to do: "
_USAGE_CODES = frozenset({"usage", "bad_parameter", "bad_recipe", "bad_config", "bad_request", "invalid"})


def exit_code(code: str) -> int:
    """2 when the same request can never work, 1 for everything else."""
    return USAGE if code in _USAGE_CODES else FAILED


def lines(error: ErrorInfo) -> list[str]:
    """The message, then what to do on a line of its own."""
    message = error.message
    if error.hint:
        message = message.removesuffix(f". {error.hint}")
    told = [f"{ERROR}{message}"]
    if error.hint:
        told.append(f"  {ADVICE}{error.hint}")
    return told


def tell(error: RoadieError, debug: bool) -> int:
    """Print it to stderr; returns the exit code."""
    info = error.info()
    if debug:
        traceback.print_exception(error)
    for line in lines(info):
        print(line, file=sys.stderr)
    return exit_code(info.code)


def tell_unexpected(error: Exception, debug: bool) -> int:
    """A fault of roadie's own."""
    if debug:
        traceback.print_exception(error)
    print(f"{ERROR}something unforeseen happened ({type(error).__name__}: {error})", file=sys.stderr)
    if not debug:
        print(f"  {ADVICE}run `roadie --debug ...` again and report what it prints", file=sys.stderr)
    return FAILED
