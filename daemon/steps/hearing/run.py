"""The hear step's work. A file that cannot be read is told as such, and the others go on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import cast

import numpy as np

from daemon.audio import midi_events
from daemon.audio.identity import byte_hash
from daemon.audio.loudness import LoudnessMeter
from daemon.audio.reader import open_audio
from daemon.audio.sniff import sniff
from daemon.engines.protocol import Classification, Classifier, Sound
from daemon.kernel.errors import Cancelled, RoadieError
from daemon.kernel.meta import NOTE
from daemon.kernel.types import AssetId, Json
from daemon.kernel.work import EMBEDDING_DIMS, Annotation, InputFile, Kind, Produced, StepResult
from daemon.steps.analyse import AnalyseParams
from daemon.steps.analysing.run import run as analyse
from daemon.steps.hear import HearParams
from daemon.steps.hearing.evidence import settled
from daemon.steps.hearing.kept import Kept, encoded, write_heard
from daemon.steps.hearing.spoken import Spoken, among_by_folder, spoken
from daemon.steps.measuring.ends import Ends
from daemon.steps.measuring.sound import edges
from daemon.steps.prepare_run import described, identity, levels
from daemon.steps.spec import StepContext
from daemon.steps.whole_read import read_whole

EMBEDDINGS, FINDINGS = "embeddings.f32", "findings.msgpack"
ERROR = "error"
SONG_S = 30.0  # from here on it is a song or a recording: it has no class
_ANALYSED_S = 1.0  # a loop shorter than this has no tempo worth telling
_READING = 0.7  # of the work, roughly


@dataclass(frozen=True, slots=True)
class Read:
    """One file as it was read. sound: None for MIDI and for what is too long to have a class."""

    meta: dict[str, Json]
    said: Spoken
    sound: Sound | None


def run(ctx: StepContext, inputs: tuple[InputFile, ...], params: HearParams) -> StepResult:
    """One annotation for each input: its meta, or `error` with the parts of an ErrorInfo.

    The files are `embeddings.f32` with meta `of`, the numbers of the inputs that its rows belong to, and
    `findings.msgpack` (`daemon.steps.hearing.kept`). Waveforms are made when somebody looks at them.
    """
    engine = cast(Classifier, ctx.engine())
    read: dict[int, Read] = {}
    errors: dict[int, dict[str, Json]] = {}
    for number, one in enumerate(inputs):
        ctx.checkpoint(_READING * number / len(inputs), one.name)
        try:
            read[number] = read_whole(one.path, partial(_read, ctx, one.path, engine.heard_s))
        except Cancelled:
            raise
        except RoadieError as error:
            errors[number] = {ERROR: dict(error.info().to_wire())}
    sounds = {number: each.sound for number, each in read.items() if each.sound is not None}
    hints = [_hint(inputs[number], read[number].said) for number in sounds]
    found = dict(zip(sounds, engine.classify_sounds(list(sounds.values()), hints, ctx.checkpoint), strict=True))
    notes = []
    kept: dict[int, bytes] = {}
    for number, one in enumerate(inputs):
        meta = errors.get(number)
        if meta is None:
            told = found.get(number)
            analysed = _analysed(ctx, one, read[number], told, params)
            meta = _meta(read[number], told, analysed)
            if told is not None and told.kept:
                note = {key: value for key, value in analysed.items() if key in NOTE}
                kept[number] = encoded(Kept(told.kept, note))
        notes.append(Annotation(number, meta))
    files = (*_embeddings(ctx.out / EMBEDDINGS, found), *_findings(ctx.out / FINDINGS, kept))
    return StepResult(files, tuple(notes), engine.device, engine.reason)


def _read(ctx: StepContext, path: Path, heard_s: float) -> Read:
    said = spoken(path.stem)
    if sniff(path) == "midi":
        length_s = midi_events.length_s(path)
        meta: dict[str, Json] = {"container": "midi", "codec": "midi", "length_s": length_s, "kind": "midi"}
        return Read({**identity(path), **meta}, said, None)
    with open_audio(path) as audio:
        info = audio.info
        meter = LoudnessMeter(audio.rate_hz, audio.channels)
        kept: list[np.ndarray] = []
        wanted = 0 if info.length_s > SONG_S else int(heard_s * audio.rate_hz)
        done = 0
        ends = None if wanted >= audio.frames else Ends()
        for block in audio.blocks():
            meter.write(block)
            if ends is not None:
                ends.write(block)
            if done < wanted:
                kept.append(block[:, : wanted - done])
            done += block.shape[1]
            if done < audio.frames:
                ctx.checkpoint(0.0, path.name)
    sound = Sound(np.concatenate(kept, axis=1), info.rate_hz, info.length_s) if kept else None
    around = ends.meta(info.rate_hz) if ends else edges(sound.audio, info.rate_hz) if sound else {}
    meta = {**identity(path), **described(info), **levels(meter.result()), **around}
    return Read(meta, said, sound)


def _hint(one: InputFile, said: Spoken) -> dict[str, Json]:
    """The classes that the name allows for or, where it is silent, the folder's."""
    by_folder = among_by_folder(one.path.parent.name) if one.path.name == one.name else ()
    return {"name": one.name, "said": list(said.among or by_folder)}


def _kind(read: Read, found: Classification | None) -> str:
    return str(read.meta.get("kind") or "source") if found is None else found.kind


def _analysed(
    ctx: StepContext, one: InputFile, read: Read, found: Classification | None, params: HearParams
) -> Mapping[str, Json]:
    """What the analysis tells of what is no single hit."""
    long = float(str(read.meta["length_s"])) >= _ANALYSED_S
    if not (params.analyse and long and _kind(read, found) in ("loop", "source")):
        return {}
    return analyse(ctx, (one,), AnalyseParams()).annotations[0].meta


def _meta(read: Read, found: Classification | None, analysed: Mapping[str, Json]) -> dict[str, Json]:
    """What was read, heard, analysed and said, where each has its say."""
    meta = dict(read.meta)
    if found is not None:
        measures = {key: value for key, value in found.measures.items() if key not in meta}
        meta |= {"class": found.label, "confidence": found.confidence, **measures}
    meta |= {key: value for key, value in analysed.items() if key not in meta}
    return settled({**meta, "kind": _kind(read, found)}, read.said)


def _embeddings(path: Path, found: Mapping[int, Classification]) -> tuple[Produced, ...]:
    rows = [(number, one.embedding) for number, one in found.items() if one.embedding is not None]
    if not rows:
        return ()
    vectors = np.stack([row for _, row in rows]).astype("<f4")
    if vectors.shape[1] != EMBEDDING_DIMS:
        raise ValueError(f"embeddings of {vectors.shape[1]} numbers")
    path.write_bytes(vectors.tobytes())
    of: list[Json] = [number for number, _ in rows]
    return (Produced(EMBEDDINGS, Kind.EMBEDDINGS, AssetId(byte_hash(path)), meta={"of": of}),)


def _findings(path: Path, kept: Mapping[int, bytes]) -> tuple[Produced, ...]:
    if not kept:
        return ()
    write_heard(path, kept)
    return (Produced(FINDINGS, Kind.FINDINGS, AssetId(byte_hash(path))),)
