"""Where each system keeps VST 3 and Audio Unit plug-ins, and which files there are plug-ins."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

VST3, AU = "vst3", "au"
FORMATS = {".vst3": VST3, ".component": AU}
_DEEPEST = 4  # folders of vendors within folders of vendors


def standard_folders(platform: str = sys.platform, environ: Mapping[str, str] = os.environ) -> list[Path]:
    """The folders of the VST 3 documentation ("Plug-in Locations"), the user's first, and on macOS those of Audio
    Units."""
    home = Path(environ.get("USERPROFILE" if platform == "win32" else "HOME", "/"))
    if platform == "win32":
        local = environ.get("LOCALAPPDATA", str(home / "AppData/Local"))
        common = environ.get("COMMONPROGRAMFILES", r"C:\Program Files\Common Files")
        return [Path(local, "Programs/Common/VST3"), Path(common, "VST3")]
    if platform == "darwin":
        roots = [home / "Library/Audio/Plug-Ins", Path("/Library/Audio/Plug-Ins")]
        return [root / kind for root in roots for kind in ("VST3", "Components")]
    return [home / ".vst3", Path("/usr/lib/vst3"), Path("/usr/local/lib/vst3")]


def preset_folders(platform: str = sys.platform, environ: Mapping[str, str] = os.environ) -> list[Path]:
    """Where .vstpreset files stand, in Vendor/Name below ("Preset Locations")."""
    home = Path(environ.get("USERPROFILE" if platform == "win32" else "HOME", "/"))
    if platform == "win32":
        data = environ.get("PROGRAMDATA", r"C:\ProgramData")
        return [home / "Documents/VST3 Presets", Path(data, "VST3 Presets")]
    if platform == "darwin":
        return [home / "Library/Audio/Presets", Path("/Library/Audio/Presets")]
    return [home / ".vst3/presets", Path("/usr/share/vst3/presets"), Path("/usr/local/share/vst3/presets")]


def find_plugins(folders: Sequence[Path]) -> Iterator[Path]:
    """Plug-in files and bundles by name, each once. A folder that is not there has none."""
    seen: set[str] = set()
    for folder in folders:
        for path in _within(folder, _DEEPEST):
            real = os.path.realpath(path)  # pathlib's raises where links lead in a circle
            if real not in seen:
                seen.add(real)
                yield path


def _within(folder: Path, deepest: int) -> Iterator[Path]:
    try:
        entries = sorted(folder.iterdir())
    except OSError:
        return
    for entry in entries:
        if entry.suffix.lower() in FORMATS:
            yield entry
        elif deepest > 0 and not entry.name.startswith(".") and _is_folder(entry):
            yield from _within(entry, deepest - 1)


def _is_folder(path: Path) -> bool:
    return os.path.isdir(path)  # noqa: PTH112 - pathlib's raises for what may not be looked at
