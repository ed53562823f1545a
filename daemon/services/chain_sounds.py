"""What is to go through a chain: every file found, and heard where the chain wants to know what it is."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from daemon.files.names import with_ending
from daemon.kernel.at_home import at_home
from daemon.kernel.errors import BadParameter
from daemon.library.asset_records import FileStat
from daemon.library.assets import Assets
from daemon.services.scan import Files, Hearing
from daemon.services.types_jobs import JobInput
from daemon.services.types_plugins import ApplyRequest
from daemon.services.walk import Walk
from daemon.watch.kinds import AUDIO

CONTAINERS = {".wav": "wav", ".flac": "flac", ".aiff": "aiff", ".aif": "aiff", ".mp3": "mp3", ".ogg": "ogg"}
Targets = list[tuple[JobInput, Path]]


def is_file_name(out: Path) -> bool:
    """Whether results go into one file of this name: "pads v1.2" is a folder, also before it is there."""
    return out.suffix.lower() in CONTAINERS and not out.is_dir()


def folder_of(out: Path) -> Path:
    """The folder that results go to. Blocking. Raises BadParameter for a file's name that no disk takes."""
    try:
        return out.parent if is_file_name(out) else out
    except OSError as error:
        raise BadParameter(
            "no file can be there", where=out, why=error.strerror, hint="Choose another name"
        ) from error


def targets(request: ApplyRequest, problems: list[str]) -> Targets:
    """Every input, folders opened up, and the path that it is wanted at. Adds a line to `problems` for what cannot be
    looked at. Blocking. Raises BadParameter."""
    out = Path(request.out)
    found: Targets = []
    for given in request.inputs:
        path = None if given.path is None else Path(at_home(given.path))
        if path is not None and _is_folder(path):
            found += _below(path, out, problems)
        else:
            found.append((given, out / (path.name if path is not None else str(given.asset))))
    if not is_file_name(out):
        if out.suffix.lower() in AUDIO and not out.is_dir():
            known = ", ".join(CONTAINERS)
            raise BadParameter("roadie does not write such files", where=out.name, hint=f"Use one of {known}")
        return [(given, wanted.with_name(with_ending(wanted.stem, ".wav"))) for given, wanted in found]
    if len(found) > 1:
        raise BadParameter("several files cannot become one", where=out, hint="Name a folder")
    return [(given, out) for given, _ in found]


def _is_folder(path: Path) -> bool:
    """What can be no path is none; preparing it says why."""
    try:
        return path.is_dir()
    except OSError:
        return False


def _below(folder: Path, out: Path, problems: list[str]) -> Targets:
    """The audio files below a folder, without those that an earlier run put into `out` within it."""
    walk = Walk(folder)
    inside = out != folder and out.is_relative_to(folder)
    found = [
        (JobInput(path=file), out / Path(file).relative_to(folder))
        for file, _ in walk.files()
        if not (inside and Path(file).is_relative_to(out))
    ]
    problems += walk.problems
    problems += [
        f"{path}: in the cloud, so it was not opened. Make it available offline" for path in walk.placeholders
    ]
    return [pair for pair in found if not pair[1].suffix.lower().startswith(".mid")]


def asks_class(effects: Sequence[Mapping[str, Any]]) -> bool:
    """Whether an effect is for some classes of sounds only."""
    return any(
        "only" in one or any(asks_class(branch) for branch in one.get("parallel", ())) for one in effects
    )


def asks_kind(chain: Mapping[str, Any]) -> bool:
    """Whether the chain changes how long a sound is, which it must not do to a loop."""
    return "tail" in chain or "trim" in chain


class Ears:
    """Has files heard that the library knows nothing of."""

    def __init__(self, assets: Assets, hearing: Hearing) -> None:
        self._assets = assets
        self._hearing = hearing

    async def hear(self, given: Targets) -> None:
        """Class and kind of each path reach the library. What cannot be read is passed over: rendering it says why."""
        unheard = await self._unheard(await asyncio.to_thread(_stats, given))
        await self._hearing.hear(unheard, lambda *_: None)

    async def _unheard(self, there: Files) -> Files:
        found = []
        for path, stat in there:
            known = await self._assets.look_at(path)
            look = None if known is None else known[1]
            if look is None or look.stat != stat or not (look.heard or look.made):
                found.append((path, stat))
        return found


def _stats(given: Targets) -> Files:
    found = []
    for one in (Path(at_home(each.path)) for each, _ in given if each.path is not None):
        with contextlib.suppress(OSError, ValueError):
            found.append((one, FileStat.of(one)))
    return found
