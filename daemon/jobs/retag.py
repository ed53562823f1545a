"""The effect `write-tags`: what the library knows of a sound, written into a file of the user's that holds it.

A worker makes the tagged copy; the journal gives its content to the file and keeps what was there, so that an undo
gives back every byte. The sound stays the same, and so does the asset.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from daemon.engines.classifier.classes import UNSURE
from daemon.files.journal import Journal
from daemon.files.rewritable import refusal
from daemon.files.rewriting import Shared
from daemon.jobs.calls import Calls, unread
from daemon.jobs.prepare import stat_of
from daemon.jobs.uncut import to_its_end
from daemon.kernel.errors import InputError, RoadieError
from daemon.kernel.types import Json
from daemon.kernel.work import Kind, StepResult
from daemon.library.asset_records import Asset, FileStat, NewAsset
from daemon.library.assets import Assets
from daemon.library.written_tags import WrittenTags
from daemon.steps.retag_name import NAME

USER = "user"
WRITTEN_FROM = 0.5
"""A class that roadie heard itself is written from this confidence on: below it is more likely wrong than right."""
_UNSAID = frozenset({"source", "time_reference_frames", "start_frames", "slices_frames"})
"""Of a source, these are its own name and its own place, which its file says already."""


@dataclass(frozen=True, slots=True)
class Retagged:
    """wrote: names of what is new in the file (chunks of a WAV, fields of others). gone: names of the places from which
    roadie's own words went. left: a reason for each part of it that could not be read and stays as it is."""

    path: Path
    wrote: tuple[str, ...]
    gone: tuple[str, ...] = ()
    left: tuple[str, ...] = ()


def facts(asset: Asset) -> dict[str, Json]:
    """What is written into a file: what was measured, the class as it stands (the user's own word wins) where it is
    more than a guess, and the user's tags."""
    known: dict[str, Json] = {key: value for key, value in asset.meta.items() if value is not None}
    if asset.source is None:
        known = {key: value for key, value in known.items() if key not in _UNSAID}
    columns: Mapping[str, Json] = {
        "class": asset.label, "confidence": asset.confidence, "bpm": asset.bpm, "key": asset.key, "stem": asset.stem,
    }  # fmt: skip
    known |= {key: value for key, value in columns.items() if value is not None}
    if not _is_sure(asset):
        known = {key: value for key, value in known.items() if key not in ("class", "confidence")}
    if asset.kind in (Kind.ONE_SHOT, Kind.LOOP):
        known["kind"] = str(asset.kind)
    words: list[Json] = [tag.label for tag in asset.tags if tag.origin == USER and tag.label != asset.label]
    if words:
        known["tags"] = words
    return known


def _is_sure(asset: Asset) -> bool:
    """Whether its class may be written: the user's own word, or one that is more likely right than wrong."""
    if asset.label == UNSURE:
        return False
    if any(tag.origin == USER and tag.label == asset.label for tag in asset.tags):
        return True
    return asset.confidence is None or asset.confidence >= WRITTEN_FROM


class Retagger:
    """Writes tags into one file at a time."""

    def __init__(self, assets: Assets, written: WrittenTags, calls: Calls, journal: Journal) -> None:
        self._assets = assets
        self._written = written
        self._calls = calls
        self._journal = journal

    async def write(self, asset: Asset, path: Path, job: str, *, overwrite: bool, dry_run: bool) -> Retagged:
        """Raises InputError for a file without tags or with another sound than the asset's, SourceChanged, DiskError;
        the file is then as it was."""
        if asset.kind == Kind.MIDI:
            raise InputError("roadie writes no tags into MIDI files", where=path)
        own, copies = await self._written.of(asset.id, path, job)
        params = {"facts": facts(asset), "own": own, "copies": copies, "overwrite": overwrite}

        async def attempt() -> Retagged:
            async with self._calls.run("retag", [unread(path)], params) as (out, result):
                return await to_its_end(self._place(asset, path, out, result, job, dry_run))

        return await self._calls.insist(attempt)

    async def _place(
        self, asset: Asset, path: Path, out: Path, result: StepResult, job: str, dry_run: bool
    ) -> Retagged:
        said = result.annotations[0].meta
        if result.files[0].payload != asset.id:
            raise InputError(
                "it holds another sound than the library knows", where=path, hint="Scan its folder again"
            )
        wrote, gone, left = (_names(said[each]) for each in ("wrote", "gone", "left"))
        if not said["changed"]:
            return Retagged(path, (), (), left)
        if (refused := await asyncio.to_thread(refusal, path)) is not None:
            raise refused  # also where nothing is written: it would not be
        if not dry_run:
            await self._rewrite(asset, path, out, said, job)
        return Retagged(path, wrote, gone, left)

    async def _rewrite(self, asset: Asset, path: Path, out: Path, said: Mapping[str, Json], job: str) -> None:
        """Whose words stand in the file is known before they do: should all end in between, they are not somebody's."""
        shared, own = said["shared"], said["own"]
        assert isinstance(own, dict)
        await self._written.put(asset.id, path, job, own, str(said["after"]))
        try:
            await asyncio.to_thread(
                self._journal.rewrite, path, out / NAME, before=str(said["before"]),
                shared=Shared(*map(int, shared)) if isinstance(shared, list) else None,  # type: ignore[arg-type]
                group=job, owner=f"{job}:{path}", ordinal=0,
            )  # fmt: skip
        except RoadieError:
            await self._written.forget(path, job)
            raise
        stat: FileStat = await stat_of(path)
        await self._assets.record(NewAsset(asset.id, asset.kind, path, stat))


def _names(listed: Json) -> tuple[str, ...]:
    return tuple(map(str, listed)) if isinstance(listed, list) else ()
