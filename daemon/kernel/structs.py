"""Types that several threads decode, made ready by one."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress

import msgspec


def ready_structs(*others: type) -> None:
    """Have msgspec learn the fields of every Struct that has been imported, and of `others`, dataclasses that are
    decoded. Idempotent.

    To be called before there are threads. It learns a type when it first decodes one, running Python meanwhile, and
    shows what it has of it at once: another thread that decodes the same type just then reads what is not there yet
    and takes the process with it (msgspec 0.22; tests/test_structs.py ends so without this).
    """
    for kind in (*_below(msgspec.Struct), *others):
        with suppress(TypeError):  # one that only goes out, with a field that cannot be decoded
            msgspec.json.Decoder(kind)


def _below(struct: type[msgspec.Struct]) -> Iterator[type[msgspec.Struct]]:
    for each in struct.__subclasses__():
        yield each
        yield from _below(each)
