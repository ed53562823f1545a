"""Files that a user brings: which engine they are for, and their copy into the store."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from daemon.kernel.disk import disk_error
from daemon.kernel.errors import BadParameter, FileMissing, Forbidden

PICKLE_SUFFIXES = frozenset({".th", ".pt", ".pth", ".ckpt", ".pkl", ".pickle"})
_IGNORED = frozenset({".gitattributes", "README.md", "manifest.json"})


def listed(path: Path) -> dict[str, Path]:
    """Name in the store to file, for a file or every file below a folder, also one that a link there leads to, as in a
    snapshot of a Hugging Face cache. Hidden files are left out."""
    if path.is_file():
        return {path.name: path}
    if not path.is_dir():
        raise FileMissing("there is no such file or folder", where=path)
    found = {
        file.relative_to(path).as_posix(): file
        for file in sorted(path.rglob("*"))
        if file.is_file() and _wanted(file.relative_to(path))
    }
    if not found:
        raise BadParameter("the folder holds no files", where=path)
    return found


def _wanted(relative: Path) -> bool:
    return relative.name not in _IGNORED and not any(part.startswith(".") for part in relative.parts)


def engine_of(names: frozenset[str], path: Path) -> tuple[str, str]:
    """(engine, task) that a set of file names is laid out for. Raises BadParameter naming the layouts."""
    if {"model.bin", "config.json"} <= names:
        return "whisper", "lyrics"
    if any(Path(name).suffix in {".safetensors", ".th"} for name in names):
        return "demucs", "separate"
    raise BadParameter(
        "these are not weights that roadie knows",
        where=path,
        hint="A Demucs model is one or more .safetensors (or .th) files, with a .yaml when it is a bag; "
        "a Whisper model is a CTranslate2 folder with model.bin and config.json",
    )


def check_pickles(name: str, path: Path, names: frozenset[str], trusted: bool) -> None:
    """Refuse a pickle checkpoint nobody vouched for: loading one runs whatever code is in it."""
    pickles = sorted(file for file in names if Path(file).suffix in PICKLE_SUFFIXES)
    if pickles and not trusted:
        raise Forbidden(
            f"{pickles[0]} is a pickle checkpoint, and loading one runs the code inside it",
            where=path,
            hint=f"If you trust where it came from: `roadie models add {name} {path} --trusted`",
        )


def copy(files: dict[str, Path], folder: Path) -> None:
    with disk_errors(folder):
        for name, source in files.items():
            target = folder / name
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(source, target)


@contextmanager
def disk_errors(path: Path) -> Iterator[None]:
    """Turn what the disk refuses into errors that say so."""
    try:
        yield
    except OSError as error:
        raise disk_error("the model could not be stored", error.filename or path, error) from error
