"""Why an address cannot be listened at."""

from __future__ import annotations

import errno

from daemon.kernel.errors import AlreadyRunning, BadConfig


def refused(error: OSError, what: str, host: str, port: int, setting: str) -> AlreadyRunning | BadConfig:
    """setting: which of roadie's decides the port."""
    if error.errno == errno.EADDRINUSE:
        return AlreadyRunning(
            f"the {what} port is taken", where=f"{host}:{port}",
            hint=f"Another roadie or another program listens there: end it, or run `roadie config set {setting} 0` "
            "for any free port",
        )  # fmt: skip
    return BadConfig(f"{what} cannot be listened for here", where=f"{host}:{port}", why=error.strerror)
