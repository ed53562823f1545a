"""What a client calls a file or a folder: absolute, with "~" for the home folder, and a name that can be."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path

from daemon.kernel.at_home import at_home
from daemon.kernel.errors import BadParameter, FileMissing


def absolute(text: str, what: str) -> Path:
    """what: whose path it is, for the error. Raises BadParameter for a relative path, and for one with a zero byte."""
    path = Path(at_home(text))
    if "\0" in text or not path.is_absolute():
        raise BadParameter(f"the path of {what} must be absolute", where=repr(text))
    return path


async def folder(text: str, what: str, hint: str | None = None) -> Path:
    """A folder that is there. Raises as `absolute`, and FileMissing."""
    path = absolute(text, what)
    if not await asyncio.to_thread(os.path.isdir, path):  # unlike Path's, False for a name that can be none
        raise FileMissing("there is no such folder", where=path, hint=hint)
    return path


async def file(text: str, what: str, hint: str | None = None) -> Path:
    """A file that is there. Raises as `absolute`, and FileMissing."""
    path = absolute(text, what)
    if not await asyncio.to_thread(os.path.isfile, path):
        raise FileMissing("there is no such file", where=path, hint=hint)
    return path


def require_one(path: str | None, asset: str | None, what: str) -> None:
    """Raises BadParameter unless exactly one of both is given. what: that which it names, for the error."""
    if (path is None) == (asset is None):
        raise BadParameter(f"{what} names either a path or an asset")
