"""Reading bytes of a file that may be anything: every refusal names the file and the reason."""

from __future__ import annotations

import stat
from pathlib import Path
from typing import BinaryIO

from daemon.kernel.errors import DiskError, FileMissing, InputError
from daemon.kernel.printable import printable


def open_binary(path: Path) -> BinaryIO:
    """The file, open for reading bytes. Raises FileMissing, InputError or DiskError, naming it.

    Only a regular file is opened: a pipe would wait for its writer for ever, a device need not have an end.
    """
    try:
        kind = _no_file(path.stat().st_mode)
        if kind is not None:
            raise InputError(
                f"this is {kind}, not a file", where=shown(path), hint="Name the audio file itself"
            )
        return path.open("rb")
    except FileNotFoundError as error:
        raise FileMissing("there is no such file", where=shown(path)) from error
    except (OSError, ValueError) as error:
        raise DiskError(
            "cannot open the file", where=shown(path), why=getattr(error, "strerror", None) or error
        ) from error


def _no_file(mode: int) -> str | None:
    """What it is instead of a regular file."""
    if stat.S_ISREG(mode):
        return None
    for is_kind, name in (
        (stat.S_ISDIR, "a folder"),
        (stat.S_ISFIFO, "a pipe"),
        (stat.S_ISSOCK, "a socket"),
        (stat.S_ISCHR, "a device"),
        (stat.S_ISBLK, "a device"),
    ):
        if is_kind(mode):
            return name
    return "something else"


def shown(path: Path) -> str:
    """A path as text that can be printed and stored, even when its name is not valid UTF-8."""
    return printable(path)


def read_some(file: BinaryIO, count: int, path: Path) -> bytes:
    """Up to `count` bytes; a refusing disk becomes a DiskError that names the file."""
    try:
        return file.read(count)
    except OSError as error:
        raise DiskError("cannot read the file", where=shown(path), why=error.strerror or error) from error


def id3v2_size(head: bytes) -> int:
    """Bytes of the ID3v2 tag that `head` starts with (id3.org: ID3v2.4 structure), 0 when there is none."""
    if len(head) < 10 or head[:3] != b"ID3" or any(byte & 0x80 for byte in head[6:10]):
        return 0
    size = head[6] << 21 | head[7] << 14 | head[8] << 7 | head[9]
    footer = 10 if head[5] & 0x10 else 0
    return 10 + size + footer
