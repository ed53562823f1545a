"""Slices, notes and lyrics of an asset: as they were found, or as a person left them, which is exported again."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Iterable
from itertools import chain
from pathlib import Path
from typing import Any

import msgspec

from daemon.jobs.keys import canonical
from daemon.jobs.recipe import INPUT, EffectEntry, Recipe, StepEntry
from daemon.kernel.errors import BadParameter, NotFound
from daemon.kernel.work import Kind
from daemon.library.asset_records import Asset
from daemon.library.assets import Assets
from daemon.library.edits import Edit, Edits
from daemon.library.jobs import Jobs
from daemon.services.jobs import JobsService
from daemon.services.types_edits import EditRequest, LyricsEdit, NotesEdit, SliceEdit, SlicesEdit
from daemon.services.types_jobs import JobAck, JobInput, JobRequest

_TOLD = ("start_frames", "length_frames", "onset_frames", "rate", "velocity", "bars")
_GONE = ("failed", "cancelled")  # of a job: it exported nothing, so the same edit is exported anew


class EditsService:
    def __init__(self, assets: Assets, edits: Edits, records: Jobs, jobs: JobsService) -> None:
        self._assets = assets
        self._edits = edits
        self._records = records
        self._jobs = jobs

    # ------------------------------------------------------------ as they are

    async def slices(self, asset: str) -> dict[str, Any]:
        """One-shots and loops cut from an asset: where each stands in it, in frames at its rate."""
        await self._assets.get(asset)
        made = [
            each for each in await self._assets.derived(asset) if each.kind in ("slice", "one-shot", "loop")
        ]
        edit = await self._edits.get(asset, "slices")
        if edit is None:
            return {"items": [_slice(each) for each in made]}
        by_place = {_place(_slice(each)): _slice(each) for each in made if each.job == edit.job}
        return {"items": [by_place.get(_place(item), item) for item in edit.items], "edited_by_job": edit.job}

    async def notes(self, asset: str) -> dict[str, Any]:
        """Notes heard in an asset, in seconds: one entry for each stem."""
        return await self._text(asset, "notes", Kind.NOTES, "")

    async def lyrics(self, asset: str) -> dict[str, Any]:
        """Words heard in an asset with their times."""
        return await self._text(asset, "lyrics", Kind.LYRICS, ".json")

    async def _text(self, asset: str, what: str, kind: Kind, suffix: str) -> dict[str, Any]:
        found = await self._assets.get(asset)
        edit = await self._edits.get(asset, what)
        if edit is not None:
            return {"items": edit.items, "edited_by_job": edit.job}
        artifacts = await self._records.artifacts_of(found.id, found.job, found.stem, kind)
        paths = [Path(each.delivered or each.path) for each in artifacts if each.name.endswith(suffix)]
        read = await asyncio.to_thread(lambda: [path.read_bytes() for path in paths if path.is_file()])
        return {"items": [msgspec.json.decode(each) for each in read]}

    # ------------------------------------------------------------ edited

    async def put_slices(self, asset: str, edit: SlicesEdit, client: str) -> JobAck:
        """Cut the asset anew, at just these places. Raises NotFound, BadParameter naming the slice."""
        found = await self._assets.get(asset)
        frames = _frames(found)
        for number, each in enumerate(edit.items, 1):
            if frames is not None and each.start_frames + each.length_frames > frames:
                raise BadParameter(
                    f"slice {number} ends behind the file", where=found.name, why=f"it has {frames} frames"
                )
        params = {"slices": [_marked(each) for each in edit.items]}
        steps = [StepEntry("slices", "edited-slices", (INPUT,), (), params)]
        return await self._export(found, "slices", edit, steps, "{source}/{kind}/{class}", client)

    async def put_notes(self, asset: str, edit: NotesEdit, client: str) -> JobAck:
        """Write these notes as MIDI: on the tempo map given, else at the tempo that the asset is known to have.
        Raises NotFound, BadParameter naming the note."""
        found = await self._assets.get(asset)
        for part in edit.items:
            _check_times(found, "note", part.notes)
        tempo = {
            key: found.meta[key] for key in ("bpm", "beats_per_bar", "first_downbeat_s") if key in found.meta
        }
        params = {"parts": msgspec.to_builtins(edit.items), **tempo}
        steps = [
            StepEntry("notes", "edited-notes", (INPUT,), (), params),
            StepEntry("midi", "midi", ("notes",), (), {}),
        ]
        if "bpm" not in tempo and edit.tempo_map is None:
            steps.insert(0, StepEntry("song", "analyse", (INPUT,), (), {}))
        return await self._export(found, "notes", edit, steps, "{source}/{kind}", client)

    async def put_lyrics(self, asset: str, edit: LyricsEdit, client: str) -> JobAck:
        """Write these words in all formats. Raises NotFound, BadParameter naming the line."""
        found = await self._assets.get(asset)
        (lyrics,) = edit.items
        _check_times(found, "line", lyrics.lines)
        _check_times(found, "word", chain.from_iterable(line.words for line in lyrics.lines))
        params = {"lyrics": msgspec.to_builtins(lyrics)}
        steps = [StepEntry("lyrics", "edited-lyrics", (INPUT,), (), params)]
        return await self._export(found, "lyrics", edit, steps, "{source}/{kind}", client)

    async def _export(
        self, asset: Asset, kind: str, edit: EditRequest, steps: list[StepEntry], layout: str, client: str
    ) -> JobAck:
        """Store an edit and the job that exports it. The same edit again is the same job, unless that came to
        nothing or was undone."""
        body = msgspec.to_builtins(edit)
        before = await self._edits.get(asset.id, kind)
        if before is not None and before.body == body:
            job = await self._still(before)
            if job is not None:
                return job
        effect = EffectEntry("deliver-1", "deliver", (steps[-1].id,), ("folder",), layout)
        recipe = Recipe(f"edit-{kind}", f"{kind} as a person edited them", tuple(steps), (effect,))
        request = JobRequest(
            recipe=recipe.name, inputs=[JobInput(asset=asset.id)], deliver=edit.deliver,
            tempo_map=edit.tempo_map if isinstance(edit, NotesEdit) else None,
        )  # fmt: skip
        digest = hashlib.sha256(canonical(body)).hexdigest()
        new = await self._jobs.planned(recipe, request, client, digest)
        await self._edits.put(asset.id, kind, body, new)
        return self._jobs.begin(new)

    async def _still(self, edit: Edit) -> JobAck | None:
        try:
            job = await self._jobs.get(edit.job)
        except NotFound:  # long ago, and forgotten since
            return None
        return None if job.undone or job.state in _GONE else JobAck(id=job.id, state=job.state)


def _slice(asset: Asset) -> dict[str, Any]:
    told = {key: asset.meta[key] for key in _TOLD if key in asset.meta}
    return {"asset": asset.id, "name": asset.name, "kind": asset.kind, "class": asset.label, **told}


def _place(item: dict[str, Any]) -> tuple[Any, Any]:
    return item.get("start_frames"), item.get("length_frames")


def _marked(edit: SliceEdit) -> dict[str, Any]:
    """As the step `edited-slices` takes it."""
    told = msgspec.to_builtins(edit)
    return {
        key: value for key, value in told.items() if key not in ("asset", "name", "rate") and value is not None
    }


def _frames(asset: Asset) -> int | None:
    frames = asset.meta.get("frames")
    return frames if isinstance(frames, int) else None


def _check_times(asset: Asset, what: str, items: Iterable[Any]) -> None:
    for number, each in enumerate(items, 1):
        if each.end_s < each.start_s:
            raise BadParameter(
                f"{what} {number} ends before it begins",
                where=asset.name,
                why=f"{each.start_s} to {each.end_s} s",
            )
