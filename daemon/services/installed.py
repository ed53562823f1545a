"""What roadie keeps up to date in the folders of programs that it was installed in."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from pathlib import Path

from daemon.files.installing import Installations
from daemon.files.journal import Journal
from daemon.kernel.errors import Forbidden


class InstalledService:
    def __init__(self, installations: Installations, journal: Journal) -> None:
        self._installations = installations
        self._journal = journal

    async def folders(self, name: str) -> Sequence[Path]:
        """The folders that `roadie install NAME` was done in."""
        return await asyncio.to_thread(self._installations.folders, name)

    async def write(self, name: str, path: Path, text: str) -> None:
        """A whole text in place of its earlier version. Raises Forbidden for a path below no such folder, DiskError."""
        folders = await self.folders(name)
        if not any(path.is_relative_to(folder) for folder in folders):
            raise Forbidden("roadie was not installed there", where=path)
        await asyncio.to_thread(self._journal.replace_text, path, text)
