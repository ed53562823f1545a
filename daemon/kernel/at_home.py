"""A path as a person writes it, with "~" for the home folder."""

from __future__ import annotations

import os


def at_home(text: str) -> str:
    """`text` with the home folder in the place of "~" or "~user". As it is where there is no such user, and where no
    path can be so (a zero byte): whoever asked for it checks that and says so. Text only; no disk."""
    return text if "\0" in text else os.path.expanduser(text)  # noqa: PTH111 - pathlib's raises
