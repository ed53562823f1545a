"""Plug-ins: looking for them, what was found, and keeping their settings."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import msgspec

from daemon.chains.check import Place, check
from daemon.chains.plugins.catalogue import Catalogue, Described, Entry
from daemon.chains.plugins.resolve import find, resolve_plugins
from daemon.files.journal import Journal
from daemon.jobs.calls import Calls
from daemon.jobs.runner import TaskContext
from daemon.kernel.errors import BadParameter, NotFound, NotInstalled
from daemon.kernel.work import Lane, PluginUse
from daemon.services.outputs import Outputs
from daemon.services.paths import absolute
from daemon.services.tasks import TaskStarter
from daemon.services.types_jobs import JobAck
from daemon.services.types_plugins import (
    ParameterView,
    PluginSaveRequest,
    PluginScanRequest,
    PluginView,
    PresetView,
)

log = logging.getLogger(__name__)


class PluginsService:
    def __init__(self, catalogue: Catalogue, tasks: TaskStarter, outputs: Outputs) -> None:
        self._catalogue = catalogue
        self._tasks = tasks
        self._outputs = outputs

    async def list(self) -> list[PluginView]:
        """Every plug-in that a scan found, by name; files that could not be loaded last."""
        entries = await asyncio.to_thread(self._catalogue.entries)
        views = [view for entry in entries for view in _views(entry)]
        return sorted(views, key=lambda view: (not view.vendor, view.name.lower(), view.path))

    async def get(self, plugin: str) -> PluginView:
        """By id, name or path. Raises NotFound."""
        views = await self.list()
        for key in ("id", "path", "name"):
            for view in views:
                if getattr(view, key) == plugin:
                    return view
        raise NotFound(
            "there is no such plug-in", where=plugin, hint="`roadie plugins scan` looks for plug-ins"
        )

    async def scan(self, request: PluginScanRequest, client: str) -> JobAck:
        """Look for plug-ins, as a job. Raises BadParameter for a path that is not absolute."""
        paths = [str(absolute(path, "a plug-in")) for path in request.paths]
        body = {**msgspec.to_builtins(request), "paths": paths}
        what = ", ".join(paths) if paths else "plug-in folders"
        return await self._tasks.start("plugin-scan", body, what, client)

    async def save(self, request: PluginSaveRequest, client: str) -> JobAck:
        """Write a plug-in's settings as a file, as a job. Raises BadParameter for a folder, Forbidden, NotInstalled,
        BadChain."""
        out = Path(request.out)
        if await asyncio.to_thread(out.is_dir):
            raise BadParameter(
                "this is a folder", where=out, hint="Name the file: NAME.vstpreset or NAME.state"
            )
        await asyncio.to_thread(self._outputs.check, str(out.parent))
        await asyncio.to_thread(settings_chain, request, self._catalogue)
        return await self._tasks.start("plugin-save", msgspec.to_builtins(request), str(out), client)


def note_plugins(catalogue: Catalogue, uses: Sequence[PluginUse]) -> None:
    """How plug-ins did in a render; in a thread."""
    for use in uses:
        quarantined = catalogue.note(use)
        if quarantined is not None:
            log.warning("%s is quarantined: %s", quarantined.path, quarantined.reason)


class SettingsSaver:
    """The task `plugin-save`."""

    def __init__(self, catalogue: Catalogue, calls: Calls, journal: Journal) -> None:
        self._catalogue = catalogue
        self._calls = calls
        self._journal = journal

    async def run(self, context: TaskContext) -> list[str]:
        """Returns a line that says where the settings are, when something else stood at the name asked for."""
        request = msgspec.convert(context.request, PluginSaveRequest)
        chain = await asyncio.to_thread(settings_chain, request, self._catalogue)
        suffix = ".vstpreset" if request.out.endswith(".vstpreset") else ".state"
        params = {"chain": chain, "suffix": suffix, "patience_s": request.patience_s}
        called = self._calls.run(
            "plugin-settings", params=params, lane=Lane.PLUGIN, on_progress=context.progress
        )
        async with called as (folder, _):
            delivered = await asyncio.to_thread(
                self._journal.deliver, folder / f"settings{suffix}", Path(request.out),
                group=context.job, owner=context.job, ordinal=0, same_is_enough=True,
            )  # fmt: skip
        if delivered.path == Path(request.out):
            return []
        return [
            f"{request.out}: there is something else by that name; the settings are in {delivered.path.name}"
        ]


def settings_chain(request: PluginSaveRequest, catalogue: Catalogue) -> dict[str, Any]:
    """A chain of that one plug-in. Raises NotInstalled, BadChain."""
    _, described = find(request.plugin, catalogue.entries())
    effect: dict[str, Any] = {"plugin": described.id, "params": request.params}
    if request.preset is not None:
        effect["preset"] = request.preset
    chain = check({"fx": [effect]}, Place(request.plugin, ""))
    resolved = resolve_plugins(chain, catalogue, request.plugin)
    blocked = resolved["fx"][0].get("blocked")  # type: ignore[index, union-attr]
    if blocked:
        raise NotInstalled("the plug-in is quarantined", where=request.plugin, why=blocked)
    return resolved


def _views(entry: Entry) -> list[PluginView]:
    nothing = Described(
        id=entry.path, name=Path(entry.path).stem, vendor="", version="", category="", instrument=False,
        latency_frames=0,
    )  # fmt: skip
    return [_view(entry, one) for one in entry.plugins or [nothing]]


def _view(entry: Entry, one: Described) -> PluginView:
    broken = one.error is not None
    return PluginView(
        id=one.id or f"{entry.path}#{one.name}", name=one.name, vendor=one.vendor, version=one.version,
        category=one.category, format=entry.format, path=entry.path, hash=entry.fingerprint.hash,
        state="broken" if broken else entry.state, reason=one.error or entry.reason, instrument=one.instrument,
        latency_frames=one.latency_frames, measured_frames=one.measured_frames,
        parameters=[ParameterView(**msgspec.structs.asdict(each)) for each in one.parameters],
        presets=[PresetView(name=each.name, path=each.path) for each in one.presets],
        scanned_at=entry.scanned_at, done=entry.done, failed=entry.failed,
    )  # fmt: skip
