"""Known sounds are heard again when what the tagger goes by has changed, so that the library says what it would say.

What is stored of a sound does not tell that: its embedding is one network's and its class others' (training/tagger),
so that no class can be told from it, and neither can what the shipped weights would say once what was learnt is
forgotten. Files are opened as in a scan, and what is stored is what a scan would store.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from pathlib import Path

from daemon.jobs.listen import Listener
from daemon.library.asset_records import FileStat
from daemon.library.retelling import Retelling, Told
from daemon.services.scan import Hearing
from daemon.services.shortened import Shortening, shortened

PAGE = 2048  # files that are looked for at once
NAMED = 10  # of those that are gone


class HearAgain:
    def __init__(self, retelling: Retelling, listener: Listener, hearing: Hearing) -> None:
        self._retelling = retelling
        self._listener = listener
        self._hearing = hearing

    async def waiting(self) -> int:
        """How many files were told by another engine than the one that would hear them now."""
        return await self._retelling.count(self._mark())

    async def known(self) -> int:
        """How many files have a class that an engine told, whichever."""
        return await self._retelling.count("")

    async def run(self, tell: Callable[[int, str], None]) -> list[str]:
        """Hear all of these; after a restart, those that are left. Returns what came of it, and a line for each file
        that could not be read. tell: how many more are done, and what was done last."""
        heard = changed = 0
        problems: list[str] = []
        away = Shortening(NAMED)
        after = ""
        while page := await self._retelling.page(self._mark(), after, PAGE):
            after = str(page[-1].path)
            there, gone = await asyncio.to_thread(_parted, page)
            for path in gone:
                away.add(f"{path}: gone or changed since it was scanned")
            if gone:
                tell(len(gone), gone[-1].name)
            assets = {each.asset for each in there}
            before = await self._retelling.classes(assets)
            problems += await self._hearing.hear([(each.path, each.stat) for each in there], tell)
            now = await self._retelling.classes(assets)
            heard += len(there)
            changed += sum(now.get(asset) != label for asset, label in before.items())
        came = f"{heard} known files were heard again, and {changed} of their sounds are called otherwise now"
        return [came, *_left(away), *shortened(problems)]

    def _mark(self) -> str:
        return self._listener.engine().mark


def _parted(page: Sequence[Told]) -> tuple[list[Told], list[Path]]:
    """Those that look as they did when they were told, and the paths of the others. Blocking."""
    there: list[Told] = []
    gone: list[Path] = []
    for each in page:
        if _as_it_was(each):
            there.append(each)
        else:
            gone.append(each.path)
    return there, gone


def _as_it_was(told: Told) -> bool:
    try:
        return FileStat.of(told.path) == told.stat
    except OSError:
        return False


def _left(away: Shortening) -> list[str]:
    if not away.count:
        return []
    many = "1 known file was" if away.count == 1 else f"{away.count} known files were"
    return [f"{many} not heard again, gone or changed by now. Scan again where they stood", *away.lines()]
