"""The work of the step `notes`."""

from __future__ import annotations

from pathlib import PurePosixPath
from typing import cast

from daemon.audio.identity import byte_hash
from daemon.audio.reader import open_audio
from daemon.audio.resample import resample_blocks, resampled_frames, to_channels
from daemon.engines.protocol import Transcriber
from daemon.files.names import with_ending
from daemon.kernel.types import AssetId, Json
from daemon.kernel.work import InputFile, Kind, Produced, StepResult
from daemon.steps.notation import notes_file
from daemon.steps.notes import NotesParams
from daemon.steps.spec import StepContext

_ONE_VOICE = frozenset({"bass", "vocals"})


def run(context: StepContext, inputs: tuple[InputFile, ...], params: NotesParams) -> StepResult:
    """One audio file into one notes file; silence gives one without notes."""
    (file,) = inputs
    engine = cast("Transcriber", context.engine())
    stem = str(file.meta.get("stem") or "")
    mode = mode_for(params.mode, stem)
    settings: dict[str, Json] = {
        "mode": mode,
        "onset_threshold": params.onset_threshold,
        "frame_threshold": params.frame_threshold,
        "minimum_note_ms": params.minimum_note_ms,
        "minimum_hz": params.minimum_hz,
        "maximum_hz": params.maximum_hz,
        "bends": params.bends,
        "scratch": str(context.out),
    }
    with open_audio(file.path, file.region) as reader:
        frames = resampled_frames(reader.frames, reader.rate_hz, engine.rate)
        mono = to_channels(reader.blocks(), 1)
        blocks = resample_blocks(mono, reader.rate_hz, engine.rate, 1)
        found = engine.notes(blocks, settings, context.checkpoint, frames)
        length_s = reader.frames / reader.rate_hz
    document = notes_file.NotesFile(
        notes_file.VERSION, stem, mode, round(length_s, 6), [notes_file.entry(note) for note in found]
    )
    name = with_ending(PurePosixPath(file.name).stem, " notes.json")
    path = context.out / name
    notes_file.write(path, document)
    made = Produced(name, Kind.NOTES, AssetId(byte_hash(path)))
    return StepResult((made,), device=engine.device, reason=engine.reason)


def mode_for(mode: str, stem: str) -> str:
    """ "auto" is one voice for bass and vocals, several for everything else."""
    if mode != "auto":
        return mode
    return "mono" if stem in _ONE_VOICE else "poly"
