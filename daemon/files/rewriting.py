"""What a rewritten file said before, kept so that an undo gives back every byte without a second copy of its sound."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from daemon.files.disk import BLOCK_BYTES
from daemon.files.intent import Intent


@dataclass(frozen=True, slots=True)
class Shared:
    """`length` bytes that stand at `old` in the earlier content and at `new` in the later one."""

    old: int
    new: int
    length: int


def with_backup(intent: Intent, folder: Path, later: Path, shared: Shared | None) -> Intent:
    """The intent with its backup planned: without the shared bytes where they are indeed the same, and with the
    whole content where not. later: a file with the new content; the old one stands at the intent's path."""
    intent = replace(intent, backup=folder / f"{intent.id}.before")
    if shared is None or shared.length <= 0:
        return intent
    trimmed = replace(intent, shared_old=shared.old, shared_new=shared.new, shared_bytes=shared.length)
    digest = hashlib.sha256()
    for block in _joined(trimmed, intent.path, shared.old + shared.length, later):
        digest.update(block)
    return trimmed if digest.hexdigest() == intent.before else intent


def literal(intent: Intent) -> Iterator[bytes]:
    """The content of the backup: what stands at the intent's path, without the shared bytes."""
    yield from _part(intent.path, 0, intent.shared_old if intent.shared_bytes else None)
    if intent.shared_bytes:
        yield from _part(intent.path, intent.shared_old + intent.shared_bytes, None)


def earlier(intent: Intent, later: Path) -> Iterator[bytes]:
    """The content before, from the backup and from `later`, which has the content after."""
    assert intent.backup is not None
    return _joined(intent, intent.backup, intent.shared_old, later)


def earlier_size(intent: Intent) -> int:
    """Bytes of the content before."""
    assert intent.backup is not None
    return intent.backup.stat().st_size + intent.shared_bytes


def _joined(intent: Intent, own: Path, rest_from: int, later: Path) -> Iterator[bytes]:
    """The start of `own`, the shared bytes of `later`, and `own` from `rest_from` on."""
    if not intent.shared_bytes:
        yield from _part(own, 0, None)
        return
    yield from _part(own, 0, intent.shared_old)
    yield from _part(later, intent.shared_new, intent.shared_bytes)
    yield from _part(own, rest_from, None)


def _part(path: Path, start: int, length: int | None) -> Iterator[bytes]:
    with path.open("rb") as file:
        file.seek(start)
        left = length
        while left is None or left > 0:
            block = file.read(BLOCK_BYTES if left is None else min(BLOCK_BYTES, left))
            if not block:
                return
            left = None if left is None else left - len(block)
            yield block
