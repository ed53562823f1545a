"""Lists that the daemon hands out page by page."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TypeVar

import msgspec

from daemon.cli.client import Client
from daemon.services.types import Page

T = TypeVar("T")

PAGE = 200


def items(
    client: Client, path: str, page: type[Page[T]], query: Mapping[str, object], limit: int | None = None
) -> Iterator[T]:
    """What the query finds, in the daemon's order; at most `limit`, or all."""
    cursor: str | None = None
    left = limit
    while left is None or left > 0:
        asked = {**query, "cursor": cursor, "limit": PAGE if left is None else min(left, PAGE)}
        found = msgspec.convert(client.get(path, asked), page)
        yield from found.items
        left = None if left is None else left - len(found.items)
        cursor = found.next_cursor
        if cursor is None:
            return
