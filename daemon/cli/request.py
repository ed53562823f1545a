"""From what stands on the command line to a job request."""

from __future__ import annotations

import math
import stat
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from daemon.audio.binary import shown
from daemon.kernel.at_home import at_home
from daemon.kernel.errors import BadParameter, FileMissing, InputError
from daemon.kernel.typed_value import typed_value
from daemon.services.types_jobs import DeliverSpec, JobInput, JobRequest, RegionSpec


def job_request(
    recipe: str, files: Sequence[Path], folder: Path, region: str | None, sets: Sequence[str]
) -> JobRequest:
    """Raises BadParameter for a part that cannot be understood, FileMissing for a file that is not there."""
    part = None if region is None else parse_region(region)
    inputs = [JobInput(path=str(existing(file)), region=part) for file in files]
    return JobRequest(
        recipe=recipe,
        inputs=inputs,
        params=parse_sets(sets),
        deliver=DeliverSpec(folder=str(absolute(folder))),
    )


def absolute(path: Path) -> Path:
    """The daemon has another working folder. Links stay as they are: the name is the user's."""
    return Path(at_home(str(Path(at_home(str(path))).absolute())))


def existing(file: Path, hint: str = "Name the audio file itself") -> Path:
    """The absolute path of a file that is there. Raises FileMissing with the hint, InputError for a name that is no
    text."""
    path = absolute(file)
    try:
        mode = path.stat().st_mode
    except (OSError, ValueError) as error:
        why = None if isinstance(error, FileNotFoundError) else getattr(error, "strerror", None) or error
        raise FileMissing("there is no such file", where=shown(file), why=why, hint=hint) from error
    if not stat.S_ISREG(mode):
        kind = "a folder" if stat.S_ISDIR(mode) else "a pipe or device"
        raise FileMissing(f"this is {kind}, not a file", where=shown(file), hint=hint)
    try:
        str(path).encode()
    except UnicodeEncodeError as error:
        raise InputError(
            "its name is not UTF-8, which the daemon cannot be told", where=repr(str(file)), hint="Rename it"
        ) from error
    return path


def existing_folder(folder: Path) -> Path:
    path = no_file(folder)
    if not path.is_dir():
        raise FileMissing("there is no such folder", where=folder)
    return path


def no_file(folder: Path) -> Path:
    """The absolute path of a folder that is there, or may have been."""
    path = absolute(folder)
    if path.is_file():
        raise FileMissing("this is a file, not a folder", where=folder, hint="Name the folder it is in")
    return path


def parse_region(text: str) -> RegionSpec:
    """START+LENGTH in seconds: "30+8"; "30" and "30+" mean to the end."""
    start, _, length = text.partition("+")
    try:
        region = RegionSpec(start_s=_seconds(start), length_s=_seconds(length) if length else None)
    except ValueError as error:
        raise BadParameter(
            "--region is not START+LENGTH in seconds", where=text, why=error, hint="For example --region 30+8.5"
        ) from error
    if region.start_s < 0 or (region.length_s is not None and region.length_s <= 0):
        raise BadParameter("--region starts before 0 or has no length", where=text)
    return region


def _seconds(text: str) -> float:
    """ "8.5" or "1:02.5"."""
    minutes, _, seconds = text.rpartition(":")
    value = float(seconds) + (60 * float(minutes) if minutes else 0)
    if not math.isfinite(value):
        raise ValueError(f"{text} is no time")
    return value


def parse_sets(sets: Sequence[str]) -> dict[str, dict[str, Any]]:
    """step.param=value, each; a value is what TOML makes of it, and text where TOML makes nothing of it. A chain's file
    is one below the folder that the command runs in."""
    params: dict[str, dict[str, Any]] = {}
    for text in sets:
        place, equals, value = text.partition("=")
        step, dot, name = place.partition(".")
        if not (equals and dot and step and name):
            raise BadParameter(
                "--set is not STEP.PARAM=VALUE", where=text, hint="For example --set separate.model=htdemucs"
            )
        params.setdefault(step, {})[name] = _chain_file(value) if name == "chain" else typed_value(value)
    return params


def _chain_file(text: str) -> Any:
    """A chain's file by its absolute path, since the daemon has another working folder. Raises FileMissing."""
    value = typed_value(text)
    if not isinstance(value, str) or not value.endswith(".toml"):
        return value
    return str(existing(Path(value), "Name a chain file, or one of those that `roadie chains` lists"))
