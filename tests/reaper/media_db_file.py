"""A Media Explorer database read as public descriptions of the format have it; nothing here knows what roadie writes.

One line is one thing: `PATH "folder"`, `FILE "path" size 0 mtime 0`, and below a FILE any number of `DATA` lines with
tokens `x:value`. A token with a space stands in quotes as a whole. Within quotes there is no escape, so a quote ends
them. Lengths are m:ss.fff, or h:mm:ss.fff. Here whatever breaks one of these rules is an error; REAPER would pass over
it in silence.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path

COLUMNS = {
    "t": "Title", "d": "Description", "a": "Artist", "b": "Album", "y": "Date", "g": "Genre", "c": "Comment",
    "u": "Custom Tags", "s": "Sample Rate", "n": "Channels", "i": "Bits", "l": "Length", "p": "BPM", "k": "Key",
}  # fmt: skip
_LENGTH = re.compile(r"(?:(\d+):)?(\d+):(\d\d(?:\.\d+)?)")


@dataclass
class Listed:
    """One file. columns: what Media Explorer shows, by the names of its columns."""

    path: str
    size: int
    modified_at: int
    columns: dict[str, str] = field(default_factory=dict)

    @property
    def length_s(self) -> float:
        found = _LENGTH.fullmatch(self.columns["Length"])
        assert found, self.columns["Length"]
        return 3600 * int(found[1] or 0) + 60 * int(found[2]) + float(found[3])


def read(path: Path) -> tuple[list[str], list[Listed]]:
    """(PATH folders, files)."""
    content = path.read_bytes()
    assert not content.startswith(b"\xef\xbb\xbf") and b"\0" not in content and b"\r" not in content
    folders: list[str] = []
    files: list[Listed] = []
    for line in content.decode("utf-8").split("\n"):
        kind, *values = _tokens(line) or [""]
        if kind == "PATH":
            (folder,) = values
            folders.append(folder)
        elif kind == "FILE":
            name, size, first, modified_at, second = values
            assert (first, second) == ("0", "0"), line
            files.append(Listed(name, int(size), int(modified_at)))
        elif kind == "DATA":
            for token in values:
                letter, separator, value = token.partition(":")
                assert separator and letter in COLUMNS and value, line
                assert COLUMNS[letter] not in files[-1].columns, f"twice: {line}"
                files[-1].columns[COLUMNS[letter]] = value
        else:
            assert kind == "", f"no such line: {line}"
    return folders, files


def _tokens(line: str) -> list[str]:
    """Blanks part tokens; one that begins with a quote reaches to the next quote, after which a blank or the end is."""
    found, at = [], 0
    while at < len(line):
        if line[at] == " ":
            at += 1
        elif line[at] == '"':
            end = line.index('"', at + 1)
            assert line[end + 1 : end + 2] in ("", " "), line
            found.append(line[at + 1 : end])
            at = end + 1
        else:
            end = line.find(" ", at)
            end = len(line) if end < 0 else end
            assert '"' not in line[at:end], line
            found.append(line[at:end])
            at = end
    return found
