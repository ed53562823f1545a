"""Where results may go: never into the system's, an application's or a sample pack's folders, or roadie's own."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from daemon.kernel.at_home import at_home
from daemon.kernel.errors import Forbidden

_SYSTEM = {
    "linux": ("/bin", "/boot", "/dev", "/etc", "/lib", "/lib64", "/opt", "/proc", "/run", "/sbin", "/snap", "/sys",
              "/usr", "/var/lib", "/var/cache", "/var/log"),
    "darwin": ("/Applications", "/Library", "/System", "/bin", "/dev", "/etc", "/opt", "/private/etc", "/sbin",
               "/usr"),
    "win32": (),
}  # fmt: skip
_WINDOWS_VARIABLES = ("SYSTEMROOT", "PROGRAMFILES", "PROGRAMFILES(X86)", "PROGRAMDATA")
# Folders that installers own: a DAW or a pack manager may replace them whole. By name, anywhere in a path.
_MANAGED = {"factory library", "factory packs", "live packs", "native instruments", "splice"}


class Outputs:
    """Checks folders that requests name. allowed: the configured delivery folders; home: roadie's own."""

    def __init__(self, allowed: tuple[Path, ...], home: Path) -> None:
        self._allowed = allowed
        self._home = home

    def check(self, text: str) -> Path:
        """The folder, absolute, if roadie may write there. Blocking (stat). Raises Forbidden with the reason."""
        asked = Path(at_home(text))
        if "\0" in text or not asked.is_absolute():
            raise Forbidden("a delivery folder must be an absolute path", where=repr(text))
        try:
            return self._allowed_folder(asked.resolve())
        except (OSError, RuntimeError) as error:  # RuntimeError: links in a circle, before Python 3.13
            why = getattr(error, "strerror", None) or error
            raise Forbidden("no folder can be there", where=asked, why=why, hint="Choose another") from error

    def _allowed_folder(self, folder: Path) -> Path:
        if any(folder.is_relative_to(root.resolve()) for root in self._allowed):
            return folder
        reason = self._refused(folder)
        if reason:
            raise Forbidden(
                "roadie does not write there", where=folder, why=reason,
                hint="Choose a folder of your own, or set folders.delivery in config.toml",
            )  # fmt: skip
        return folder

    def _refused(self, folder: Path) -> str | None:
        if folder.parent == folder:
            return "it is the root of a disk"
        if folder.is_relative_to(self._home.resolve()):
            return "it is roadie's own folder"
        if any(folder.is_relative_to(root) for root in _system_folders()):
            return "it belongs to the system or to an application"
        managed = {part.lower() for part in folder.parts} & _MANAGED
        if managed:
            return f"{min(managed)!r} is managed by its own program, which may replace it"
        return _not_ours(folder)


def _system_folders() -> tuple[Path, ...]:
    fixed = [Path(each) for each in _SYSTEM.get(sys.platform, ())]
    return tuple(fixed + [Path(os.environ[name]) for name in _WINDOWS_VARIABLES if name in os.environ])


def _not_ours(folder: Path) -> str | None:
    there = folder
    while not there.exists() and there.parent != there:
        there = there.parent
    if not there.is_dir():
        return f"{there} is a file"
    if there == folder and hasattr(os, "getuid") and there.stat().st_uid != os.getuid():
        return "it belongs to another user"
    if not os.access(there, os.W_OK):
        return f"you may not write into {there}"
    return None
