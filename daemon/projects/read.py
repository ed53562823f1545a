"""A project file of any kind roadie reads."""

from __future__ import annotations

import stat
from pathlib import Path

from daemon.kernel.errors import DiskError, FileMissing, UnreadableProject
from daemon.projects import als, rpp
from daemon.projects.model import Project

SUFFIXES = (".rpp", ".als")
"""Of projects that a scan looks for; backups are read when they are named."""

_GZIP, _XML = b"\x1f\x8b", b"<?xml"
_BYTE_ORDER_MARK = b"\xef\xbb\xbf"


def read_project(path: Path) -> Project:
    """Read a project; content decides which kind it is. Nothing is written, nothing else is opened.

    path: absolute. Raises UnreadableProject, FileMissing, DiskError.
    """
    try:
        if not stat.S_ISREG(path.stat().st_mode):
            raise UnreadableProject("this is no file", where=path, hint="Name the project file itself")
        with path.open("rb") as file:
            head = file.read(64).removeprefix(_BYTE_ORDER_MARK).lstrip()
            file.seek(0)
            if head.startswith((rpp.HEAD, rpp.TEMPLATE_HEAD)):
                return rpp.read_rpp(file, path)
            if head.startswith((_GZIP, _XML)):
                return als.read_als(file, path)
    except FileNotFoundError as error:
        raise FileMissing("there is no such file", where=path) from error
    except OSError as error:
        raise DiskError("cannot read the project", where=path, why=error.strerror or error) from error
    raise UnreadableProject(
        "this is no project that roadie reads",
        where=path,
        hint="REAPER projects (.rpp) and Live sets (.als) are",
    )
