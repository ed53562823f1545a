"""Collecting references: a file that is used many times is one reference with many uses."""

from __future__ import annotations

import ntpath
import os
import re
from collections.abc import Iterable

from daemon.projects.model import Reference, Use

MOST_USES = 1_000
"""Of one file; a project that uses it more often still says that it uses it."""

_SOUND = rb"(?:wave?|bwf|w64|aiff?|aifc|flac|mp3|ogg|opus|m4a|wv|rex|rx2|caf|sf2|sfz|mid)"
_UTF8_PATH = re.compile(
    rb"(?:[A-Za-z]:[\\/]|/)[^\x00-\x1f\"<>|*?]{1,1000}?\." + _SOUND + rb"(?![A-Za-z0-9])", re.I
)


class References:
    """base: folder of the project, which relative paths start from."""

    def __init__(self, base: str) -> None:
        self._base = base
        self._found: dict[str, tuple[str, list[Use], tuple[str, ...], int | None]] = {}

    def add(self, written: str, use: Use, others: Iterable[str] = (), size: int | None = None) -> None:
        """written: as it stands in the project; others: absolute paths, those of the same file left out."""
        if not written or "\x00" in written:
            return
        path = absolute(written, self._base)
        known = self._found.setdefault(
            path, (written, [], tuple(o for o in dict.fromkeys(others) if o != path), size)
        )
        if len(known[1]) < MOST_USES:
            known[1].append(use)

    def all(self) -> tuple[Reference, ...]:
        return tuple(
            Reference(path, written, tuple(uses), others, size)
            for path, (written, uses, others, size) in sorted(self._found.items())
        )


def absolute(written: str, base: str) -> str:
    """The path that a project means. A path of another system stays as it is: it is not on this one."""
    if ntpath.splitdrive(written)[0]:
        return ntpath.normpath(written) if os.name == "nt" else written
    # REAPER and Live take either slash, whichever system wrote the project.
    plain = written.replace("\\", os.sep).replace("/", os.sep)
    return os.path.normpath(os.path.join(base, plain))  # noqa: PTH118 - text only; Path would not keep ".."


def paths_in_state(state: bytes) -> list[str]:
    """Absolute paths of sound files in a plug-in's saved state, in UTF-8 or UTF-16 (little-endian).

    A state is the plug-in's own affair. A path found in one that is not used any more does no harm: it only keeps
    roadie from touching that file.
    """
    found = [match.group().decode("utf-8", "replace") for match in _UTF8_PATH.finditer(state)]
    for start in (0, 1):
        narrow = state[start::2]
        if state[start + 1 :: 2].count(0) > len(narrow) // 8:
            found += [match.group().decode("latin-1") for match in _UTF8_PATH.finditer(narrow)]
    return list(dict.fromkeys(path for path in found if "�" not in path))
