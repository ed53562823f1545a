"""What the system tells of changes below watched folders: inotify, FSEvents or ReadDirectoryChangesW, by watchdog."""

from __future__ import annotations

import os
import threading
import warnings
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:  # imported when the first folder is watched: an idle daemon without any does without
    from watchdog.events import FileSystemEvent
    from watchdog.observers.api import BaseObserver, ObservedWatch

MOST_NOTES = 200_000
"""Paths noted between two looks; beyond them a look at everything is cheaper and loses nothing."""


@dataclass(slots=True)
class Notes:
    """What happened since the last look. moved, renamed: new path -> old path, of files and of folders. lost: too
    much happened to note it all. events: how many there were, of however few files."""

    files: set[Path] = field(default_factory=set)
    folders: set[Path] = field(default_factory=set)
    gone: set[Path] = field(default_factory=set)
    moved: dict[Path, Path] = field(default_factory=dict)
    renamed: dict[Path, Path] = field(default_factory=dict)
    lost: bool = False
    events: int = 0

    def __bool__(self) -> bool:
        return bool(self.files or self.folders or self.gone or self.moved or self.renamed or self.lost)

    def __len__(self) -> int:
        return len(self.files) + len(self.folders) + len(self.gone)

    def overrun(self, most: int) -> bool:
        """Whether so much happened that the system's own queue, which drops what it cannot hold, may have run over."""
        return self.lost or self.events > most


class Notepad:
    """Filled by watchdog's thread, emptied by the event loop. woken: called, from that thread, for the first note."""

    def __init__(self, woken: Callable[[], None]) -> None:
        self._lock = threading.Lock()
        self._notes = Notes()
        self._woken = woken

    def dispatch(self, event: FileSystemEvent) -> None:
        """watchdog calls this for every event."""
        with self._lock:
            first = not self._notes
            self._note(event)
        if first:
            self._woken()

    def take(self) -> Notes:
        with self._lock:
            notes, self._notes = self._notes, Notes()
        return notes

    def _note(self, event: FileSystemEvent) -> None:
        notes = self._notes
        notes.events += 1
        if len(notes) >= MOST_NOTES:
            notes.lost = True
            return
        source = _path(event.src_path)
        if event.event_type == "moved":
            target = _path(event.dest_path)
            notes.gone.add(source)
            if event.is_directory:
                notes.renamed[target] = source
            else:
                notes.files.add(target)
                notes.moved[target] = notes.moved.pop(source, source)
        elif event.event_type == "deleted":
            notes.gone.add(source)
        elif event.is_directory:
            if event.event_type == "created":
                notes.folders.add(source)
        else:
            notes.files.add(source)


def _path(text: bytes | str) -> Path:
    return Path(os.fsdecode(text))


class Observer:
    """Watches folders with whatever the system offers. Blocking; called from a thread."""

    def __init__(self, notepad: Notepad) -> None:
        self._notepad = notepad
        self._observer: BaseObserver | None = None
        self._watches: dict[Path, ObservedWatch] = {}

    def watch(self, folder: Path) -> None:
        """Raises OSError when the system refuses (ENOSPC, EMFILE: its limits)."""
        from watchdog.events import (  # noqa: PLC0415
            DirCreatedEvent,
            DirDeletedEvent,
            DirMovedEvent,
            FileClosedEvent,
            FileCreatedEvent,
            FileDeletedEvent,
            FileModifiedEvent,
            FileMovedEvent,
            FileSystemEventHandler,
        )
        from watchdog.observers import Observer as NativeObserver  # noqa: PLC0415

        if self._observer is None:
            # watchdog says so of each new folder in a new folder: it hears of it twice. Nothing is lost by that.
            warnings.filterwarnings("ignore", "Callback with id .* already exists", RuntimeWarning)
            self._observer = NativeObserver()
            self._observer.start()
        handler = FileSystemEventHandler()
        handler.dispatch = self._notepad.dispatch  # type: ignore[method-assign]
        wanted = [DirCreatedEvent, DirDeletedEvent, DirMovedEvent, FileClosedEvent, FileCreatedEvent,
                  FileDeletedEvent, FileModifiedEvent, FileMovedEvent]  # fmt: skip
        self._watches[folder] = self._observer.schedule(
            handler, str(folder), recursive=True, event_filter=wanted
        )

    def unwatch(self, folder: Path) -> None:
        watch = self._watches.pop(folder, None)
        if watch is not None and self._observer is not None:
            self._observer.unschedule(watch)

    def close(self) -> None:
        if self._observer is not None:
            self._observer.stop()
            self._observer.join(5)
            self._observer = None
