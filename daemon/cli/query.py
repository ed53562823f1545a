"""From the options of `roadie search` to the parameters of GET /assets and GET /facets."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import get_args

from daemon.cli.request import no_file
from daemon.kernel.errors import BadParameter
from daemon.services.types_library import Sort

ONE_TEMPO_BPM = 0.5  # how far a tempo may be off and still be the one that was named


@dataclass(frozen=True, slots=True, kw_only=True)
class Filters:
    """What `roadie search` was given. bpm: "120" or "118..124". length: seconds, "0.5" at most, or "1..4"."""

    text: str = ""
    tag: str | None = None
    kind: str | None = None
    label: str | None = None
    bpm: str | None = None
    key: str | None = None
    compatible: bool = False
    length: str | None = None
    rating: int | None = None
    folder: Path | None = None
    source: str | None = None
    missing: bool = False

    def to_query(self) -> dict[str, object]:
        """None where nothing is asked. Raises BadParameter, FileMissing for a file that is asked for as a folder."""
        bpm_min, bpm_max = (None, None) if self.bpm is None else parse_bpm(self.bpm)
        length_min, length_max = (None, None) if self.length is None else parse_length(self.length)
        return {
            "q": self.text or None,
            "tag": self.tag,
            "kind": self.kind,
            "class": self.label,
            "bpm_min": bpm_min,
            "bpm_max": bpm_max,
            "key": self.key,
            "compatible": "true" if self.compatible else None,
            "length_min": length_min,
            "length_max": length_max,
            "rating_min": self.rating,
            "folder": None if self.folder is None else str(no_file(self.folder)),
            "source": self.source,
            "missing": "true" if self.missing else None,
        }


def order(sort: str) -> dict[str, object]:
    """ "bpm", or "-bpm" for the highest first. Raises BadParameter."""
    by = sort.removeprefix("-")
    if by not in get_args(Sort):
        raise BadParameter(f"cannot sort by {by!r}", where="--sort", hint=f"Sorts: {', '.join(get_args(Sort))}")
    return {"sort": None if by == "relevance" else by, "descending": "true" if sort.startswith("-") else None}


def parse_bpm(text: str) -> tuple[float | None, float | None]:
    """ "118..124", "118..", "..124"; a single tempo means half a beat per minute to either side."""
    match _numbers(text):
        case [float(bpm)]:
            return bpm - ONE_TEMPO_BPM, bpm + ONE_TEMPO_BPM
        case [low, high]:
            return low, high
    raise BadParameter("--bpm is not a tempo or a range", where=text, hint="For example --bpm 118..124")


def parse_length(text: str) -> tuple[float | None, float | None]:
    """ "1..4", "1..", "..4" in seconds; a single length is the longest."""
    match _numbers(text):
        case [float(longest)]:
            return None, longest
        case [low, high]:
            return low, high
    raise BadParameter(
        "--length is not a length or a range of seconds", where=text, hint="For example --length 0.2..1.5"
    )


def _numbers(text: str) -> list[float | None]:
    """One number, or both ends of a range, of which one may be left out; none for anything else."""
    low, dots, high = text.partition("..")
    try:
        ends = [float(end) if end else None for end in ([low, high] if dots else [low])]
    except ValueError:
        return []
    return [] if all(end is None for end in ends) else ends
