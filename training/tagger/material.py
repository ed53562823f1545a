"""The Debian packages that the material comes from, and getting them."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path
from shutil import which

from training.tagger import drumsynth, fonts, lmms, packs, patches, stk, zyn

NEEDED: dict[str, Path] = {
    **{package: path for path, package in fonts.FONTS.values()},
    "freepats": patches.FOLDER,
    "lmms-common": drumsynth.FOLDER,
    "hydrogen-data": packs.HYDROGEN["gmrock"],
    "zynaddsubfx-data": zyn.FOLDER,
    "lmms": lmms.LMMS,
    "stk": stk.STK,
    "fluidsynth": Path("/usr/bin/fluidsynth"),
    "espeak-ng": Path("/usr/bin/espeak-ng"),
}
"""Package: what tells that it is here."""


def install() -> None:
    """Install what is missing with apt-get. Exits with the command where that cannot be done here."""
    missing = [package for package, path in NEEDED.items() if not path.exists() and which(path.name) is None]
    if not missing:
        return
    command = ["apt-get", "install", "-y", "--no-install-recommends", *missing]
    if os.name != "posix" or os.geteuid() != 0 or which("apt-get") is None:
        raise SystemExit(f"missing: {', '.join(missing)}. As root, on Debian: {' '.join(command)}")
    subprocess.run(command, check=True)
