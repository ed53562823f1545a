"""Lists that a job tells: as long as a person reads, and what is left out stands in the log."""

from __future__ import annotations

import logging
from collections.abc import Sequence

log = logging.getLogger(__name__)

SHOWN = 200


def shortened(lines: Sequence[str], most: int = SHOWN) -> list[str]:
    """The first lines, and how many more there are. Those go into the log, one by one."""
    for line in lines[most:]:
        log.warning("%s", line)
    more = [f"... and {len(lines) - most} more, which roadie.log names"] if len(lines) > most else []
    return [*lines[:most], *more]
