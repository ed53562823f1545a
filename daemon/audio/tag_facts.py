"""What a file says about itself, whatever its container."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Tags:
    """What a file says about itself. None and "" are not written. fields: further names and texts."""

    title: str = ""
    artist: str = ""
    comment: str = ""
    genre: str = ""
    bpm: float | None = None
    key: str = ""
    fields: Mapping[str, str] = field(default_factory=dict)


NO_TAGS = Tags()
