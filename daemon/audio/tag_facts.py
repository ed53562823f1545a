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

AND = "\0"
"""Between several texts that stand in one place."""


@dataclass(frozen=True, slots=True)
class Own:
    """texts: what roadie wrote into the file before, by the names of its places (`daemon.audio.places`). tags: what it
    says there now, where that is more than it may say in other places."""

    texts: Mapping[str, str] = field(default_factory=dict)
    tags: Tags = NO_TAGS

    def holds(self, place: str, text: str) -> bool:
        """Whether a place still says what roadie wrote there."""
        return bool(text) and self.texts.get(place) == text

    def choose(self, place: str, there: str, new: str, again: str, *, overwrite: bool = False) -> str:
        """What a place is to say that says `there`; nothing is "". Roadie's own words give way to `again`, also where
        that is nothing. new: for a place that is empty, and with `overwrite` for one with words of others."""
        if self.holds(place, there):
            return again
        return new if new and (overwrite or not there) else there


NOBODYS = Own()
"""Of a file in which nothing is roadie's."""
