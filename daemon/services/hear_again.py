"""Known sounds are told anew when what the tagger goes by has changed, so that the library says what it would say.

Of most it is kept what the network said, and no file is opened. Those that an older roadie heard are heard again, once:
what is stored of them does not tell a class, as their embedding is one network's and their class others'
(training/tagger). In both cases what is stored then is what a scan would store.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from daemon.jobs.listen import Listener
from daemon.library.asset_records import FileStat
from daemon.library.retelling import Remembered, Retelling, Told
from daemon.services.scan import Hearing
from daemon.services.shortened import Shortening, shortened

PAGE = 2048  # sounds that are told, and files that are looked for, at once
NAMED = 10  # of those that are gone

Tell = Callable[[int, str], None]
"""How many more are done, and what was done last."""


@dataclass(slots=True)
class _Came:
    """What came of it. told, changed: sounds. heard: files that were heard again for it. away: those that could not be
    as they are not there as they were."""

    told: int = 0
    heard: int = 0
    changed: int = 0
    away: Shortening = field(default_factory=lambda: Shortening(NAMED))
    problems: list[str] = field(default_factory=list)


class HearAgain:
    def __init__(self, retelling: Retelling, listener: Listener, hearing: Hearing) -> None:
        self._retelling = retelling
        self._listener = listener
        self._hearing = hearing

    async def waiting(self) -> int:
        """How many sounds were told by another engine than the one that would tell them now."""
        return sum(await self._retelling.count(self._mark(), self._listener.network()))

    async def known(self) -> int:
        """How many sounds have a class that an engine told, whichever."""
        return sum(await self._retelling.count("", self._listener.network()))

    async def kept(self, assets: Sequence[str]) -> dict[str, bytes]:
        """What these can be told anew from, of those of which it was kept."""
        return await self._retelling.kept(assets, self._listener.network())

    async def run(self, tell: Tell) -> list[str]:
        """Tell all of these anew; after a restart, those that are left. Returns what came of it, and a line for each
        file that could not be read."""
        came = _Came()
        await self._retell(came, tell)
        await self._hear(came, tell)
        again = f" ({came.heard} files were heard again for it)" if came.heard else ""
        line = f"{came.told} known sounds were told anew{again}, and {came.changed} of them are called otherwise now"
        return [line, *_left(came.away), *shortened(came.problems)]

    async def _retell(self, came: _Came, tell: Tell) -> None:
        """Those of which enough was kept."""
        engine, network, after = self._listener.engine(), self._listener.network(), 0
        while page := await self._retelling.remembered(engine.mark, network, after, PAGE):
            after = page[-1].number
            answers = await self._listener.again(engine, [(each.path, each.kept) for each in page])
            told = [(each.asset, one) for each, one in zip(page, answers, strict=True) if one is not None]
            came.changed += await self._retelling.tell(engine.mark, told)
            came.told += len(told)
            tell(len(told), _name(page[-1]))

    async def _hear(self, came: _Came, tell: Tell) -> None:
        """Those that are left."""
        after = ""
        while page := await self._retelling.page(self._mark(), after, PAGE):
            after = str(page[-1].path)
            there, gone = await asyncio.to_thread(_parted, page)
            for path in gone:
                came.away.add(f"{path}: gone or changed since it was scanned")
            if gone:
                tell(len(gone), gone[-1].name)
            assets = list({each.asset for each in there})
            before = await self._retelling.classes(assets)
            came.problems += await self._hearing.hear([(each.path, each.stat) for each in there], tell)
            now = await self._retelling.classes(assets)
            came.told += len(assets)
            came.heard += len(there)
            came.changed += sum(now.get(asset) != label for asset, label in before.items())

    def _mark(self) -> str:
        return self._listener.engine().mark


def _name(sound: Remembered) -> str:
    return Path(sound.path).name


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
