"""What can be wrong with a chain."""

from __future__ import annotations

from daemon.kernel.errors import UsageError


class BadChain(UsageError):
    """A chain file that cannot be used as it stands: the message names the file, the line and what is legal."""

    code = "bad_chain"
