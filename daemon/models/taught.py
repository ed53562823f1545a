"""Where what the owner taught the tagger is kept: one file below the models, called by its hash, so that a glance at
the folder tells whether anything was taught and which."""

from __future__ import annotations

import hashlib
import os
from dataclasses import dataclass
from pathlib import Path

FOLDER, SUFFIX = "taught", ".npz"


@dataclass(frozen=True, slots=True)
class Taught:
    """path: the file that `daemon.engines.classifier.learned` reads. sha256: of its content, as its name says."""

    path: Path
    sha256: str


def taught(models: Path) -> Taught | None:
    """What was taught last, or None. models: the folder of the models, which need not exist."""
    files = sorted((models / FOLDER).glob(f"*{SUFFIX}"), key=lambda path: path.stat().st_mtime_ns)
    return Taught(files[-1], files[-1].stem) if files else None


def keep(models: Path, made: Path) -> Taught:
    """Take over a file that a worker made, in the place of what was taught before. Raises OSError."""
    folder = models / FOLDER
    folder.mkdir(parents=True, exist_ok=True)
    data = made.read_bytes()
    target = folder / (hashlib.sha256(data).hexdigest() + SUFFIX)
    staged = folder / f".{target.name}.part"
    with staged.open("wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    staged.replace(target)
    for other in folder.glob(f"*{SUFFIX}"):
        if other != target:
            other.unlink()
    return Taught(target, target.stem)


def forget(models: Path) -> bool:
    """Remove what was taught; whether there was anything."""
    found = list((models / FOLDER).glob(f"*{SUFFIX}"))
    for path in found:
        path.unlink()
    return bool(found)
