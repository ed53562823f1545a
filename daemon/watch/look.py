"""A whole look at a watched folder: what events missed, what was there before, what is gone."""

from __future__ import annotations

import logging
import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from daemon.library.asset_records import FileStat
from daemon.watch.kinds import Counts, counts, ignored_folder
from daemon.watch.placeholder import is_placeholder, stub_of

log = logging.getLogger(__name__)


@dataclass(slots=True)
class Look:
    """files: those that count and look otherwise than the library knows them. folders: all that could be listed.
    strange: folders with such files and nothing that is known. gone: known paths that are not there."""

    files: dict[Path, FileStat] = field(default_factory=dict)
    projects: dict[Path, FileStat] = field(default_factory=dict)
    folders: int = 0
    strange: set[Path] = field(default_factory=set)
    gone: list[str] = field(default_factory=list)
    closed: list[Path] = field(default_factory=list)
    placeholders: int = 0


def look(root: Path, known: Mapping[str, tuple[FileStat, bool]], own: Path | None = None) -> Look:
    """Walk through a watched root. known: what the library has below it, (how it looked, missing) by path. own: a
    folder to pass over.

    Files are looked at and never opened. Links to folders are not followed. Blocking.
    """
    found = Look()
    there: set[str] = set()
    for folder, folders, names in os.walk(root, onerror=lambda error: _closed(error, found)):
        found.folders += 1
        folders[:] = [name for name in folders if not ignored_folder(name) and Path(folder, name) != own]
        for name in names:
            stub = stub_of(name)
            path = Path(folder, stub or name)
            kind = counts(path, root)
            if stub is not None:
                _stub(path, kind, there, found)
            elif kind in (Counts.AUDIO, Counts.PROJECT):
                _file(path, kind, known, there, found)
    seen = {text for text, (_, missing) in known.items() if not missing}
    found.gone = [text for text in seen - there if not _behind(Path(text), found)]
    found.strange = _strange(root, found.files, known)
    return found


def _file(
    path: Path, kind: Counts, known: Mapping[str, tuple[FileStat, bool]], there: set[str], found: Look
) -> None:
    try:
        stat = path.stat()
    except OSError:
        return  # went away since it was listed, or a link to nothing
    text = str(path)
    there.add(text)
    if not is_text(text):
        return
    if is_placeholder(stat, text):
        found.placeholders += 1
        return
    now = FileStat.told(stat)
    if kind is Counts.PROJECT:
        found.projects[path] = now
    elif stat.st_size > 0 and known.get(text) != (now, False):
        found.files[path] = now


def _stub(path: Path, kind: Counts, there: set[str], found: Look) -> None:
    """What an older iCloud has put away: `.kick.wav.icloud` stands for kick.wav, which is not gone."""
    if kind in (Counts.AUDIO, Counts.PROJECT):
        there.add(str(path))
        found.placeholders += 1


def is_text(path: str) -> bool:
    """The library holds text: a name whose bytes are not UTF-8 has no place in it."""
    try:
        path.encode()
    except UnicodeEncodeError:
        return False
    return True


def _closed(error: OSError, found: Look) -> None:
    log.info("a watched folder cannot be listed: %s", error)
    found.closed.append(Path(error.filename))


def _behind(path: Path, found: Look) -> bool:
    """Whether a file may be there in a folder that could not be listed."""
    return any(path.is_relative_to(folder) for folder in found.closed)


def _strange(root: Path, files: Iterable[Path], known: Mapping[str, tuple[FileStat, bool]]) -> set[Path]:
    """The topmost folders below root of which nothing is known."""
    familiar = {root}
    for text in known:
        for above in Path(text).parents:
            if above in familiar:
                break
            familiar.add(above)
    strange: set[Path] = set()
    for path in files:
        topmost = None
        for above in path.parents:
            if above in familiar:
                break
            topmost = above
        if topmost is not None:
            strange.add(topmost)
    return strange
