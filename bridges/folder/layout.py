"""Which path each delivered file gets. Pure: the same items give the same paths, in whatever order they come."""

from __future__ import annotations

import unicodedata
from collections import defaultdict
from collections.abc import Sequence
from datetime import date
from pathlib import Path

from daemon.files.layout import parse
from daemon.files.names import MAX_NAME_BYTES, numbered, safe_name
from daemon.jobs.targets import DeliverItem
from daemon.kernel.work import Kind

DEFAULT_LAYOUT = "{source}/{kind}/{class}"

_FOLDERS = {
    Kind.SOURCE: "Sources",
    Kind.STEM: "Stems",
    Kind.SLICE: "Samples",
    Kind.ONE_SHOT: "One-Shots",
    Kind.LOOP: "Loops",
    Kind.ONSETS: "Onsets",
    Kind.NOTES: "Notes",
    Kind.MIDI: "MIDI",
    Kind.LYRICS: "Lyrics",
}
_SAMPLES = frozenset({Kind.SLICE, Kind.ONE_SHOT, Kind.LOOP})
_MAX_WORD_BYTES = 40


def plan(items: Sequence[DeliverItem], layout: str | None, root: Path, today: date) -> list[Path]:
    """A path below `root` for each item, in order, no two of them the same on any file system.

    Raises BadParameter for a layout that is not legal.
    """
    levels = parse(DEFAULT_LAYOUT if layout is None else layout)
    numbers = _numbers(items)
    wanted: list[Path] = []
    for index, item in enumerate(items):
        fields = _fields(item, today)
        folders = [name for level in levels if (name := level.render(fields))]
        wanted.append(root.joinpath(*folders, _file_name(item, fields, numbers.get(index, ""))))
    return _apart(items, wanted)


def _fields(item: DeliverItem, today: date) -> dict[str, str]:
    """What is known of an item, by the names of the layout. Of samples only: class, bpm (loops) and key.

    What is measured of a song is handed down to all that is made from it; a kick has no tempo and no key.
    """
    loop, sample = item.kind is Kind.LOOP, item.kind in _SAMPLES
    pitched = item.meta.get("stem") != "drums"
    known = {
        "source": item.meta.get("source") or Path(item.name).stem,
        "kind": _FOLDERS[item.kind],
        "class": item.meta.get("class") if sample else None,
        "stem": item.meta.get("stem"),
        "bpm": _tempo(item.meta.get("bpm")) if loop else None,
        "key": item.meta.get("key") if sample and pitched else None,
        "date": today.isoformat(),
    }
    return {
        name: _shortened(str(value), MAX_NAME_BYTES if name == "source" else _MAX_WORD_BYTES)
        for name, value in known.items()
        if value
    }


def _tempo(bpm: object) -> str | None:
    """120, or 92.5: one decimal where there is one."""
    return f"{round(bpm, 1):g}" if isinstance(bpm, int | float) and bpm > 0 else None


def _file_name(item: DeliverItem, fields: dict[str, str], number: str) -> str:
    """The name that the contract gives each kind of file, the source's own name shortened where it is too long."""
    tail = _tail(item, fields, number)
    suffix = item.path.suffix
    room = MAX_NAME_BYTES - len((tail + suffix).encode("utf-8", "replace"))
    return safe_name(_shortened(fields["source"], max(room, 16)) + tail, suffix)


def _tail(item: DeliverItem, fields: dict[str, str], number: str) -> str:
    # A part that stands alone is its own stem: "bass.mid", not "bass - bass.mid".
    stem = f" - {fields['stem']}" if fields.get("stem", fields["source"]) != fields["source"] else ""
    if item.kind in _SAMPLES:
        tempo = f" {fields['bpm']}bpm" if "bpm" in fields else ""
        key = f" {fields['key']}" if "key" in fields else ""
        return f"{stem} - {_shortened(_label(item), _MAX_WORD_BYTES)} {number}{tempo}{key}"
    return "" if item.kind is Kind.LYRICS else stem


def _label(item: DeliverItem) -> str:
    return str(item.meta.get("class") or item.kind.value)


def _shortened(text: str, room_bytes: int) -> str:
    return text.encode("utf-8", "replace")[:room_bytes].decode("utf-8", "ignore").rstrip()


def _numbers(items: Sequence[DeliverItem]) -> dict[int, str]:
    """The nn of each sample by its index: counted per source, stem and class in order of time, loops apart."""
    groups: dict[tuple[object, ...], list[int]] = defaultdict(list)
    for index, item in enumerate(items):
        if item.kind in _SAMPLES:
            loop = item.kind is Kind.LOOP
            groups[item.meta.get("source"), item.meta.get("stem"), _label(item), loop].append(index)
    numbers: dict[int, str] = {}
    for indexes in groups.values():
        width = max(2, len(str(len(indexes))))
        for count, index in enumerate(sorted(indexes, key=lambda index: _order(items[index])), start=1):
            numbers[index] = f"{count:0{width}}"
    return numbers


def _order(item: DeliverItem) -> tuple[object, ...]:
    """Time first; the rest only so that the order in which items come never matters."""
    start = item.meta.get("start_frames")
    known = repr(sorted(item.meta.items()))
    return (start if isinstance(start, int) else 0, item.name, item.kind.value, item.asset, known)


def _apart(items: Sequence[DeliverItem], wanted: Sequence[Path]) -> list[Path]:
    """Give the second of two files of one name a number, as file systems compare names: without case, and with
    é in one way of writing only."""
    placed = list(wanted)
    taken: set[str] = set()
    for index in sorted(
        range(len(items)), key=lambda index: (_folded(wanted[index]), str(wanted[index]), _order(items[index]))
    ):
        path, count = wanted[index], 2
        while _folded(placed[index]) in taken:
            placed[index] = numbered(path, count)
            count += 1
        taken.add(_folded(placed[index]))
    return placed


def _folded(path: Path) -> str:
    return unicodedata.normalize("NFC", str(path)).casefold()
