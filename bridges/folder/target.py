"""The target `folder`: plain folders, names that say what a file is, and provenance beside them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path

from bridges.folder.layout import plan
from bridges.folder.provenance import after_removal, sidecars
from daemon.jobs.targets import DeliverItem


def _now() -> datetime:
    return datetime.now(UTC)


class FolderTarget:
    """Plans; the journal writes. now: aware time, for provenance and for the {date} of layouts (local)."""

    name = "folder"

    def __init__(self, now: Callable[[], datetime] = _now) -> None:
        self._now = now

    def plan(self, items: Sequence[DeliverItem], layout: str | None, root: Path) -> list[Path]:
        return plan(items, layout, root, self._now().astimezone().date())

    def sidecars(self, items: Sequence[DeliverItem], placed: Sequence[Path], root: Path) -> dict[Path, str]:  # noqa: ARG002
        return sidecars(items, placed, self._now())

    def after_removal(self, removed: Sequence[Path]) -> dict[Path, str | None]:
        return after_removal(removed)


TARGET = FolderTarget()
