"""A path as a person writes it, with "~" for the home folder and ".." for the one above."""

from __future__ import annotations

import os
from pathlib import PurePath


def at_home(text: str) -> str:
    """`text` with the home folder in the place of "~" or "~user", and without "..", so that one file has one name in
    the library. As it is where there is no such user, and where no path can be so (a zero byte): whoever asked for it
    checks that and says so. Text only; no disk: "link/.." is where the link stands, as in a shell."""
    if "\0" in text:
        return text
    path = os.path.expanduser(text)  # noqa: PTH111 - pathlib's raises
    return os.path.normpath(path) if ".." in PurePath(path).parts else path
