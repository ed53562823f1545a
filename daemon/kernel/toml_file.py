"""TOML that a person wrote: whatever is wrong with the file or its text is an error that names it."""

from __future__ import annotations

import stat
import tomllib
from pathlib import Path
from typing import Any

from daemon.kernel.errors import RoadieError
from daemon.kernel.printable import printable
from daemon.kernel.typed_value import fits


def text_of(path: Path, wrong: type[RoadieError]) -> str:
    """What stands in a file. Raises `wrong`, and FileNotFoundError for one that is not there."""
    where = printable(path)
    try:
        if not stat.S_ISREG(path.stat().st_mode):  # a pipe would wait for its writer for ever
            raise wrong(
                "this is a folder, a pipe or a device, not a file", where=where, hint="Name the file itself"
            )
        return path.read_text(encoding="utf-8-sig")  # editors on Windows put a mark in front
    except FileNotFoundError:
        raise
    except UnicodeDecodeError as error:
        raise wrong("this is not text in UTF-8", where=where, why=error, hint="Save it as UTF-8") from error
    except OSError as error:
        raise wrong("this cannot be read", where=where, why=error.strerror) from error


def parsed(text: str, where: object, wrong: type[RoadieError], *, big_numbers: bool = False) -> dict[str, Any]:
    """What TOML says. big_numbers: whether whole numbers beyond 64 bits are let through, to be told with their line.

    Raises `wrong`.
    """
    try:
        content = tomllib.loads(text)
        if big_numbers or fits(content):
            return content
    except tomllib.TOMLDecodeError as error:
        raise wrong("this is not TOML", where=where, why=error) from error
    except ValueError as error:
        raise wrong("this has a number of thousands of digits", where=where) from error
    except RecursionError as error:
        raise wrong("this is nested too deep", where=where) from error
    raise wrong("this has a number of more than 64 bits", where=where)
