"""What requests and answers have in common. They are typed once, in the modules beside this: validation, `openapi.json`
and the command line come from these.

Times are seconds since the epoch (`*_at`) or seconds of audio (`*_s`); ids are opaque strings.
"""

from __future__ import annotations

from typing import Generic, TypeVar

import msgspec

T = TypeVar("T")


class Request(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Base of what clients send: an unknown field is an error, never ignored."""


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    """Base of what clients get."""


class Page(Answer, Generic[T], frozen=True):
    """A part of a list; pass `next_cursor` as `cursor` to get the next one; None at the end."""

    items: list[T]
    next_cursor: str | None = None
