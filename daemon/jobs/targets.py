"""Where results can be delivered. A target plans names; the journal writes. The composition root hands them down."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from daemon.kernel.types import Json
from daemon.kernel.work import Kind


@dataclass(frozen=True, slots=True)
class DeliverItem:
    """One file to be delivered.

    path: where it is now, its extension as it shall be. name: as its step called it. meta: everything known of it
    (kernel/meta.py). asset: hash of its payload. provenance: how it came to be.
    """

    path: Path
    name: str
    kind: Kind
    meta: Mapping[str, Json]
    asset: str
    provenance: Mapping[str, Json]


class DeliverTarget(Protocol):
    """One kind of place. Blocking; called from a thread."""

    name: str

    def plan(self, items: Sequence[DeliverItem], layout: str | None, root: Path) -> list[Path]:
        """The path wanted for each item, in order; another is taken where one is not free.

        The same items give the same paths. Raises BadParameter for a layout that is not legal.
        """
        ...

    def sidecars(self, items: Sequence[DeliverItem], placed: Sequence[Path], root: Path) -> dict[Path, str]:
        """Texts to write beside what was placed (provenance), merged with what stands there."""
        ...

    def after_removal(self, removed: Sequence[Path]) -> dict[Path, str | None]:
        """The sidecars as they should be once these files are gone; None for one that has nothing left to say."""
        ...
