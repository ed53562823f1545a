"""What became of the files whose tags were to be written, counted and in lines."""

from __future__ import annotations

from collections.abc import Set
from pathlib import Path

from daemon.jobs.retag import Retagged
from daemon.kernel.errors import RoadieError
from daemon.services.shortened import SHOWN, shortened
from daemon.services.types_tags import NotWritten, WriteTagsResult


class Tally:
    """before: files that the same job wrote in an earlier life of the daemon."""

    def __init__(self, before: Set[str], dry_run: bool) -> None:
        self._before = before
        self._dry_run = dry_run
        self._written = self._already = 0
        self._told: list[str] = []
        self._errors: list[tuple[Path, RoadieError]] = []

    def wrote(self, done: Retagged) -> None:
        changes = _changes(done)
        if changes or str(done.path) in self._before:
            self._written += 1
        else:
            self._already += 1
        self._told += [f"{done.path}: {why}" for why in done.left]
        if self._dry_run and changes:
            self._told.append(f"{done.path}: would {changes}")

    def failed(self, path: Path, error: RoadieError) -> None:
        self._errors.append((path, error))

    @property
    def only_error(self) -> RoadieError | None:
        """The first error, where nothing but errors came of it."""
        return self._errors[0][1] if self._errors and not self._written + self._already else None

    def lines(self) -> list[str]:
        return shortened([*(error.message for _, error in self._errors), *self._told])

    def result(self) -> WriteTagsResult:
        return WriteTagsResult(
            written=0 if self._dry_run else self._written, would_write=self._written if self._dry_run else 0,
            already=self._already, failed=len(self._errors),
            failures=[NotWritten(str(path), error.message) for path, error in self._errors[:SHOWN]],
        )  # fmt: skip


def _changes(done: Retagged) -> str:
    """What is done to a file, "" for nothing."""
    parts = (("write", done.wrote), ("take away", done.gone))
    return " and ".join(f"{verb} {', '.join(names)}" for verb, names in parts if names)
