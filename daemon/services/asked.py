"""From what a client asks to what the library knows: a search, in which a file that is to be like is heard first, and
the sound of a file as it is now."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from types import NoneType

from daemon.jobs.listen import Listener
from daemon.jobs.meet import met
from daemon.jobs.prepare import stat_of
from daemon.kernel.at_home import at_home
from daemon.kernel.errors import BadParameter, FileMissing, NotFound
from daemon.library.asset_records import Asset
from daemon.library.assets import Assets
from daemon.library.query import Found, Like, Query
from daemon.services import cursors
from daemon.services.types_library import AssetQuery

_MEASURES = ("brightness_hz", "length_s", "root_note", "lufs", "noisiness")


class Asked:
    """Hears in a worker what is named by its path and the library has not heard."""

    def __init__(self, assets: Assets, listener: Listener) -> None:
        self._assets = assets
        self._listener = listener

    async def query(self, asked: AssetQuery) -> Query:
        """Raises BadParameter, FileMissing and InputError for a file that is no sound."""
        if asked.but is not None and asked.like is None:
            raise BadParameter("`but` says how others differ from a sound", hint="Name the sound with `like`")
        if asked.compatible and asked.key is None:
            raise BadParameter("`compatible` asks for keys that go with one", hint="Name that one with `key`")
        like = None if asked.like is None else await self._like(asked.like)
        folder, path = (each and at_home(each) for each in (asked.folder, asked.path))
        but = tuple(word.strip() for word in (asked.but or "").split(",") if word.strip())
        return Query(
            text=(asked.text or "").strip() or None, tag=asked.tag, kind=asked.kind, label=asked.label, stem=asked.stem,
            bpm_min=asked.bpm_min, bpm_max=asked.bpm_max, key=asked.key, compatible=asked.compatible,
            length_min=asked.length_min, length_max=asked.length_max, rating_min=asked.rating_min, folder=folder,
            path=path, source=asked.source, missing=asked.missing, like=like, but=but, sort=asked.sort,
            descending=asked.descending, limit=asked.limit,
        )  # fmt: skip

    async def file(self, path: Path) -> Asset:
        """The sound of a file that the library knows. One that has other content by now is heard first, and known by
        that from then on; of one that is gone it is the sound that was there.

        Raises NotFound for a file that the library does not know, InputError for one that is no sound any more.
        """
        known = await self._assets.look_at(path)
        if known is None:
            raise NotFound(
                "the library does not know this file", where=path, hint="`roadie library scan` its folder first"
            )
        try:
            return await met(self._assets, self._listener.one, path)
        except FileMissing:
            return await self._assets.get(known[0])

    async def _like(self, name: str) -> Like:
        path = Path(name)
        if not path.is_absolute():
            return Like(asset=name)
        known = await self._assets.look_at(path)
        try:
            stat = await stat_of(path)
        except FileMissing:
            if known is None:
                raise
            return Like(asset=known[0])  # what is gone was heard while it was there
        mark = self._listener.engine().mark
        asset = known[0] if known is not None and known[1].stat == stat else None
        if known is not None and asset is not None and known[1].heard == mark:
            return Like(asset=asset)
        heard = await self._listener.one(path, stat)
        if heard.heard is None or heard.heard.embedding is None:
            raise NotFound("nothing in this file can be compared with other sounds", where=path)
        measures = tuple(
            (name, float(value)) for name in _MEASURES if isinstance(value := heard.meta.get(name), int | float)
        )
        return Like(asset=asset, vector=heard.heard.embedding, measures=measures)


def behind(query: Query, cursor: str | None) -> Query:
    """The page of a query that a cursor names; the first without one. Raises BadParameter."""
    return replace(query, after=cursors.read(cursor, query.order, *_kinds(query)))


def _kinds(query: Query) -> tuple[type, ...]:
    """Of the values that sounds have in the order of a query (`Place`)."""
    if query.like is not None:
        return (NoneType,)
    if query.by_relevance:
        return (float,)
    by = query.sorted_by[0]
    return (str,) if by == "name" else (float,) if by == "added" else (float, NoneType)


def next_of(found: Found, query: Query) -> str | None:
    """The cursor of the page that follows."""
    return None if found.last is None else cursors.written(query.order, *found.last)
