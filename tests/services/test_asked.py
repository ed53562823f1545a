from __future__ import annotations

import base64
from typing import Any

import msgspec
import pytest

from daemon.jobs.listen import Listener
from daemon.kernel.errors import BadParameter
from daemon.library.assets import Assets
from daemon.library.database import Database
from daemon.library.query import Found, Like, Place, Query
from daemon.services.asked import Asked, behind, next_of
from daemon.services.types_library import AssetQuery

PLACES: list[tuple[Query, Place]] = [
    (Query(), (1764270037.1234567, 235)),
    (Query(sort="name"), ("Ähnlich 鼓.wav", 3)),
    (Query(sort="bpm", descending=True), (None, 7)),
    (Query(text="kick"), (1, 2**62)),
    (Query(like=Like("a")), (None, 50)),
]


def encoded(data: Any) -> str:
    return base64.urlsafe_b64encode(msgspec.msgpack.encode(data)).decode().rstrip("=")


@pytest.mark.parametrize(("query", "place"), PLACES)
def test_a_cursor_begins_where_the_page_before_ended(query: Query, place: Place) -> None:
    cursor = next_of(Found([], place), query)
    assert cursor is not None and cursor.isascii() and behind(query, cursor).after == place
    assert next_of(Found([]), query) is None and behind(query, None).after is None


@pytest.mark.parametrize(("query", "place"), PLACES)
def test_the_cursor_of_another_order_is_refused(query: Query, place: Place) -> None:
    cursor = next_of(Found([], place), query)
    for other in (Query(sort="length"), Query(sort="name", descending=True), Query(tag="x", like=Like("b"))):
        if other.order != query.order:
            with pytest.raises(BadParameter, match="another order"):
                behind(other, cursor)


@pytest.mark.parametrize(
    "cursor",
    ["", "x", "50", "1764270037.5_3", "ä", "é" * 10, "A" * 5000, "=", encoded(1), encoded(["added descending"]),
     encoded(["added descending", "word", 1]), encoded(["added descending", 1.0, -1]),
     encoded(["added descending", float("nan"), 1]), encoded(["added descending", 1.0, 2**63]),
     encoded(["added descending", 1.0, 1, 1]), encoded(["added descending", 1.0, "1"])],
)  # fmt: skip
def test_what_is_no_cursor_is_refused(cursor: str) -> None:
    with pytest.raises(BadParameter, match="is no cursor"):
        behind(Query(), cursor)


@pytest.mark.parametrize(
    ("query", "values"),
    [
        (Query(sort="name"), (None, 1.0)),
        (Query(sort="length"), ("1",)),
        (Query(), (None, "1")),
        (Query(text="kick"), (None, "0")),
        (Query(like=Like("a")), (0.5, "a")),
    ],
)
def test_a_value_that_none_has_in_this_order_is_no_cursor(query: Query, values: tuple[Any, ...]) -> None:
    for value in values:
        with pytest.raises(BadParameter, match="is no cursor"):
            behind(query, encoded([query.order, value, 1]))


async def test_keys_that_go_with_none_are_refused(db: Database) -> None:
    asked = Asked(Assets(db), Listener(None, None))  # type: ignore[arg-type] - nothing is heard
    with pytest.raises(BadParameter, match="compatible"):
        await asked.query(AssetQuery(compatible=True))
    assert (await asked.query(AssetQuery(key="Am", compatible=True))).compatible
