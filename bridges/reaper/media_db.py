"""A Media Explorer database: `MediaDB/roadie.ReaperFileList`, plain text in UTF-8.

    PATH "/samples"
    FILE "/samples/kick.wav" 123456 0 1690000000 0
    DATA "t:Kick 01" u:kick p:120

PATH is a folder that REAPER may scan again. FILE has the path, the size in bytes and the time of the last change; the
two zeros are what REAPER itself writes. DATA belongs to the FILE before it; a token with a space stands in quotes.
No value can hold a quote or a line end, so these are replaced.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

FOLDER = "MediaDB"
NAME = "roadie.ReaperFileList"
TITLE = "roadie"

FIELDS: Mapping[str, str] = {
    "title": "t",
    "artist": "a",
    "album": "b",
    "genre": "g",
    "comment": "c",
    "description": "d",
    "tags": "u",
    "bpm": "p",
    "key": "k",
    "length": "l",
    "rate_hz": "s",
    "channels": "n",
    "bits": "i",
}
"""What Media Explorer calls its columns, in the file's letters."""

_FILE = re.compile(r'^FILE "([^"\r\n]+)" (\d+) \d+ (\d+)')
_TOKEN = re.compile(r'"([A-Za-z]):([^"]*)"|([A-Za-z]):(?:"([^"]*)"|(\S+))')
_NAMES = {letter: name for name, letter in FIELDS.items()}


@dataclass(frozen=True, slots=True)
class Entry:
    """One file. values: by the names of FIELDS."""

    path: str
    size: int
    modified_at: int
    values: Mapping[str, str] = field(default_factory=dict)


def encode(entries: Iterable[Entry], folder: Path | None) -> str:
    """The whole file. Entries whose path cannot be written (a quote or a line end in it) are left out."""
    lines = [] if folder is None or not _writable(str(folder)) else [f'PATH "{folder}"']
    for entry in entries:
        if not _writable(entry.path):
            continue
        lines.append(f'FILE "{entry.path}" {entry.size} 0 {entry.modified_at} 0')
        data = " ".join(_token(FIELDS[name], value) for name, value in entry.values.items() if value)
        if data:
            lines.append(f"DATA {data}")
    return "".join(f"{line}\n" for line in lines)


def decode(text: str) -> tuple[list[str], list[Entry]]:
    """(PATH folders, entries). Lines that are not understood are passed over."""
    folders: list[str] = []
    found: list[tuple[str, int, int, dict[str, str]]] = []
    for line in text.splitlines():
        if line.startswith('PATH "'):
            folders.append(line[6:].rstrip().removesuffix('"'))
        elif named := _FILE.match(line):
            found.append((named.group(1), int(named.group(2)), int(named.group(3)), {}))
        elif line.startswith("DATA ") and found:
            found[-1][3].update(_values(line[5:]))
    return folders, [Entry(*each) for each in found]


def merged(text: str, entries: Iterable[Entry], folder: Path | None) -> str:
    """The file with these entries added, in place of earlier ones of the same path."""
    folders, standing = decode(text)
    by_path = {each.path: each for each in (*standing, *entries)}
    if folder is None and folders:
        folder = Path(folders[0])
    return encode(by_path.values(), folder)


def _values(data: str) -> dict[str, str]:
    values = {}
    for token in _TOKEN.finditer(data):
        letter = token.group(1) or token.group(3)
        value = token.group(2) or token.group(4) or token.group(5) or ""
        if letter in _NAMES:
            values[_NAMES[letter]] = value
    return values


def length(length_s: float) -> str:
    """m:ss.mmm, or h:mm:ss.mmm."""
    total = round(length_s * 1000)
    minutes, millis = divmod(total, 60_000)
    hours, minutes = divmod(minutes, 60)
    head = f"{hours}:{minutes:02}" if hours else f"{minutes}"
    return f"{head}:{millis // 1000:02}.{millis % 1000:03}"


def _token(letter: str, value: str) -> str:
    clean = "".join(" " if ord(char) < 32 else char for char in value).replace('"', "'").strip()
    return f'"{letter}:{clean}"' if " " in clean else f"{letter}:{clean}"


def _writable(path: str) -> bool:
    return '"' not in path and not any(ord(char) < 32 for char in path)
