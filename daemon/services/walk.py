"""Looks through a folder for files that a library can hold: one stat for each."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path, PurePath

from daemon.audio.binary import shown
from daemon.kernel.errors import FileMissing
from daemon.library.asset_records import FileStat
from daemon.watch.kinds import AUDIO
from daemon.watch.placeholder import is_placeholder, stub_of


@dataclass(slots=True)
class Walk:
    """problems: a line for each thing that could not be looked at. placeholders: files that a cloud service shows and
    has not downloaded: they are named, and not opened, which would fetch them."""

    folder: Path
    problems: list[str] = field(default_factory=list)
    placeholders: list[str] = field(default_factory=list)
    _closed: list[Path] = field(default_factory=list)

    def files(self) -> Iterator[tuple[str, FileStat]]:
        """Paths of audio and MIDI files by name; hidden files and folders and links to folders are passed over.

        Raises FileMissing when the folder itself cannot be read.
        """
        folders = [str(self.folder)]
        while folders:
            inside, files = self._list(folders.pop())
            folders += reversed(inside)
            for entry in files:
                try:
                    stat = entry.stat()
                except FileNotFoundError:
                    continue  # went away between the listing and the stat, or a link to nothing
                except OSError as error:
                    self._cannot_look(entry, error)
                    continue
                if is_placeholder(stat, entry.path):
                    self.placeholders.append(entry.path)
                else:
                    yield entry.path, FileStat.told(stat)

    def saw(self, path: str) -> bool:
        """Whether the file would have been found if it were there: not when it or its folder could not be looked at,
        and not when it is in the cloud."""
        if path in self.placeholders:
            return False
        return not any(PurePath(path).is_relative_to(folder) for folder in self._closed)

    def _list(self, folder: str) -> tuple[list[str], list[os.DirEntry[str]]]:
        """(folders, files that count) by name."""
        inside: list[str] = []
        files: list[os.DirEntry[str]] = []
        try:
            with os.scandir(folder) as entries:
                for entry in sorted(entries, key=lambda each: each.name):
                    try:
                        self._sort(entry, inside, files)
                    except OSError as error:  # a link that leads round in a circle, or to where nobody may look
                        self._cannot_look(entry, error)
        except OSError as error:
            self._cannot_list(Path(folder), error)
        return inside, files

    def _sort(self, entry: os.DirEntry[str], inside: list[str], files: list[os.DirEntry[str]]) -> None:
        name = entry.name
        if name.startswith("."):
            stub = stub_of(name)
            if stub is not None and PurePath(stub).suffix.lower() in AUDIO:
                self.placeholders.append(str(Path(entry.path).with_name(stub)))
        elif entry.is_dir(follow_symlinks=False):
            if self._utf8(entry):
                inside.append(entry.path)
        elif os.path.splitext(name)[1].lower() in AUDIO and not entry.is_dir() and self._utf8(entry):  # noqa: PTH122
            files.append(entry)

    def _cannot_list(self, folder: Path, error: OSError) -> None:
        if folder == self.folder:
            raise FileMissing("the folder cannot be read", where=folder, why=error.strerror) from error
        self._closed.append(folder)
        self.problems.append(f"{folder}: the folder cannot be read ({error.strerror})")

    def _cannot_look(self, entry: os.DirEntry[str], error: OSError) -> None:
        path = Path(entry.path)
        self._closed.append(path)
        self.problems.append(f"{shown(path)}: the file cannot be looked at ({error.strerror})")

    def _utf8(self, entry: os.DirEntry[str]) -> bool:
        """The library holds text: a name whose bytes are not UTF-8 has no place in it."""
        try:
            entry.name.encode()
        except UnicodeEncodeError:
            self.problems.append(f"{shown(Path(entry.path))}: its name is not UTF-8. Rename it")
            return False
        return True
