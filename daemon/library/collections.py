"""Collections: named, ordered sets of assets."""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from dataclasses import dataclass

import peewee

from daemon.kernel.errors import Conflict, NotFound
from daemon.library.database import Database
from daemon.library.tables import AssetRow, CollectionAssetRow, CollectionRow


@dataclass(frozen=True, slots=True)
class Collection:
    id: str
    name: str
    assets: tuple[str, ...]


def _load(row: CollectionRow) -> Collection:
    members = CollectionAssetRow.select().where(CollectionAssetRow.collection == row.id)
    ordered = members.order_by(CollectionAssetRow.ordinal)
    return Collection(row.id, row.name, tuple(member.asset_id for member in ordered))


def _add(collection: str, assets: Iterable[str]) -> None:
    members = CollectionAssetRow.select().where(CollectionAssetRow.collection == collection)
    ordinal = members.count()
    for asset in assets:
        if AssetRow.get_or_none(AssetRow.id == asset) is None:
            raise NotFound("there is no such asset", where=asset)
        CollectionAssetRow.insert(
            collection=collection, asset=asset, ordinal=ordinal
        ).on_conflict_ignore().execute()
        ordinal += 1


class Collections:
    def __init__(self, db: Database) -> None:
        self._db = db

    async def all(self) -> list[Collection]:
        return await self._db.read(
            lambda: [_load(row) for row in CollectionRow.select().order_by(CollectionRow.name)]
        )

    async def get(self, collection: str) -> Collection:
        """Raises NotFound."""

        def work() -> Collection:
            row = CollectionRow.get_or_none(CollectionRow.id == collection)
            if row is None:
                raise NotFound("there is no such collection", where=collection)
            return _load(row)

        return await self._db.read(work)

    async def create(self, name: str, assets: list[str]) -> Collection:
        """Raises Conflict when the name is taken, NotFound for an unknown asset."""
        new = uuid.uuid4().hex

        def work() -> None:
            try:
                CollectionRow.insert(id=new, name=name).execute()
            except peewee.IntegrityError as error:
                raise Conflict(f"there is a collection called {name!r} already") from error
            _add(new, assets)

        await self._db.write(work)
        return await self.get(new)

    async def change(
        self, collection: str, *, name: str | None, add: list[str], remove: list[str]
    ) -> Collection:
        await self.get(collection)

        def work() -> None:
            if name is not None:
                try:
                    CollectionRow.update(name=name).where(CollectionRow.id == collection).execute()
                except peewee.IntegrityError as error:
                    raise Conflict(f"there is a collection called {name!r} already") from error
            members = CollectionAssetRow.collection == collection
            CollectionAssetRow.delete().where(members & (CollectionAssetRow.asset << remove)).execute()
            _add(collection, add)

        await self._db.write(work)
        return await self.get(collection)

    async def delete(self, collection: str) -> None:
        await self.get(collection)
        await self._db.write(lambda: CollectionRow.delete().where(CollectionRow.id == collection).execute())
