"""What a bridge says of learning."""

from __future__ import annotations

import msgspec


class Forgotten(msgspec.Struct, frozen=True):
    """forgotten: there was something to forget."""

    forgotten: bool
