"""What conditions are about: everything that is known of one file, and why it is looked at. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

UNKNOWN = object()
"""In place of a value that nobody has looked up: neither there nor not there."""


@dataclass(frozen=True, slots=True)
class Facts:
    """One file, and the event it is looked at for.

    values: by the name of a condition; a missing name means that the file has no such thing (a loop without a key),
    UNKNOWN that it was not looked up. asset: its id, None for a file that the library does not know.
    """

    path: str
    asset: str | None = None
    values: Mapping[str, Any] = field(default_factory=dict)

    def get(self, name: str) -> Any:
        return self.values.get(name)

    @property
    def name(self) -> str:
        return self.path.replace("\\", "/").rpartition("/")[2]
