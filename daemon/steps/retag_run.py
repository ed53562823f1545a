"""The work of retag."""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path

from daemon.audio.binary import open_binary, shown
from daemon.audio.chunks import read_chunks, write_with_chunks
from daemon.audio.identity import payload_hash
from daemon.audio.merge_chunks import NOTHING, Own, left_alone, merged
from daemon.audio.probe import probe
from daemon.audio.said import BPM, CLASS, GENRE, KEY, ROOT_NOTE, agrees, said
from daemon.audio.sniff import sniff
from daemon.audio.sound_extent import sound_extent
from daemon.audio.tag_facts import NO_TAGS
from daemon.audio.tags import Tags, write_tags
from daemon.kernel.disk import disk_error
from daemon.kernel.errors import InputError
from daemon.kernel.types import Json
from daemon.kernel.work import Annotation, InputFile, Kind, Produced, StepResult
from daemon.steps.encode_metadata import tags, wav_chunks
from daemon.steps.retag import RetagParams
from daemon.steps.retag_name import NAME
from daemon.steps.root_note import with_root
from daemon.steps.spec import StepContext

_WITH = {CLASS: ("confidence",), BPM: ("bars",), ROOT_NOTE: ("root_cents",)}
"""What says nothing without the other."""
_BLOCK_BYTES = 1 << 20


def run(context: StepContext, inputs: tuple[InputFile, ...], params: RetagParams) -> StepResult:
    """One file. Its annotation: `before`, sha256 of the file as it is; `changed`, whether there was anything to write;
    `shared`, [old, new, length] of the bytes of sound in both, or None; `wrote`, names of what is new in it;
    `left`, a reason for each part of it that could not be read and stays as it is; `own`, the facts that stand in it
    because roadie wrote them, now or before.

    Raises InputError for a container without tags and when the sound would not be the same afterwards.
    """
    path, copy = inputs[0].path, context.out / NAME
    before = _sha256(path)
    context.checkpoint(0.3, "reading")
    try:
        there = said(path)
        facts = with_root(params.facts) if params.overwrite else _unsaid(params.facts, there, params.own)
        wrote, left = _tagged(path, copy, facts, params)
    except OSError as error:
        raise disk_error("cannot make the tagged copy", shown(path), error) from error
    context.checkpoint(0.7, "checking")
    payload = payload_hash(copy)
    if payload != payload_hash(path):
        raise InputError("writing tags would change its sound, so it is left as it is", where=shown(path))
    old, new = sound_extent(path), sound_extent(copy)
    shared: Json = [old[0], new[0], old[1]] if old and new and old[1] == new[1] else None
    told: dict[str, Json] = {
        "before": before, "changed": bool(wrote) and _sha256(copy) != before, "shared": shared, "wrote": list(wrote),
        "left": list(left), "own": _own(facts, there, params.own),
    }  # fmt: skip
    return StepResult((Produced(NAME, Kind.SOURCE, payload),), (Annotation(0, told),))


def _tagged(
    path: Path, copy: Path, facts: Mapping[str, Json], params: RetagParams
) -> tuple[Sequence[str], Sequence[str]]:
    """Names of what is new in the copy, and what is left for a reason."""
    known, before = tags(facts, None), tags(params.own, None) if params.own else NO_TAGS
    if sniff(path) not in ("wav", "rf64"):
        shutil.copyfile(path, copy)
        write_tags(copy, known, overwrite=params.overwrite, named=path, own=before)
        return _names(known), ()
    info = probe(path)
    wanted = wav_chunks(facts, None, info.rate_hz, info.frames)
    own = Own(wav_chunks(params.own, None, info.rate_hz, info.frames), before) if params.own else NOTHING
    old = read_chunks(path)
    new = merged(old, wanted, known, params.overwrite, own)
    write_with_chunks(path, copy, new)
    names = [
        f"{chunk.id.decode('latin-1').strip()} {chunk.list_type.decode('latin-1')}".strip() for chunk in new
    ]
    return names, left_alone(old, wanted)


def _unsaid(
    facts: Mapping[str, Json], there: Mapping[str, Sequence[str]], own: Mapping[str, Json]
) -> dict[str, Json]:
    """Without what the file says otherwise, in whichever of its parts, in words that are not roadie's own. A class is
    also written as the genre, where neither says another."""
    known: dict[str, Json] = dict(facts)

    def stands(fact: str, value: Json) -> bool:
        others = _of_others(fact, there, own)
        return value is not None and not all(agrees(fact, value, text) for text in others)

    label = known.get("class")
    if stands(GENRE, label) or stands(CLASS, label):
        known["genre"] = ""
    for fact in (CLASS, BPM, KEY, ROOT_NOTE):
        if fact == ROOT_NOTE:
            known = with_root(known)  # by the key that is written
        if stands(fact, known.get(fact)):
            for name in (fact, *_WITH.get(fact, ())):
                known.pop(name, None)
    return known


def _own(
    facts: Mapping[str, Json], there: Mapping[str, Sequence[str]], own: Mapping[str, Json]
) -> dict[str, Json]:
    """Of the facts that are written, those that nobody else had said before: these are roadie's to renew."""
    known: dict[str, Json] = dict(facts)

    def was_there(fact: str, value: Json) -> bool:
        return any(agrees(fact, value, text) for text in _of_others(fact, there, own))

    if was_there(GENRE, _of(facts, GENRE)):
        known["genre"] = ""
    for fact in (CLASS, BPM, KEY, ROOT_NOTE):
        if was_there(fact, facts.get(fact)):
            for name in (fact, *_WITH.get(fact, ())):
                known.pop(name, None)
    return known


def _of_others(fact: str, there: Mapping[str, Sequence[str]], own: Mapping[str, Json]) -> list[str]:
    """The texts of a file that are not what roadie wrote there."""
    mine = _of(own, fact)
    return [text for text in there.get(fact, ()) if mine is None or not agrees(fact, mine, text)]


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
