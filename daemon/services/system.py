"""The daemon itself: health, devices and lanes, settings, and what `doctor` checks."""

from __future__ import annotations

import asyncio
import os
import shutil
import tempfile
from collections.abc import Awaitable, Callable
from pathlib import Path

import psutil

from daemon.executors.protocol import Executor
from daemon.kernel.clock import Clock
from daemon.kernel.errors import BadParameter
from daemon.library.database import Database
from daemon.library.jobs import Jobs
from daemon.services.models import ModelsService
from daemon.services.selection import SelectionService
from daemon.services.types_system import Check, LaneView, SettingsPatch, SettingsView, SystemView, TransportView

FREE_ENOUGH = 5 * 10**9  # bytes: a song's stems as float, a few times over


class SystemService:
    """folders: by meaning ("home", "delivery", "roots"), for people. keep: writes a setting into config.toml."""

    def __init__(
        self, version: str, home: Path, folders: dict[str, list[str]], executor: Executor, models: ModelsService,
        selection: SelectionService, jobs: Jobs, keep: Callable[[str, str], None], db: Database, clock: Clock,
    ) -> None:  # fmt: skip
        self._version = version
        self._home = home
        self._folders = folders
        self._executor = executor
        self._models = models
        self._selection = selection
        self._jobs = jobs
        self._keep = keep
        self._db = db
        self._clock = clock
        self._started_s = clock.monotonic()
        self._probes: list[Callable[[], Awaitable[list[Check]]]] = []

    def add_probe(self, probe: Callable[[], Awaitable[list[Check]]]) -> None:
        """Something else that has lines for `roadie doctor`."""
        self._probes.append(probe)

    def health(self) -> dict[str, str | float]:
        """For anyone who asks; costs nothing."""
        return {"status": "ok", "version": self._version, "uptime_s": self._uptime_s()}

    def _uptime_s(self) -> float:
        return round(self._clock.monotonic() - self._started_s, 3)

    async def system(self) -> SystemView:
        return SystemView(
            version=self._version, uptime_s=self._uptime_s(), home=str(self._home), lanes=self._lanes(),
            models=await self._models.list(), folders=self._folders, jobs_open=await self._jobs.count_open(),
            memory_bytes=await asyncio.to_thread(_tree_memory),
        )  # fmt: skip

    def _lanes(self) -> list[LaneView]:
        return [
            LaneView(lane=each.lane, device=each.device, reason=each.reason, size=each.size, workers=each.workers,
                     busy=each.busy, waiting=each.waiting, paused=each.paused)
            for each in self._executor.lanes()
        ]  # fmt: skip

    # ------------------------------------------------------------ settings

    async def settings(self) -> SettingsView:
        return SettingsView({"pause_heavy": self._selection.pause_mode}, ["pause_heavy"])

    async def patch_settings(self, patch: SettingsPatch) -> SettingsView:
        """Change settings of a running daemon, and in config.toml, which the next one reads. Raises BadParameter,
        DiskError."""
        unknown = set(patch.values) - {"pause_heavy"}
        if unknown:
            raise BadParameter(
                f"{min(unknown)!r} cannot be changed while the daemon runs",
                hint="Changeable: pause_heavy; everything else stands in config.toml",
            )
        if "pause_heavy" in patch.values:
            self._selection.set_pause(str(patch.values["pause_heavy"]))
            await asyncio.to_thread(self._keep, "pause_heavy", self._selection.pause_mode)
        return await self.settings()

    # ------------------------------------------------------------ doctor

    async def doctor(self) -> list[Check]:
        """Each thing the daemon can check of itself: well, or how to mend it."""
        checks = [
            Check(f"device of the {each.lane} lane", True, f"{each.device}: {each.reason}")
            for each in self._lanes()
        ]
        models = await self._models.list()
        checks += [Check(f"model {model.name}", True, "installed") for model in models if model.installed]
        # Optional, each of them: one that is not here is no fault, and one line tells how to get any.
        if missing := [model.name for model in models if not model.installed]:
            told = f"{', '.join(missing)} (`roadie models` tells their sizes, `roadie models pull NAME` installs one)"
            checks.append(Check("models not installed", True, told))
        for name, paths in self._folders.items():
            checks += [await asyncio.to_thread(_check_folder, name, Path(path)) for path in paths]
        whole = await asyncio.to_thread(self._db.check)
        checks.append(
            Check("library", whole == "ok", whole, None if whole == "ok" else f"Set {self._db.path} aside")
        )
        checks.append(Check("SQLite", True, self._db.version))
        for probe in self._probes:
            checks += await probe()
        return [*checks, *_waits(await self._selection.transport())]


def _waits(transport: TransportView) -> list[Check]:
    """Why separations stand still, while they do."""
    if not transport.heavy_paused:
        return []
    does = "records" if transport.recording else "plays"
    found = f"{transport.said_by or 'somebody'} says that it {does}; separations wait until it stops"
    return [Check("the DAW", True, found, "Should it not: roadie config set pause_heavy never")]


def _check_folder(name: str, path: Path) -> Check:
    there = path
    while not there.exists() and there.parent != there:
        there = there.parent
    if not os.access(there, os.W_OK):
        return Check(f"{name} folder", False, f"{path}: not writable", f"Give yourself write access to {there}")
    try:
        with tempfile.TemporaryFile(dir=there):
            pass
    except OSError as error:
        return Check(f"{name} folder", False, f"{path}: {error.strerror}", "Check the disk and its permissions")
    free = shutil.disk_usage(there).free
    found = f"{path}: writable, {free / 1e9:.0f} GB free"
    return Check(
        f"{name} folder", free >= FREE_ENOUGH, found, None if free >= FREE_ENOUGH else "Make room on this disk"
    )


def _tree_memory() -> int:
    """Resident bytes of this process and all below it."""
    own = psutil.Process()
    total = 0
    for process in [own, *own.children(recursive=True)]:
        try:
            total += process.memory_info().rss
        except psutil.NoSuchProcess:
            continue
    return total
