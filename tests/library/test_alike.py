"""Pages of near-duplicates while the library changes."""

from __future__ import annotations

from pathlib import Path

from daemon.kernel.types import AssetId
from daemon.library.alike import Alikes, Looked
from daemon.library.asset_records import FileStat, NewAsset
from daemon.library.assets import Assets
from daemon.library.database import Database

SIZES = (5, 4, 4, 3, 3, 3, 2, 2, 2)


async def test_groups_that_go_between_pages_hide_no_other(db: Database) -> None:
    groups = [[f"{number}.{each}" for each in range(size)] for number, size in enumerate(SIZES)]
    assets, alikes = Assets(db), Alikes(db)
    for name in (one for group in groups for one in group):
        await assets.record(NewAsset(AssetId(name), "one-shot", Path(f"/{name}.wav"), FileStat(1, 1, 1)))
    await alikes.replace(Looked("method", groups=tuple(groups)))
    found, last = await alikes.groups(None, 3)
    seen = [each.best.id for each in found]
    for name in ("0.0", *groups[1], "5.2"):  # a member of one seen, all of another, and one of a group to come
        await assets.remove(name)
    while last is not None:
        found, last = await alikes.groups(last, 3)
        seen += [each.best.id for each in found]
    assert seen == ["0.0", "1.0", "2.0", "3.0", "4.0", "5.0", "6.0", "7.0", "8.0"]
