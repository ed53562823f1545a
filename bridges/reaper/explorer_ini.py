"""Media Explorer's section of `reaper.ini`: its list of shortcuts, where databases stand as well.

The section is `[reaper_explorer]` on Windows and `[reaper_sexplorer]` elsewhere:

    NbShortcuts=2
    Shortcut0=00.ReaperFileList
    ShortcutT0=Drums
    Shortcut1=...
"""

from __future__ import annotations

import re
import sys

_COUNT = re.compile(rb"(?i)^NbShortcuts=(\d+)\s*$")
_EMPTY = re.compile(rb"(?i)^NbShortcuts=0\s*$")
_SHORTCUT = re.compile(rb"(?i)^(Shortcut(?:T)?)(\d+)=(.*?)\s*$")


def section(platform: str = sys.platform) -> bytes:
    return b"reaper_explorer" if platform == "win32" else b"reaper_sexplorer"


def with_database(content: bytes, name: str, title: str, platform: str = sys.platform) -> bytes:
    """With a shortcut to a database of MediaDB as the last one; unchanged when it is there already."""
    end = b"\r\n" if b"\r\n" in content else b"\n"
    lines, start, stop = _section(content, section(platform))
    body = lines[start:stop]
    if any(found and found[2].lower() == name.encode().lower() for found in map(_shortcut, body)):
        return content
    number = max((int(found[1]) + 1 for found in map(_shortcut, body) if found), default=0)
    number = max([number, *(int(found.group(1)) for line in body if (found := _COUNT.match(line)))])
    body = [line for line in body if not _COUNT.match(line)]
    added = [
        b"NbShortcuts=%d" % (number + 1) + end,
        b"Shortcut%d=%s" % (number, name.encode()) + end,
        b"ShortcutT%d=%s" % (number, title.encode()) + end,
    ]
    head = lines[:start]
    if start == stop == len(lines) and not _has_section(lines, section(platform)):
        if head and not head[-1].endswith(b"\n"):
            head[-1] += end
        head.append(b"[" + section(platform) + b"]" + end)
    elif head and not head[-1].endswith(b"\n"):
        head[-1] += end
    return b"".join([*head, *added, *body, *lines[stop:]])


def without_database(content: bytes, name: str, platform: str = sys.platform) -> bytes:
    """Without that shortcut; those after it move up, as the list has no holes. A section with nothing else goes."""
    lines, start, stop = _section(content, section(platform))
    gone = {
        int(found[1]) for found in map(_shortcut, lines[start:stop])
        if found and found[0].lower() == b"shortcut" and found[2].lower() == name.encode().lower()
    }  # fmt: skip
    if not gone:
        return content
    body = []
    for line in lines[start:stop]:
        count, found = _COUNT.match(line), _shortcut(line)
        if count:
            left = max(0, int(count.group(1)) - len(gone))
            body.append(line.replace(count.group(1), b"%d" % left, 1))
        elif found is None:
            body.append(line)
        elif int(found[1]) not in gone:
            moved = int(found[1]) - sum(each < int(found[1]) for each in gone)
            body.append(line.replace(found[0] + found[1], found[0] + b"%d" % moved, 1))
    if all(not line.strip() or _EMPTY.match(line) for line in body):
        start, body = start - 1, []  # the section was made for that shortcut
    return b"".join([*lines[:start], *body, *lines[stop:]])


def _section(content: bytes, name: bytes) -> tuple[list[bytes], int, int]:
    """All lines, and where the section's own begin and end; both at the end of the file when it has none."""
    lines = content.splitlines(keepends=True)
    start = next((at + 1 for at, line in enumerate(lines) if _heads(line, name)), None)
    if start is None:
        return lines, len(lines), len(lines)
    stop = next((at for at in range(start, len(lines)) if lines[at].lstrip().startswith(b"[")), len(lines))
    return lines, start, stop


def _has_section(lines: list[bytes], name: bytes) -> bool:
    return any(_heads(line, name) for line in lines)


def _heads(line: bytes, name: bytes) -> bool:
    return line.strip().lower() == b"[" + name + b"]"


def _shortcut(line: bytes) -> tuple[bytes, bytes, bytes] | None:
    """(Shortcut or ShortcutT, number, value)."""
    found = _SHORTCUT.match(line)
    return None if found is None else (found.group(1), found.group(2), found.group(3))
