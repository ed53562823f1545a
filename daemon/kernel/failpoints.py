"""Named places at which a test may end the process, as a crash or a loss of power would.

A failpoint stands before and after every fsync, rename and commit. Setting ROADIE_FAILPOINT to `name` or `name:3`
kills the process (SIGKILL, no cleanup) when it passes that place for the first or third time; with
ROADIE_FAILPOINT_ONCE naming a file that does not exist yet, only the first of several processes dies. Unset, which
is always so outside tests, passing one costs a look-up.
"""

from __future__ import annotations

import os
import signal

_passed: dict[str, int] = {}


def declare(*names: str) -> None:
    """Make names known, at import of the module that passes them, so that a test can visit each."""
    for name in names:
        _passed.setdefault(name, 0)


def declared() -> tuple[str, ...]:
    """Every name declared by the modules imported so far, in order of declaration."""
    return tuple(_passed)


def failpoint(name: str) -> None:
    """Pass the place called `name`; it must have been declared."""
    _passed[name] += 1
    wanted = os.environ.get("ROADIE_FAILPOINT")
    if wanted is None:
        return
    target, _, nth = wanted.partition(":")
    if target == name and _passed[name] == int(nth or 1) and _first():
        kill_self()


def _first() -> bool:
    once = os.environ.get("ROADIE_FAILPOINT_ONCE")
    if once is None:
        return True
    try:
        os.close(os.open(once, os.O_CREAT | os.O_EXCL))
    except FileExistsError:
        return False
    return True


def kill_self() -> None:
    """End this process at once, running nothing on the way out."""
    if hasattr(signal, "SIGKILL"):
        os.kill(os.getpid(), signal.SIGKILL)
    os._exit(137)
