"""The daemon's log: a few rotated files in the home folder, and nothing on the terminal."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from logging.handlers import RotatingFileHandler
from pathlib import Path

MAX_BYTES = 2 << 20
KEEP = 3


@contextmanager
def logging_to(folder: Path) -> Iterator[None]:
    """Everything from INFO on goes to `roadie.log` in the folder, which is made."""
    folder.mkdir(parents=True, exist_ok=True)
    handler = RotatingFileHandler(folder / "roadie.log", maxBytes=MAX_BYTES, backupCount=KEEP, encoding="utf-8")
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(name)s: %(message)s"))
    root = logging.getLogger()
    root.addHandler(handler)
    root.setLevel(logging.INFO)
    try:
        yield
    finally:
        root.removeHandler(handler)
        handler.close()
