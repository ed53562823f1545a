"""The bridges that results can be delivered through, by name. One line adds another."""

from __future__ import annotations

from collections.abc import Mapping

from daemon.jobs.targets import DeliverTarget
from daemon.kernel.reference import resolve

TARGETS: Mapping[str, str] = {
    "folder": "bridges.folder.target:TARGET",
}


def targets() -> dict[str, DeliverTarget]:
    """Every target, loaded."""
    return {name: resolve(reference) for name, reference in TARGETS.items()}
