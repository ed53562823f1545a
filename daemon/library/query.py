"""What is asked of the library."""

from __future__ import annotations

from dataclasses import dataclass

from daemon.library.asset_records import Asset

Place = tuple[float | str | None, int]
"""Where a sound stands in an order: its value there, None where it has none, and its number. In the order of relevance
the value is the stage (`daemon.library.matching`); in that of likeness there is none, and the number is how many came
before."""

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
    what stands nowhere now, instead of what does. but: how the sounds found differ from `like` ("brighter"). after:
    the place of the last sound of the page before (`Found.last`), so that what comes or goes in between does not move
    the next page; pages by likeness are of what is nearest at the time."""

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
    after: Place | None = None
    limit: int = 50

    @property
    def by_relevance(self) -> bool:
        """Whether words decide the order."""
        return self.like is None and self.sort == "relevance" and bool(self.text or self.tag is not None)

    @property
    def sorted_by(self) -> tuple[str, bool]:
        """(what by, descending) of what comes in the order of a value. Where no word tells relevance, the newest is
        first."""
        return ("added", True) if self.sort == "relevance" else (self.sort, self.descending)

    @property
    def order(self) -> str:
        """Names the order in which sounds come: a place of another one means nothing in it."""
        if self.like is not None:
            return "likeness"
        if self.by_relevance:
            return "relevance"
        sort, descending = self.sorted_by
        return f"{sort} descending" if descending else sort


@dataclass(frozen=True, slots=True)
class Found:
    """One page. last: what the next page comes after, None where there is none. likeness: of each to the sound asked
    for, empty without one."""

    assets: list[Asset]
    last: Place | None = None
    likeness: tuple[float, ...] = ()

    @property
    def more(self) -> bool:
        return self.last is not None
