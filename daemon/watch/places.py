"""Folders to watch, and whether the system tells of changes in them or they must be looked at."""

from __future__ import annotations

import errno
import os
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

import psutil

_NETWORK = (
    "nfs", "cifs", "smb", "afp", "webdav", "davfs", "9p", "afs", "ceph", "gluster", "sshfs", "rclone", "osxfuse",
)  # fmt: skip
_KERNEL = ("/proc", "/sys", "/dev")
_LIMITS = Path("/proc/sys/fs/inotify")


class Role(StrEnum):
    """What a watched folder is for."""

    INBOX = "inbox"
    SAMPLES = "samples"
    PROJECTS = "projects"


@dataclass(frozen=True, slots=True)
class Place:
    """polled: looked at every so often instead of being told. reason: why so, for a person."""

    path: Path
    role: Role
    polled: bool = False
    reason: str = ""


def place(path: Path, role: Role, polled: Sequence[Path]) -> Place:
    """A folder with how to watch it. polled: folders that the user wants looked at. Blocking (mounts)."""
    if any(path.is_relative_to(each) for each in polled):
        return Place(path, role, True, "set so in config.toml")
    kind = network_drive(path)
    if kind is not None:
        return Place(
            path, role, True, f"it is on a network drive ({kind}), whose changes the system does not tell"
        )
    return Place(path, role)


def why_not(folder: Path, own: Path) -> str | None:
    """Why a folder is none to watch, for a person; None when it may be. own: roadie's home."""
    if folder.is_relative_to(own):
        return "roadie keeps its own state there"
    if folder == Path(folder.anchor) or any(folder.is_relative_to(each) for each in _KERNEL):
        return "the whole system is no folder of sounds"
    if Path.home().is_relative_to(folder):
        return "a whole home folder is no folder of sounds"
    return None


def network_drive(path: Path) -> str | None:
    """The kind of network file system that a path is on; None for a disk of this machine."""
    if str(path).startswith("\\\\"):
        return "UNC"
    mounted = [each for each in psutil.disk_partitions(all=True) if path.is_relative_to(each.mountpoint)]
    if not mounted:
        return None
    nearest = max(mounted, key=lambda each: len(each.mountpoint))
    kind = nearest.fstype.lower()
    remote = "remote" in nearest.opts.split(",") or any(name in kind for name in _NETWORK)
    return (kind or "remote") if remote else None


def limit_reason(error: OSError, path: Path) -> str | None:
    """What to tell a person when the system has no more watches to give; None for another error."""
    if error.errno == errno.EMFILE:
        return (
            f"the system gives no more watchers ({_limit('max_user_instances')} for each user), so {path} is looked "
            "at instead. `sudo sysctl fs.inotify.max_user_instances=512` gives more"
        )
    if error.errno == errno.ENOSPC:
        return (
            f"{path} has more folders than the system watches ({_limit('max_user_watches')} for each user), so it is "
            "looked at instead. `sudo sysctl fs.inotify.max_user_watches=524288` gives more"
        )
    return None


def _limit(name: str) -> str:
    try:
        return (_LIMITS / name).read_text().strip()
    except OSError:
        return "a limit it does not tell"


def watches_left() -> tuple[int, int] | None:
    """(inotify watches of this process, the limit for the user); None where there is no inotify."""
    if not sys.platform.startswith("linux"):
        return None
    used = 0
    for info in Path("/proc/self/fdinfo").iterdir():
        try:
            used += info.read_text().count("inotify wd:")
        except OSError:
            continue  # closed meanwhile
    limit = _limit("max_user_watches")
    return (used, int(limit)) if limit.isdecimal() else None


def readable(folder: Path) -> bool:
    return folder.is_dir() and os.access(folder, os.R_OK | os.X_OK)
