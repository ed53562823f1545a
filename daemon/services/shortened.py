"""Lists that a job tells: as long as a person reads, and what is left out stands in the log."""

from __future__ import annotations

import logging
from collections.abc import Sequence

log = logging.getLogger(__name__)

SHOWN = 200
LOGGED = 10_000
"""Of one list: a drive of a million sounds that is away would drive all else out of the log."""


class Shortening:
    """Such a list while it comes to be. Lines beyond `most` go into the log, one by one, and are not kept."""

    def __init__(self, most: int = SHOWN) -> None:
        self.count = 0
        self._most = most
        self._shown: list[str] = []

    def add(self, line: str) -> None:
        self.count += 1
        if self.count <= self._most:
            self._shown.append(line)
        elif self.count <= self._most + LOGGED:
            log.warning("%s", line)

    def lines(self) -> list[str]:
        """The first lines, and how many more there are."""
        more = self.count - len(self._shown)
        if not more:
            return self._shown
        where = "which roadie.log names" if more <= LOGGED else f"of which roadie.log names {LOGGED}"
        return [*self._shown, f"... and {more} more, {where}"]


def shortened(lines: Sequence[str], most: int = SHOWN) -> list[str]:
    """The first lines, and how many more there are. Those go into the log."""
    found = Shortening(most)
    for line in lines:
        found.add(line)
    return found.lines()
