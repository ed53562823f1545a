"""Changes that rules make in the library, remembered so that they can be taken back."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from daemon.kernel.errors import NotFound
from daemon.kernel.events import AssetChanged, AssetTagged
from daemon.library.asset_records import USER, Tag
from daemon.library.asset_writes import put_tag
from daemon.library.database import Database
from daemon.library.events import append
from daemon.library.rule_tables import ChangeRow
from daemon.library.tables import AssetRow, CollectionAssetRow, CollectionRow, TagRow
from daemon.library.text import index_text


@dataclass(frozen=True, slots=True)
class NotRestored:
    """what: the thing that stayed as it is now, and why."""

    what: str
    why: str


class Changes:
    """group: the run of a rule. ordinal: which of its actions; done again, it changes nothing more."""

    def __init__(self, db: Database) -> None:
        self._db = db

    async def tag(self, asset: str, add: Sequence[str], take: Sequence[str], group: str, ordinal: int) -> bool:
        """Add and take away tags of the user's own. False when that changes nothing. Raises NotFound."""

        def work() -> bool:
            if AssetRow.get_or_none(AssetRow.id == asset) is None:
                raise NotFound("there is no such asset", where=asset)
            if _done(group, ordinal, "tags", asset):
                return False
            before = _user_tags(asset)
            after = [label for label in dict.fromkeys([*before, *add]) if label not in take]
            if after == before:
                return False
            _set_user_tags(asset, after)
            _remember(group, ordinal, "tags", asset, before, after)
            _tell(asset, group)
            return True

        return await self._db.write(work)

    async def collect(self, name: str, assets: Sequence[str], group: str, ordinal: int) -> int:
        """Put assets into the collection of this name, which is made if there is none; returns how many are new in
        it."""

        def work() -> int:
            row = CollectionRow.get_or_none(CollectionRow.name == name)
            if row is None:
                row = CollectionRow.create(id=uuid.uuid4().hex, name=name)
                _remember(group, ordinal, "collection", "", None, row.id)
            return sum(_put_in(row.id, asset, group, ordinal) for asset in assets)

        return await self._db.write(work)

    async def undo(self, group: str) -> tuple[int, list[NotRestored]]:
        """Take back a run's changes, latest first; how many, and what stays because it was changed since."""

        def work() -> tuple[int, list[NotRestored]]:
            rows = ChangeRow.select().where((ChangeRow.group == group) & (ChangeRow.undone == 0))
            stayed: list[NotRestored] = []
            restored = 0
            for row in list(rows.order_by(ChangeRow.id.desc())):
                why = _UNDO[row.what](row)
                if why is None:
                    row.undone = 1
                    row.save(only=[ChangeRow.undone])
                    restored += 1
                else:
                    stayed.append(why)
            return restored, stayed

        return await self._db.write(work)


def _done(group: str, ordinal: int, what: str, asset: str) -> bool:
    same = (ChangeRow.group == group) & (ChangeRow.ordinal == ordinal)
    return bool(ChangeRow.select().where(same & (ChangeRow.what == what) & (ChangeRow.asset == asset)).exists())


def _remember(group: str, ordinal: int, what: str, asset: str, before: Any, after: Any) -> None:
    ChangeRow.insert(group=group, ordinal=ordinal, what=what, asset=asset, before=before, after=after).execute()


def _user_tags(asset: str) -> list[str]:
    rows = TagRow.select(TagRow.label).where((TagRow.asset == asset) & (TagRow.origin == USER))
    return sorted(row.label for row in rows)


def _set_user_tags(asset: str, labels: Sequence[str]) -> None:
    TagRow.delete().where((TagRow.asset == asset) & (TagRow.origin == USER)).execute()
    for label in labels:
        put_tag(asset, Tag(label, 1.0, USER))
    index_text(asset)


def _tell(asset: str, origin: str) -> None:
    labels = [row.label for row in TagRow.select(TagRow.label).where(TagRow.asset == asset)]
    append(AssetTagged(asset, sorted(set(labels)), origin))
    append(AssetChanged(asset, origin))


def _put_in(collection: str, asset: str, group: str, ordinal: int) -> bool:
    members = CollectionAssetRow.select().where(CollectionAssetRow.collection == collection)
    if AssetRow.get_or_none(AssetRow.id == asset) is None:
        return False
    if members.where(CollectionAssetRow.asset == asset).exists():
        return False
    CollectionAssetRow.insert(collection=collection, asset=asset, ordinal=members.count()).execute()
    if not _done(group, ordinal, "collection", asset):
        _remember(group, ordinal, "collection", asset, None, collection)
    return True


def _undo_tags(row: Any) -> NotRestored | None:
    asset = AssetRow.get_or_none(AssetRow.id == row.asset)
    if asset is None:
        return None  # its tags went with it
    if _user_tags(row.asset) != sorted(row.after):
        return NotRestored(f"the tags of {asset.name}", "they were changed since")
    _set_user_tags(row.asset, row.before)
    _tell(row.asset, row.group)
    return None


def _undo_collection(row: Any) -> NotRestored | None:
    members = CollectionAssetRow.collection == row.after
    if row.asset:
        CollectionAssetRow.delete().where(members & (CollectionAssetRow.asset == row.asset)).execute()
        return None
    if CollectionAssetRow.select().where(members).exists():
        name = CollectionRow.get_by_id(row.after).name
        return NotRestored(f"the collection {name}", "other sounds are in it")
    CollectionRow.delete().where(CollectionRow.id == row.after).execute()
    return None


_UNDO = {"tags": _undo_tags, "collection": _undo_collection}
