"""Kits: named sets of samples, each on a note."""

from __future__ import annotations

import time
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import peewee

from daemon.kernel.errors import Conflict, NotFound
from daemon.library.asset_records import Asset
from daemon.library.assets import load
from daemon.library.database import Database
from daemon.library.kit_tables import KitRow, KitSlotRow
from daemon.library.tables import AssetRow


@dataclass(frozen=True, slots=True)
class Slot:
    """note: MIDI, 0..127. low, high: velocities that play it, 1..127."""

    asset: str
    note: int
    low: int = 1
    high: int = 127


@dataclass(frozen=True, slots=True)
class Kit:
    """slots: by note, then by velocity. job: the one whose samples it was made of."""

    id: str
    name: str
    job: str | None
    slots: tuple[tuple[Slot, Asset], ...]


class Kits:
    def __init__(self, db: Database) -> None:
        self._db = db

    async def all(self) -> list[Kit]:
        return await self._db.read(lambda: [_load(row) for row in KitRow.select().order_by(KitRow.name)])

    async def get(self, kit: str) -> Kit:
        """Raises NotFound."""
        return await self._db.read(lambda: _load(_row(kit)))

    async def put(self, kit: str | None, name: str, job: str | None, slots: Sequence[Slot]) -> Kit:
        """Make a kit (kit None), or give one another name and other slots. Raises Conflict when the name is taken,
        NotFound for an unknown kit or asset."""
        known = kit or uuid.uuid4().hex

        def work() -> None:
            if kit is not None:
                _row(kit)
            try:
                if kit is None:
                    KitRow.insert(id=known, name=name, job=job, made_at=time.time()).execute()
                else:
                    KitRow.update(name=name).where(KitRow.id == known).execute()
            except peewee.IntegrityError as error:
                raise Conflict(f"there is a kit called {name!r} already", hint="Choose another name") from error
            KitSlotRow.delete().where(KitSlotRow.kit == known).execute()
            for slot in slots:
                if AssetRow.get_or_none(AssetRow.id == slot.asset) is None:
                    raise NotFound("there is no such asset", where=slot.asset)
                KitSlotRow.insert(
                    kit=known, asset=slot.asset, note=slot.note, low=slot.low, high=slot.high
                ).execute()

        await self._db.write(work)
        return await self.get(known)

    async def delete(self, kit: str) -> None:
        """Raises NotFound."""

        def work() -> None:
            _row(kit)
            KitSlotRow.delete().where(KitSlotRow.kit == kit).execute()
            KitRow.delete().where(KitRow.id == kit).execute()

        await self._db.write(work)

    async def one_shots_of(self, job: str) -> list[Asset]:
        """One-shots that a job delivered, and slices that nobody has told apart, the surest of each class first."""

        def work() -> list[Asset]:
            rows = AssetRow.select(AssetRow.id).where(
                (AssetRow.job == job) & (AssetRow.kind << ("one-shot", "slice"))
            )
            return load(
                [row.id for row in rows.order_by(AssetRow.label, AssetRow.confidence.desc(), AssetRow.name)]
            )

        return await self._db.read(work)


def _row(kit: str) -> Any:
    row = KitRow.get_or_none(KitRow.id == kit)
    if row is None:
        raise NotFound("there is no such kit", where=kit)
    return row


def _load(row: Any) -> Kit:
    rows = list(KitSlotRow.select().where(KitSlotRow.kit == row.id).order_by(KitSlotRow.note, KitSlotRow.low))
    assets = {asset.id: asset for asset in load({each.asset_id for each in rows})}
    slots = [(Slot(each.asset_id, each.note, each.low, each.high), assets[each.asset_id]) for each in rows]
    return Kit(row.id, row.name, row.job, tuple(slots))
