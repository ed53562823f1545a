"""What the library said, for a person or a program."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec

from daemon.cli.output import counted, duration, on_one_line, print_json, print_table, say
from daemon.cli.request import absolute
from daemon.services.types_library import AssetView, ExportResult, ScanResult, StatsView

_LONG_S = 10.0  # from here on a length is told as minutes and seconds


def tell_found(
    found: Sequence[AssetView], *, by_sound: bool, folder: Path | None, note: str | None, as_json: bool
) -> None:
    """What a search found. by_sound: it asked for likeness. folder: where was searched; of several copies the one
    below it is shown. note: why it found nothing."""
    _remark(note)
    if as_json:
        print_json(found)
        return
    headings = ("class", "sure", "kind", "bpm", "key", "length", *(("likeness",) if by_sound else ()), "path")
    below = None if folder is None else absolute(folder)
    print_table(headings, (_row(asset, by_sound, below) for asset in found), "Nothing found.")


def _row(asset: AssetView, by_sound: bool, folder: Path | None) -> tuple[object, ...]:
    path = asset.path if folder is None else _below(asset, folder)
    bpm = None if asset.bpm is None else f"{asset.bpm:g}"
    sure = None if asset.confidence is None or asset.label is None else f"{asset.confidence:.0%}"
    like = (None if asset.likeness is None else f"{asset.likeness:.2f}",) if by_sound else ()
    where = f"{path or asset.name} (missing)" if asset.missing else path
    return asset.label, sure, asset.kind, bpm, asset.key, _brief(asset.length_s), *like, where


def _below(asset: AssetView, folder: Path) -> str | None:
    return next((path for path in asset.paths if Path(path).is_relative_to(folder)), asset.path)


def _brief(length_s: float | None) -> str | None:
    """A length as it is shown of sounds: of a hit the hundredths count."""
    return f"{length_s:.2f} s" if length_s is not None and length_s < _LONG_S else duration(length_s)


def scan_figures(result: dict[str, Any]) -> str:
    """What a scan came to, in a line."""
    came = msgspec.convert(result, ScanResult)
    parts = [counted(came.files, "file"), f"{came.heard} new or changed"]
    parts += [f"{came.unreadable} unreadable"] if came.unreadable else []
    parts += [f"{came.missing} missing"] if came.missing else []
    return ", ".join(parts)


def export_figures(result: dict[str, Any]) -> str:
    """What an export came to, in a line."""
    came = msgspec.convert(result, ExportResult)
    failed = f", {came.failed} could not be copied" if came.failed else ""
    return f"{counted(came.sounds, 'sound')} exported{failed}"


def tell_counts(counts: Mapping[str, Mapping[str, int]], note: str | None, as_json: bool) -> None:
    """How many there are of each value of each facet. note: why there are none."""
    _remark(note)
    if as_json:
        print_json(counts)
        return
    rows = [(facet, value, number) for facet, values in counts.items() for value, number in values.items()]
    print_table(("facet", "value", "assets"), rows, "")


def _remark(note: str | None) -> None:
    if note is not None:
        say(on_one_line(note))


def tell_stats(stats: StatsView, as_json: bool) -> None:
    """How much is in the library, and of what."""
    if as_json:
        print_json(stats)
        return
    length = duration(stats.length_s)
    assets, paths = counted(stats.assets, "asset"), counted(stats.paths, "path")
    print(f"{assets} at {paths} ({stats.missing} missing), {length} in all")
    for name, counts in (("kind", stats.by_kind), ("class", stats.by_class)):
        if counts:
            print()
            most_first = sorted(counts.items(), key=lambda item: -item[1])
            print_table((name, "assets"), most_first, "")
