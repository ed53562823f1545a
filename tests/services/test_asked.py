from __future__ import annotations

import pytest

from daemon.jobs.listen import Listener
from daemon.kernel.errors import BadParameter
from daemon.library.assets import Assets
from daemon.library.database import Database
from daemon.library.query import Found, Query
from daemon.services.asked import Asked, begin_of, next_of
from daemon.services.types_library import AssetQuery


def test_a_cursor_begins_where_the_page_before_ended() -> None:
    assert next_of(Found([], more=False), Query()) is None
    assert begin_of(next_of(Found([], more=True), Query(offset=50, limit=10))) == 60
    last = (1764270037.1234567, 235)
    assert begin_of(next_of(Found([], more=True, last=last), Query())) == last
    assert begin_of(None) == 0


@pytest.mark.parametrize("cursor", ["", "x", "-1", "1.5", "1.5_", "1_2", "nan_1", "1.0_" + "9" * 19, "9" * 19])
def test_what_is_no_cursor_is_refused(cursor: str) -> None:
    with pytest.raises(BadParameter, match="is no cursor"):
        begin_of(cursor)


async def test_keys_that_go_with_none_are_refused(db: Database) -> None:
    asked = Asked(Assets(db), Listener(None, None))  # type: ignore[arg-type] - nothing is heard
    with pytest.raises(BadParameter, match="compatible"):
        await asked.query(AssetQuery(compatible=True))
    assert (await asked.query(AssetQuery(key="Am", compatible=True))).compatible
