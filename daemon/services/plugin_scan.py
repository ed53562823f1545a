"""The task `plugin-scan`: every plug-in tried in processes of its own, what is known of it kept as it comes."""

from __future__ import annotations

import asyncio
import contextlib
import os
import time
from collections.abc import Sequence
from pathlib import Path

import msgspec

from daemon.chains.plugins.binary import Fingerprint, quick_look
from daemon.chains.plugins.catalogue import Catalogue, Described, Entry, unchanged
from daemon.chains.plugins.folders import FORMATS, find_plugins, standard_folders
from daemon.jobs.calls import Calls
from daemon.jobs.runner import TaskContext
from daemon.kernel.errors import RoadieError
from daemon.kernel.work import Lane
from daemon.services.types_plugins import PluginScanRequest
from daemon.steps.scan_plugin import ANSWER

AT_ONCE = 2  # one that hangs must not hold up all others
INTERRUPTED = "roadie ended while it was tried. `roadie plugins check` tries it again"


class PluginScanner:
    """folders: configured ones, besides the system's."""

    def __init__(self, catalogue: Catalogue, calls: Calls, folders: Sequence[Path]) -> None:
        self._catalogue = catalogue
        self._calls = calls
        self._folders = folders

    async def run(self, context: TaskContext) -> list[str]:
        """Returns a line for each plug-in that cannot be used. Asked again after a crash, it goes on with those that
        were not tried yet; the one that was being tried stays blacklisted."""
        request = msgspec.convert(context.request, PluginScanRequest)
        context.progress(0.0, "looking")
        problems: list[str] = []
        paths = await asyncio.to_thread(self._paths, request, problems)
        slots = asyncio.Semaphore(AT_ONCE)
        done = 0

        async def one(path: Path) -> None:
            nonlocal done
            async with slots:
                entry = await self._entry(path, request)
            done += 1
            context.progress(done / len(paths), f"{done} of {len(paths)}: {path.name}")
            if entry.state != "ok":
                told = entry.reason if path.name in entry.reason else f"{path.name}: {entry.reason}"
                problems.append(told)
            problems.extend(f"{path.name}: {each.name}: {each.error}" for each in entry.plugins if each.error)

        async with asyncio.TaskGroup() as group:
            for path in paths:
                group.create_task(one(path))
        return problems if paths or problems else ["no plug-ins were found"]

    def _paths(self, request: PluginScanRequest, problems: list[str]) -> list[Path]:
        self._forget_gone([Path(path) for path in request.paths])
        if request.paths:
            given = [path for path in map(Path, request.paths) if self._is_there(path, problems)]
            alone = [path for path in given if path.suffix.lower() in FORMATS]
            folders = [path for path in given if path not in alone and path.is_dir()]
            problems += [f"{path}: this is no plug-in" for path in given if path not in alone + folders]
            return [*alone, *find_plugins(folders)]
        return list(find_plugins([*self._folders, *standard_folders()]))

    def _forget_gone(self, within: Sequence[Path]) -> None:
        """Plug-ins at or below one of these that are not there any more; none of these: all such."""
        for entry in self._catalogue.entries():
            path = Path(entry.path)
            asked = not within or any(path.is_relative_to(each) for each in within)
            if asked and not os.path.lexists(path):
                self._catalogue.remove(entry.path)

    @staticmethod
    def _is_there(path: Path, problems: list[str]) -> bool:
        if path.exists():
            return True
        problems.append(f"{path}: there is no such file or folder")
        return False

    async def _entry(self, path: Path, request: PluginScanRequest) -> Entry:
        before = await asyncio.to_thread(self._catalogue.get, path)
        if before is not None and not request.again and await asyncio.to_thread(unchanged, before):
            if before.state != "trying":
                return before
            return await self._keep(msgspec.structs.replace(before, state="broken", reason=INTERRUPTED))
        trying = await asyncio.to_thread(_trying, path)
        await self._keep(trying)
        try:
            return await self._keep(await self._try(trying, request.patience_s))
        except asyncio.CancelledError:
            # It was not the plug-in that ended this.
            self._catalogue.remove(str(path)) if before is None else self._catalogue.put(before)
            raise

    async def _try(self, entry: Entry, patience_s: float) -> Entry:
        params = {"path": entry.path, "patience_s": patience_s}
        try:
            async with self._calls.run("scan-plugin", params=params, lane=Lane.PLUGIN) as (out, _):
                content = await asyncio.to_thread((out / ANSWER).read_bytes)
        except RoadieError as error:
            return msgspec.structs.replace(entry, state="broken", reason=error.message)
        found = msgspec.json.decode(content, type=_Found)
        return msgspec.structs.replace(
            entry, state="ok", reason="", fingerprint=found.fingerprint, plugins=found.plugins
        )

    async def _keep(self, entry: Entry) -> Entry:
        await asyncio.to_thread(self._catalogue.put, entry)
        return entry


class _Found(msgspec.Struct, frozen=True):
    fingerprint: Fingerprint
    plugins: list[Described]


def _trying(path: Path) -> Entry:
    seen = Fingerprint(0, 0)
    with contextlib.suppress(RoadieError, OSError):  # the scan says what is wrong with it
        seen = quick_look(path)
    kind = FORMATS.get(path.suffix.lower(), "unknown")
    return Entry(
        path=str(path),
        format=kind,
        state="trying",
        reason=INTERRUPTED,
        fingerprint=seen,
        scanned_at=time.time(),
    )
