"""What the steps of an input are given to begin with: the source, or the region of it that was asked for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from daemon.jobs.held import SOURCE, Held
from daemon.jobs.prepare import Prepared
from daemon.jobs.recipe import COVER, INPUT
from daemon.kernel.errors import InputError
from daemon.kernel.types import Frames, Json
from daemon.kernel.work import Kind, Region
from daemon.library.job_records import InputRecord

Span = Mapping[str, Any]
"""{start_s, length_s}; length_s None or absent means to the end."""


def source_of(record: InputRecord, source: Prepared) -> Held:
    """The input itself. Raises InputError for a region that is not within it."""
    region = None
    if record.region is not None:
        start, end = _bounds(record.region, source)
        region = Region(Frames(start), Frames(end - start))
    return _held(SOURCE, INPUT, source, region)


def cover_of(spans: Sequence[Span], source: Prepared) -> Held:
    """The part that covers several regions of the source, to the frame; one that is not within it does not count."""
    bounds = [_bounds(span, source) for span in spans if _begins_within(span, source)]
    start, end = min(start for start, _ in bounds), max(end for _, end in bounds)
    return _held(COVER, COVER, source, Region(Frames(start), Frames(end - start)))


def covers(inputs: Sequence[InputRecord]) -> dict[str, tuple[Span, ...]]:
    """For each input that is one of several regions of the same file, all of these regions."""
    groups: dict[str, list[InputRecord]] = {}
    for each in inputs:
        if each.region is not None:
            groups.setdefault(each.path, []).append(each)
    found: dict[str, tuple[Span, ...]] = {}
    for group in groups.values():
        spans = tuple(each.region for each in group if each.region is not None)
        if len({(span["start_s"], span.get("length_s")) for span in spans}) > 1:
            found.update({each.id: spans for each in group})
    return found


def _held(name: str, step: str, source: Prepared, region: Region | None) -> Held:
    meta: dict[str, Json] = {**source.meta, "source": source.path.stem}
    if region is not None:
        meta["region_start_frames"] = region.start
        before = meta.get("time_reference_frames")
        meta["time_reference_frames"] = (before if isinstance(before, int) else 0) + region.start
    kind = Kind.MIDI if source.meta.get("container") == "midi" else Kind.SOURCE
    return Held(name, step, kind, source.path.name, source.path, source.asset, None, meta, region)


def _bounds(span: Span, source: Prepared) -> tuple[int, int]:
    """Where a region begins and ends in the file, in frames. Raises InputError for one that is not within it."""
    rate, frames = _shape(source)
    if not _begins_within(span, source):
        raise InputError(
            f"the region begins at {span['start_s']:.3f} s", where=source.path,
            why=f"the file is {frames / rate:.3f} s long",
        )  # fmt: skip
    start = _frame(span["start_s"], source)
    length_s = span.get("length_s")
    length = frames - start if length_s is None else round(min(float(length_s) * rate, frames - start))
    return start, start + max(1, length)


def _begins_within(span: Span, source: Prepared) -> bool:
    return _frame(span["start_s"], source) < _shape(source)[1]


def _frame(at_s: float, source: Prepared) -> int:
    """The frame at a time, the file's end for every later one."""
    rate, frames = _shape(source)
    return round(min(float(at_s) * rate, frames))


def _shape(source: Prepared) -> tuple[int, int]:
    """Rate in Hz and length in frames."""
    rate, frames = source.meta.get("rate"), source.meta.get("frames")
    if not isinstance(rate, int) or not isinstance(frames, int):
        raise InputError("a region can only be taken of audio", where=source.path)
    return rate, frames
