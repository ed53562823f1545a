"""Which files may be named by a sender who shows no token: those below the folders that the user configured."""

from __future__ import annotations

import asyncio
from pathlib import Path

from daemon.kernel.errors import BadParameter, Forbidden, NotFound
from daemon.services import Services
from daemon.services.types_jobs import JobInput
from daemon.services.types_library import AssetView

_ID_CHARACTERS = frozenset("0123456789abcdef")


class Reach:
    """roots: absolute folders."""

    def __init__(self, roots: tuple[Path, ...], services: Services) -> None:
        self._roots = roots
        self._services = services

    async def named(self, text: str, trusted: bool) -> JobInput:
        """What a path or an asset's id stands for. Raises BadParameter, NotFound, Forbidden."""
        if "\0" in text or not text:
            raise BadParameter("this is neither a path nor an asset", where=repr(text))
        if not Path(text).is_absolute():
            return await self._asset(text, trusted)
        await self.file(text, trusted)
        return JobInput(path=text)

    async def _asset(self, text: str, trusted: bool) -> JobInput:
        if not _ID_CHARACTERS.issuperset(text):
            raise BadParameter(
                "this is neither an absolute path nor the id of an asset", where=repr(text[:200]),
                hint="Send the whole path",
            )  # fmt: skip
        await self.asset(await self._services.library.get(text), trusted)
        return JobInput(asset=text)

    async def asset(self, asset: AssetView, trusted: bool) -> None:
        """Whether an asset may be named, by its id or as a hit of a search. Raises NotFound, Forbidden."""
        if asset.path is None:
            raise NotFound("the file of this asset is missing", where=asset.name)
        await self.file(asset.path, trusted)

    async def file(self, text: str, trusted: bool) -> None:
        """Whether a file may be named, by its path or as what was played. Raises Forbidden."""
        if not trusted and not await asyncio.to_thread(self._below_a_root, text):
            raise Forbidden(
                "without a token, only files below configured folders may be named", where=text,
                hint="Add their folder with `roadie config set folders.roots`, or send token=...",
            )  # fmt: skip

    def _below_a_root(self, text: str) -> bool:
        """Links are followed on both sides, so that none leads out."""
        try:
            real = Path(text).resolve()
            return any(real.is_relative_to(root.resolve()) for root in self._roots)
        except (OSError, RuntimeError):  # RuntimeError: links in a circle, before Python 3.13
            return False
