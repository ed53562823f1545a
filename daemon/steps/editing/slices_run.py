"""The work of the step `edited-slices`."""

from __future__ import annotations

import numpy as np

from daemon.audio.identity import payload_hash
from daemon.audio.reader import Audio, AudioReader, open_audio
from daemon.audio.writer import write_wav
from daemon.kernel.errors import BadParameter
from daemon.kernel.types import Frames, Json
from daemon.kernel.work import InputFile, Kind, Produced, Region, StepResult
from daemon.steps.edited_slices import EditedSlicesParams, MarkedSlice
from daemon.steps.slicing.edges import faded
from daemon.steps.spec import StepContext


def run(context: StepContext, inputs: tuple[InputFile, ...], params: EditedSlicesParams) -> StepResult:
    """One file for each marked part, in the order given. Raises BadParameter for one that is not within the file."""
    (file,) = inputs
    with open_audio(file.path) as audio:
        _check(file, audio, params)
        rate_hz = audio.rate_hz
    made = []
    for number, marked in enumerate(params.slices, 1):
        made.append(_write(context, file, marked, number, rate_hz, params.fade_ms))
        context.checkpoint(number / len(params.slices), "slices")
    return StepResult(tuple(made))


def _check(file: InputFile, audio: AudioReader, params: EditedSlicesParams) -> None:
    for number, marked in enumerate(params.slices, 1):
        end = marked.start_frames + marked.length_frames
        if end > audio.frames:
            raise BadParameter(
                f"slice {number} ends at frame {end}",
                where=file.name,
                why=f"the file has {audio.frames} frames",
            )


def _write(
    context: StepContext, file: InputFile, marked: MarkedSlice, number: int, rate_hz: int, fade_ms: float
) -> Produced:
    onset = marked.start_frames if marked.onset_frames is None else marked.onset_frames
    audio = faded(_read(file, marked), rate_hz, fade_ms, max(onset - marked.start_frames, 0))
    name = f"slices/{number:03d}.wav"
    path = context.out / name
    path.parent.mkdir(exist_ok=True)
    write_wav(path, audio, rate_hz)
    return Produced(name, Kind.SLICE, payload_hash(path), 0, _meta(marked, onset, rate_hz, audio))


def _read(file: InputFile, marked: MarkedSlice) -> Audio:
    region = Region(Frames(marked.start_frames), Frames(marked.length_frames))
    with open_audio(file.path, region) as audio:
        return np.concatenate(list(audio.blocks()), axis=1)


def _meta(marked: MarkedSlice, onset: int, rate_hz: int, audio: Audio) -> dict[str, Json]:
    meta: dict[str, Json] = {
        "rate": rate_hz,
        "start_frames": marked.start_frames,
        "length_frames": marked.length_frames,
        "onset_frames": onset,
        "peak_db": round(20 * float(np.log10(np.abs(audio).max() + 1e-9)), 2),
    }
    if marked.kind != "slice":
        meta["kind"] = marked.kind
    if marked.label is not None:
        meta |= {"class": marked.label, "confidence": 1.0}
    for name, value in (("velocity", marked.velocity), ("bars", marked.bars)):
        if value is not None:
            meta[name] = value
    return meta
