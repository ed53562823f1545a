"""How long work would take: by what the same steps took on this machine, else by stated figures of another."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from daemon.services.rule_work import Speed

ELSEWHERE: Mapping[str, float] = {
    "analyse": 0.03, "classify": 0.05, "encode": 0.02, "midi": 0.01, "notes": 0.3, "render": 0.1, "separate": 0.15,
    "slice": 0.2,
}  # fmt: skip
"""Seconds of work for each second of a song, rounded up from what the recipe `full` took for a song of 150 s on two
cores of an AMD EPYC, without a GPU and with the built-in separation. Words have no figure: they hang on the model."""

_ROUGH = (
    "by figures of another machine with two cores and the built-in separation (a trained network on a CPU takes "
    "several times as long); the first run here tells better"
)


@dataclass(frozen=True, slots=True)
class Estimate:
    """time_s: None when nothing can be said. rough: some of it was not measured on this machine. note: how it is
    known, for a person."""

    time_s: float | None
    rough: bool
    note: str


def estimate(work: Iterable[tuple[str, float]], speeds: Mapping[str, Speed]) -> Estimate:
    """One thing after another. work: (what a step uses, seconds of audio it gets). speeds: as measured here."""
    total = 0.0
    seen: dict[str, str] = {}
    for use, length_s in work:
        measured = speeds.get(use)
        ratio = ELSEWHERE.get(use) if measured is None else measured.ratio
        seen[use] = "here" if measured else "nowhere" if ratio is None else "elsewhere"
        total += (ratio or 0.0) * length_s
    if not seen:
        return Estimate(0.0, False, "nothing is computed; files are put in place as fast as the disk is")
    by = {
        place: [use for use in sorted(seen) if seen[use] == place] for place in ("here", "elsewhere", "nowhere")
    }
    told = []
    if by["here"]:
        told.append("one thing after another, from what the same steps took on this machine")
    if by["elsewhere"]:
        told.append(f"{', '.join(by['elsewhere'])}: not measured here yet, so roughly, {_ROUGH}")
    if by["nowhere"]:
        told.append(f"without {', '.join(by['nowhere'])}, of which no figure is known yet")
    known = bool(by["here"] or by["elsewhere"])
    return Estimate(round(total, 1) if known else None, bool(by["elsewhere"]), "; ".join(told))
