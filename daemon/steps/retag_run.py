"""The work of retag."""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from daemon.audio.binary import open_binary, shown
from daemon.audio.chunks import read_chunks, write_with_chunks
from daemon.audio.identity import payload_hash
from daemon.audio.merge_chunks import left_alone, merged
from daemon.audio.places import BPM, CLASS, GENRE, KEY, ROOT_NOTE, Place, places, texts_of
from daemon.audio.probe import probe
from daemon.audio.said import agrees, said
from daemon.audio.sniff import sniff
from daemon.audio.sound_extent import sound_extent
from daemon.audio.tag_facts import Own, Tags
from daemon.audio.tags import write_tags
from daemon.kernel.disk import disk_error
from daemon.kernel.errors import InputError
from daemon.kernel.types import Json
from daemon.kernel.work import Annotation, InputFile, Kind, Produced, StepResult
from daemon.steps.encode_metadata import tags, wav_chunks
from daemon.steps.retag import RetagParams, Written
from daemon.steps.retag_name import NAME
from daemon.steps.root_note import with_root
from daemon.steps.spec import StepContext

_WITH = {CLASS: ("confidence",), BPM: ("bars",), ROOT_NOTE: ("root_cents",)}
"""What says nothing without the other."""
_BLOCK_BYTES = 1 << 20


def run(context: StepContext, inputs: tuple[InputFile, ...], params: RetagParams) -> StepResult:
    """One file. Its annotation: `before` and `after`, sha256 of the file as it is and of the copy; `changed`, whether
    the copy says anything else; `shared`, [old, new, length] of the bytes of sound in both, or None; `wrote`, names of
    what is new in the copy; `gone`, names of the places that say nothing any more; `left`, a reason for each part of it
    that could not be read and stays as it is; `own`, what stands in the copy because roadie wrote it, now or before.

    Raises InputError for a container without tags and when the sound would not be the same afterwards.
    """
    path, copy = inputs[0].path, context.out / NAME
    before = _sha256(path)
    context.checkpoint(0.3, "reading")
    own = params.copies.get(before, params.own)
    try:
        there = places(path)
        told = _told(params, own, there)
        wrote, left = _tagged(path, copy, told, params.overwrite)
        standing, stands = texts_of(there), texts_of(places(copy))
    except OSError as error:
        raise disk_error("cannot make the tagged copy", shown(path), error) from error
    context.checkpoint(0.7, "checking")
    payload = payload_hash(copy)
    if payload != payload_hash(path):
        raise InputError("writing tags would change its sound, so it is left as it is", where=shown(path))
    old, new = sound_extent(path), sound_extent(copy)
    gone: list[Json] = [name for name in standing if name not in stands]
    fresh = any(text != standing.get(name) for name, text in stands.items())
    annotation: dict[str, Json] = {
        "before": before, "after": _sha256(copy), "changed": fresh or bool(gone),
        "shared": [old[0], new[0], old[1]] if old and new and old[1] == new[1] else None,
        "wrote": list(wrote) if fresh else [], "gone": gone, "left": list(left),
        "own": {"facts": list(told.facts), "texts": _of_roadie(standing, stands, own)},
    }  # fmt: skip
    return StepResult((Produced(NAME, Kind.SOURCE, payload),), (Annotation(0, annotation),))


@dataclass(frozen=True, slots=True)
class _Told:
    """new: what is said in places that are empty. again: in those that are roadie's own. own: the texts there."""

    new: Mapping[str, Json]
    again: Mapping[str, Json]
    own: Mapping[str, str]

    @property
    def facts(self) -> list[str]:
        """Names of what the file is told. A class that is no genre there leaves that out."""
        known = [name for name, value in self.again.items() if value not in (None, "") and name != GENRE]
        return [*known, GENRE] if _of(self.again, GENRE) else known


def _told(params: RetagParams, own: Written, there: Sequence[Place]) -> _Told:
    if params.overwrite:
        known = with_root(params.facts)
        return _Told(known, known, own.texts)
    new = _unsaid(params.facts, said(there, Own(own.texts)))
    again = {name: value for name, value in with_root(params.facts).items() if name in own.facts} | new
    if GENRE in own.facts:
        again.pop(GENRE, None)  # as the class is
    return _Told(new, again, own.texts)


def _of_roadie(before: Mapping[str, str], after: Mapping[str, str], own: Written) -> dict[str, Json]:
    """What roadie has written, now or earlier: what somebody else had said before is theirs, though it be the same."""
    return {
        name: text for name, text in after.items() if before.get(name) != text or own.texts.get(name) == text
    }


def _tagged(path: Path, copy: Path, told: _Told, overwrite: bool) -> tuple[Sequence[str], Sequence[str]]:
    """Names of what is new in the copy, and what is left for a reason."""
    new, own = tags(told.new, None), Own(told.own, tags(told.again, None))
    if sniff(path) not in ("wav", "rf64"):
        shutil.copyfile(path, copy)
        write_tags(copy, new, overwrite=overwrite, named=path, own=own)
        return _names(own.tags), ()
    info = probe(path)
    wanted, again = (wav_chunks(each, None, info.rate_hz, info.frames) for each in (told.new, told.again))
    old = read_chunks(path)
    changed = merged(old, wanted, new, overwrite, own, again)
    write_with_chunks(path, copy, changed)
    names = [
        f"{chunk.id.decode('latin-1').strip()} {chunk.list_type.decode('latin-1')}".strip()
        for chunk in changed
        if not chunk.gone
    ]
    return names, left_alone(old, wanted)


def _unsaid(facts: Mapping[str, Json], others: Mapping[str, Sequence[str]]) -> dict[str, Json]:
    """Without what others have said otherwise in the file, in whichever of its parts. A class is also written as the
    genre, where neither says another."""
    known: dict[str, Json] = dict(facts)

    def stands(fact: str, value: Json) -> bool:
        return value is not None and not all(agrees(fact, value, text) for text in others.get(fact, ()))

    label = known.get(CLASS)
    if stands(GENRE, label) or stands(CLASS, label):
        known[GENRE] = ""
    for fact in (CLASS, BPM, KEY, ROOT_NOTE):
        if fact == ROOT_NOTE:
            known = with_root(known)  # by the key that is written
        if stands(fact, known.get(fact)):
            for name in (fact, *_WITH.get(fact, ())):
                known.pop(name, None)
    return known


def _of(facts: Mapping[str, Json], fact: str) -> Json:
    """A class is the genre too, unless another one is named."""
    return facts.get(fact, facts.get(CLASS)) if fact == GENRE else facts.get(fact)


def _names(known: Tags) -> list[str]:
    named = {"genre": known.genre, "bpm": known.bpm, "key": known.key, "comment": known.comment, **known.fields}
    return [name for name, value in named.items() if value]


def _sha256(path: Path) -> str:
    digest = hashlib.sha256()
    with open_binary(path) as file:
        while block := file.read(_BLOCK_BYTES):
            digest.update(block)
    return digest.hexdigest()
