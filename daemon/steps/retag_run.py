"""The work of retag."""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Sequence
from pathlib import Path

from daemon.audio.binary import open_binary, shown
from daemon.audio.chunks import read_chunks, write_with_chunks
from daemon.audio.identity import payload_hash
from daemon.audio.merge_chunks import merged
from daemon.audio.probe import probe
from daemon.audio.sniff import sniff
from daemon.audio.sound_extent import sound_extent
from daemon.audio.tags import Tags, write_tags
from daemon.kernel.disk import disk_error
from daemon.kernel.errors import InputError
from daemon.kernel.types import Json
from daemon.kernel.work import Annotation, InputFile, Kind, Produced, StepResult
from daemon.steps.encode_metadata import tags, wav_chunks
from daemon.steps.retag import RetagParams
from daemon.steps.retag_name import NAME
from daemon.steps.spec import StepContext

_BLOCK_BYTES = 1 << 20


def run(context: StepContext, inputs: tuple[InputFile, ...], params: RetagParams) -> StepResult:
    """One file. Its annotation: `before`, sha256 of the file as it is; `changed`, whether there was anything to write;
    `shared`, [old, new, length] of the bytes of sound in both, or None; `wrote`, names of what is new in it.

    Raises InputError for a container without tags and when the sound would not be the same afterwards.
    """
    path, copy = inputs[0].path, context.out / NAME
    before = _sha256(path)
    context.checkpoint(0.3, "reading")
    try:
        wrote = _tagged(path, copy, params)
    except OSError as error:
        raise disk_error("cannot make the tagged copy", shown(path), error) from error
    context.checkpoint(0.7, "checking")
    payload = payload_hash(copy)
    if payload != payload_hash(path):
        raise InputError("writing tags would change its sound, so it is left as it is", where=shown(path))
    old, new = sound_extent(path), sound_extent(copy)
    shared: Json = [old[0], new[0], old[1]] if old and new and old[1] == new[1] else None
    said: dict[str, Json] = {
        "before": before, "changed": bool(wrote) and _sha256(copy) != before, "shared": shared, "wrote": list(wrote),
    }  # fmt: skip
    return StepResult((Produced(NAME, Kind.SOURCE, payload),), (Annotation(0, said),))


def _tagged(path: Path, copy: Path, params: RetagParams) -> Sequence[str]:
    said = tags(params.facts, None)
    if sniff(path) not in ("wav", "rf64"):
        shutil.copyfile(path, copy)
        write_tags(copy, said, overwrite=params.overwrite, named=path)
        return _names(said)
    info = probe(path)
    wanted = wav_chunks(params.facts, None, info.rate_hz, info.frames)
    new = merged(read_chunks(path), wanted, said, params.overwrite)
    write_with_chunks(path, copy, new)
    return [
        f"{chunk.id.decode('latin-1').strip()} {chunk.list_type.decode('latin-1')}".strip() for chunk in new
    ]


def _names(said: Tags) -> list[str]:
    named = {"genre": said.genre, "bpm": said.bpm, "key": said.key, "comment": said.comment, **said.fields}
    return [name for name, value in named.items() if value]


def _sha256(path: Path) -> str:
    digest = hashlib.sha256()
    with open_binary(path) as file:
        while block := file.read(_BLOCK_BYTES):
            digest.update(block)
    return digest.hexdigest()
