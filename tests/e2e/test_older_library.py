"""A library whose text an older roadie indexed, taken up by a real daemon."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path

from daemon.kernel.types import AssetId
from daemon.library.asset_records import FileStat, NewAsset
from daemon.library.assets import Assets
from daemon.library.database import Database
from daemon.library.text import sql
from tests.recovery.house import House


def test_the_parts_of_names_are_found_soon_after_a_start(tmp_path: Path) -> None:
    house = House(tmp_path)
    before = Database(house.home / "roadie.db")
    before.open()
    rimshot = NewAsset(AssetId("r"), "one-shot", Path("/pack/SnareRimshot.wav"), FileStat(1, 1, 1))
    asyncio.run(Assets(before).record(rimshot))
    before.submit(lambda: sql("UPDATE asset_text SET folders = 'pack'")).result()
    before.close()
    house.start()
    try:
        assert house.up()
        deadline = time.monotonic() + 20
        while not (found := house.ask("GET", "/assets?q=rimshot")["items"]) and time.monotonic() < deadline:
            time.sleep(0.05)
        assert [each["id"] for each in found] == ["r"]
    finally:
        house.stop()
