"""What a bridge says of learning."""

from __future__ import annotations

import msgspec


class Forgotten(msgspec.Struct, frozen=True):
    """forgotten: there was something to forget. job: tells the sounds anew that were told by it, so that the library
    says what the tagger says without it; None when there was nothing to forget."""

    forgotten: bool
    job: str | None = None
