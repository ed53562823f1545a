"""The cursors of lists: where the next page begins, as text that means nothing to a client."""

from __future__ import annotations

import base64
import binascii
import math
from typing import Annotated

import msgspec
from msgspec import Meta

from daemon.kernel.errors import BadParameter

Value = float | str | None
"""What a list is in the order of; equal ones are in the order of a number."""

_LONGEST = 2000


class _Cursor(msgspec.Struct, frozen=True, array_like=True, forbid_unknown_fields=True):
    order: str
    value: Value
    number: Annotated[int, Meta(ge=0, le=2**63 - 1)]  # as far as SQLite counts


def written(order: str, value: Value, number: int) -> str:
    """order: names the order of the list."""
    data = msgspec.msgpack.encode(_Cursor(order, value, number))
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


def read(cursor: str | None, order: str, *kinds: type) -> tuple[Value, int] | None:
    """The value and number that a page begins behind; None for the first page. kinds: which types of Value the values
    of this order have. Raises BadParameter for what is no cursor, and for that of another order."""
    if cursor is None:
        return None
    found = _decoded(cursor)
    if found.order != order:
        raise BadParameter("this cursor is of a list in another order", hint="Begin again without it")
    value = found.value
    if type(value) not in kinds or (isinstance(value, float) and not math.isfinite(value)):
        raise _no_cursor(cursor)
    return value, found.number


def _decoded(cursor: str) -> _Cursor:
    if len(cursor) > _LONGEST or not cursor.isascii():
        raise _no_cursor(cursor)
    try:
        data = base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True)
        return msgspec.msgpack.decode(data, type=_Cursor)
    except (binascii.Error, msgspec.DecodeError) as error:
        raise _no_cursor(cursor) from error


def _no_cursor(cursor: str) -> BadParameter:
    return BadParameter(f"{cursor[:100]!r} is no cursor", hint="Pass the next_cursor of the page before")
