"""What the steps of an input are given to begin with: the source, or the region of it that was asked for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from daemon.jobs.graph import COVER
from daemon.jobs.held import SOURCE, Held
from daemon.jobs.prepare import Prepared
from daemon.jobs.recipes import INPUT
from daemon.kernel.errors import InputError
from daemon.kernel.types import Frames, Json
from daemon.kernel.work import Kind, Region
from daemon.library.jobs import InputRecord

Span = Mapping[str, Any]
"""{start_s, length_s}; length_s None or absent means to the end."""


def source_of(record: InputRecord, source: Prepared) -> Held:
    """The input itself. Raises InputError for a region that is not within it."""
    return _held(SOURCE, INPUT, source, record.region)


def cover_of(span: Span, source: Prepared) -> Held:
    """The part that covers several regions of the source."""
    return _held(COVER, COVER, source, span)


def covers(inputs: Sequence[InputRecord]) -> dict[str, Span]:
    """For each input that is one of several regions of the same file, the span over all of them."""
    groups: dict[str, list[InputRecord]] = {}
    for each in inputs:
        if each.region is not None:
            groups.setdefault(each.path, []).append(each)
    found: dict[str, Span] = {}
    for group in groups.values():
        if len({(each.region["start_s"], each.region.get("length_s")) for each in group if each.region}) > 1:
            span = _span([each.region for each in group if each.region is not None])
            found.update({each.id: span for each in group})
    return found


def _span(regions: Sequence[Span]) -> Span:
    start = min(float(region["start_s"]) for region in regions)
    ends = [
        None if region.get("length_s") is None else float(region["start_s"]) + float(region["length_s"])
        for region in regions
    ]
    known = [end for end in ends if end is not None]
    return {"start_s": start, "length_s": max(known) - start if len(known) == len(ends) else None}


def _held(name: str, step: str, source: Prepared, span: Span | None) -> Held:
    meta: dict[str, Json] = {**source.meta, "source": source.path.stem}
    region = None
    if span is not None:
        region = _region(span, source)
        meta["region_start_frames"] = region.start
        before = meta.get("time_reference_frames")
        meta["time_reference_frames"] = (before if isinstance(before, int) else 0) + region.start
    kind = Kind.MIDI if source.meta.get("container") == "midi" else Kind.SOURCE
    return Held(name, step, kind, source.path.name, source.path, source.asset, None, meta, region)


def _region(span: Span, source: Prepared) -> Region:
    rate, frames = source.meta.get("rate"), source.meta.get("frames")
    if not isinstance(rate, int) or not isinstance(frames, int):
        raise InputError("a region can only be taken of audio", where=source.path)
    start = round(float(span["start_s"]) * rate)
    if start >= frames:
        raise InputError(
            f"the region begins at {start / rate:.3f} s", where=source.path,
            why=f"the file is {frames / rate:.3f} s long",
        )  # fmt: skip
    length_s = span.get("length_s")
    length = frames - start if length_s is None else round(float(length_s) * rate)
    return Region(Frames(start), Frames(max(1, min(length, frames - start))))
