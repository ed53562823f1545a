"""Models: which weights there are, which are here, and getting them."""

from __future__ import annotations

import asyncio
import threading
from pathlib import Path

from daemon.jobs.runner import TaskContext
from daemon.kernel.events import ModelInstalled
from daemon.library.state import State
from daemon.models.catalogue import ModelEntry
from daemon.models.pull import pull
from daemon.models.store import ModelStore
from daemon.services.tasks import TaskStarter
from daemon.services.types_jobs import JobAck
from daemon.services.types_system import ModelView


class ModelsService:
    def __init__(self, store: ModelStore, tasks: TaskStarter, state: State) -> None:
        self._store = store
        self._tasks = tasks
        self._state = state

    async def list(self) -> list[ModelView]:
        return await asyncio.to_thread(lambda: [self._view(entry) for entry in self._store.entries()])

    async def pull(self, name: str, client: str) -> JobAck:
        """Download weights, as a job. Raises NotFound for a name that is not in the catalogue."""
        entry = await asyncio.to_thread(self._store.entry, name)
        return await self._tasks.start("pull", {"model": entry.name}, entry.name, client)

    async def add(self, name: str, path: Path, trusted: bool) -> ModelView:
        """Copy weights from a file or folder of the user's. trusted: a pickle checkpoint in it may be loaded."""
        await asyncio.to_thread(self._store.add, name, path, trusted)
        await self._state.put("models", name, ModelInstalled(name))
        return await asyncio.to_thread(lambda: self._view(self._store.entry(name)))

    async def remove(self, name: str) -> None:
        """Raises NotFound, and Forbidden for weights that came inside a package."""
        await asyncio.to_thread(self._store.remove, name)

    def _view(self, entry: ModelEntry) -> ModelView:
        found = self._store.installed(entry.name)
        return ModelView(
            name=entry.name, engine=entry.engine, task=entry.task, about=entry.about,
            size_bytes=found.size_bytes if found else entry.size_bytes, licence=entry.licence,
            licence_note=entry.licence_note or None, source=entry.source, installed=found is not None,
            bundled=entry.bundled, sha256=found.sha256 if found else None,
            command="" if found else f"roadie models pull {entry.name}",
        )  # fmt: skip


class Puller:
    """The task `pull`: a download in a thread; cancelling the job stops it and keeps what came, to go on from."""

    def __init__(self, store: ModelStore, state: State) -> None:
        self._store = store
        self._state = state

    async def run(self, context: TaskContext) -> list[str]:
        entry = self._store.entry(context.request["model"])
        loop = asyncio.get_running_loop()
        stop = threading.Event()

        def told(done: int, total: int) -> None:
            fraction = done / total if total else 0.0
            note = f"{done / 1e6:.0f} of {total / 1e6:.0f} MB"
            loop.call_soon_threadsafe(context.progress, fraction, note)

        try:
            await asyncio.to_thread(pull, entry, self._store, told, stop.is_set)
        finally:
            stop.set()
        await self._state.put("models", entry.name, ModelInstalled(entry.name))
        return []
