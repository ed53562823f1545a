"""What is asked of the library."""

from __future__ import annotations

from dataclasses import dataclass

from daemon.library.asset_records import Asset

SORTS = ("relevance", "added", "name", "length", "bpm", "rating")


@dataclass(frozen=True, slots=True)
class Like:
    """A sound to be near to. asset: its id, left out of what is found; None for one that the library does not hold.
    vector: its embedding, None to use the asset's. measures: what was measured of it (brightness_hz, length_s,
    root_note, lufs, noisiness), for `but`."""

    asset: str | None = None
    vector: tuple[float, ...] | None = None
    measures: tuple[tuple[str, float], ...] = ()


@dataclass(frozen=True, slots=True)
class Query:
    """None means any. text: words, each a prefix of a word or of a part of one ("SnareRimshot"); those written in one
    may stand in several ("closed-hat"), and the other way round ("hi hat"); a word like none of the library's is taken
    for a typo, but for its numbers.
    key: in any spelling; compatible: also its relative and the keys a fifth away. folder: this one and all below.
    path: what stands there, or did when it was last seen. source: the asset that something was made from. missing: only
    what stands nowhere now, instead of what does. but: how the sounds found differ from `like` ("brighter"). offset:
    where the page begins; or, in the order of age, after: the age and number of the last sound of the page before, so
    that what comes in between does not move the next page."""

    text: str | None = None
    tag: str | None = None
    kind: str | None = None
    label: str | None = None
    stem: str | None = None
    bpm_min: float | None = None
    bpm_max: float | None = None
    key: str | None = None
    compatible: bool = False
    length_min: float | None = None
    length_max: float | None = None
    rating_min: int | None = None
    folder: str | None = None
    path: str | None = None
    source: str | None = None
    missing: bool = False
    like: Like | None = None
    but: tuple[str, ...] = ()
    sort: str = "relevance"
    descending: bool = False
    offset: int = 0
    after: tuple[float, int] | None = None
    limit: int = 50

    @property
    def by_age(self) -> bool:
        """Whether what it finds comes in the order in which it was added."""
        unsorted = self.sort == "relevance" and not self.text and self.tag is None
        return self.like is None and (self.sort == "added" or unsorted)


@dataclass(frozen=True, slots=True)
class Found:
    """One page. more: whether there is another. likeness: of each to the sound asked for, empty without one. last: in
    the order of age, what the next page comes after."""

    assets: list[Asset]
    more: bool
    likeness: tuple[float, ...] = ()
    last: tuple[float, int] | None = None
