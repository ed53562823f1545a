"""The journal's failpoints: two round every fsync, rename, removal and commit of every operation."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from daemon.kernel.failpoints import declare, failpoint

_PLACES = {
    "folders": ("sync",),
    "deliver": ("intent", "sync_file", "rename", "sync_folder", "done"),
    "replace": ("intent", "sync_file", "rename", "sync_folder", "done"),
    "rewrite": ("intent", "sync_file", "sync_backup", "rename", "sync_folder", "done"),
    "move": ("intent", "sync_file", "rename", "sync_folder", "remove", "done"),
    "remove": ("intent", "remove", "sync_folder", "done"),
    "reconcile": ("sync_folder", "settle"),
    "undo": ("remove", "sync_folder", "settle", "forget"),
}

for _verb, _whats in _PLACES.items():
    for _what in _whats:
        declare(f"files.{_verb}.before_{_what}", f"files.{_verb}.after_{_what}")


@contextmanager
def passing(verb: str, what: str) -> Iterator[None]:
    failpoint(f"files.{verb}.before_{what}")
    yield
    failpoint(f"files.{verb}.after_{what}")
