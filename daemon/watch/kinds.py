"""Which files of a watched folder count, told by their names alone."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path, PurePath

AUDIO = frozenset(
    {
        ".wav", ".wave", ".bwf", ".rf64", ".w64", ".aif", ".aiff", ".aifc", ".flac", ".mp3", ".ogg", ".oga", ".opus",
        ".caf", ".au", ".wv", ".wma", ".m4a", ".aac", ".mp4", ".mov", ".mkv", ".webm", ".mid", ".midi",
    }
)  # fmt: skip
PROJECTS = frozenset({".rpp", ".als"})

_PARTIAL = frozenset(
    {
        ".part",
        ".partial",
        ".crdownload",
        ".download",
        ".opdownload",
        ".tmp",
        ".temp",
        ".filepart",
        ".aria2",
        ".!ut",
    }
)
"""What browsers, Safari, Opera, WinSCP and torrent clients call a file that is still coming."""
_BY_PRODUCTS = frozenset(
    {".asd", ".reapeaks", ".reapindex", ".rpp-bak", ".rpp-undo", ".peak", ".pkf", ".sfk", ".bak"}
)
_BACKUP_FOLDERS = frozenset({"backup", "backups", "ableton project info"})
"""Live keeps old versions of a set in `Backup`, REAPER in a folder of this name when it is told to."""


class Counts(StrEnum):
    """What a file is to the watcher."""

    AUDIO = "audio"
    PROJECT = "project"
    PARTIAL = "partial"  # will count once it has another name
    IGNORED = "ignored"


def counts(path: Path, root: Path) -> Counts:
    """What a file below a watched root is. Looks at names only; hidden files and folders are ignored."""
    inside = path.relative_to(root).parts if path.is_relative_to(root) else path.parts
    if any(ignored_folder(part) for part in inside[:-1]):
        return Counts.IGNORED
    name = path.name
    if is_partial(name):
        return Counts.PARTIAL
    suffix = PurePath(name).suffix.lower()
    if name.startswith(".") or suffix in _BY_PRODUCTS:
        return Counts.IGNORED
    if suffix in AUDIO:
        return Counts.AUDIO
    return Counts.PROJECT if suffix in PROJECTS else Counts.IGNORED


def ignored_folder(name: str) -> bool:
    """Whether nothing in a folder of this name counts. `.roadie` is where roadie itself writes first."""
    return name.startswith(".") or name.lower() in _BACKUP_FOLDERS


def is_partial(name: str) -> bool:
    """A download or copy that is not whole yet: "kick.wav.part", "~kick.wav", "kick.wav~"."""
    return name.endswith("~") or name.startswith("~") or PurePath(name).suffix.lower() in _PARTIAL
