"""Where REAPER keeps its things, and whether it runs."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path

from daemon.kernel.errors import Conflict, NotFound

INI = "reaper.ini"
_NAMES = frozenset({"reaper", "reaper.exe", "reaper64.exe"})


def usual_folders(environ: Mapping[str, str], platform: str = sys.platform) -> list[Path]:
    """Where REAPER's resource folder is on this system, the likeliest first; a portable one is beside the program."""
    home = Path(environ.get("HOME") or environ.get("USERPROFILE") or str(Path.home()))
    if platform == "win32":
        roaming = environ.get("APPDATA") or str(home / "AppData" / "Roaming")
        above = [
            environ[name] for name in ("PROGRAMFILES", "PROGRAMFILES(X86)", "SYSTEMDRIVE") if name in environ
        ]
        programs = [Path(f"{each}/") / name for each in above for name in ("REAPER (x64)", "REAPER")]
        return [Path(roaming) / "REAPER", *programs]
    if platform == "darwin":
        return [home / "Library" / "Application Support" / "REAPER", Path("/Applications/REAPER")]
    config = environ.get("XDG_CONFIG_HOME") or str(home / ".config")
    programs = [home / "opt" / "REAPER", home / "REAPER", Path("/opt/REAPER")]
    return [Path(config) / "REAPER", home / ".config" / "REAPER", *programs]


def resource_folder(to: Path | None, environ: Mapping[str, str], platform: str = sys.platform) -> Path:
    """The resource folder: the one named, or the first usual one. It is the one that holds reaper.ini.

    Raises NotFound with the places that were looked at.
    """
    wanted = [to] if to is not None else usual_folders(environ, platform)
    for folder in wanted:
        if (folder / INI).is_file():
            return folder
    raise NotFound(
        "REAPER's resource folder was not found", where=" or ".join(map(str, wanted)), why=f"no {INI} is there",
        hint="Start REAPER once, or name the folder that it shows under Options > Show REAPER resource path with --to",
    )  # fmt: skip


def require_closed(folder: Path) -> None:
    """Raises Conflict while REAPER runs: it keeps these settings in memory, and writes its own over ours."""
    pid = running_process()
    if pid is not None:
        raise Conflict(
            "REAPER is running", where=folder, why=f"process {pid}",
            hint="Close it and try again: it would write its own settings over these",
        )  # fmt: skip


def running_process() -> int | None:
    """The id of a process that is REAPER; None when there is none."""
    import psutil  # noqa: PLC0415 - only installing needs it

    for process in psutil.process_iter(["name"]):
        if str(process.info["name"] or "").lower() in _NAMES:
            return int(process.pid)
    return None
