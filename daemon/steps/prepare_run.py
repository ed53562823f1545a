"""The work of prepare: one pass over the sound for loudness and peaks, one over the bytes for each hash."""

from __future__ import annotations

from math import isfinite
from pathlib import Path

from daemon.audio import midi_events
from daemon.audio.binary import shown
from daemon.audio.identity import byte_hash, payload_hash
from daemon.audio.loudness import Loudness, LoudnessMeter
from daemon.audio.peaks import PeaksWriter
from daemon.audio.probe import AudioInfo
from daemon.audio.reader import open_audio
from daemon.audio.sniff import sniff
from daemon.kernel.types import AssetId, Json
from daemon.kernel.work import Annotation, InputFile, Kind, Produced, StepResult
from daemon.steps.prepare import PrepareParams
from daemon.steps.spec import StepContext
from daemon.steps.whole_read import read_whole

PEAKS_NAME = "peaks.bin"
_HASHING = 0.05  # of the work, roughly


def run(context: StepContext, inputs: tuple[InputFile, ...], params: PrepareParams) -> StepResult:  # noqa: ARG001
    """One source file. Its meta comes back as one annotation, its waveform as `peaks.bin` (not for MIDI).

    Levels of silence (minus infinity) are left out of the meta. Raises SourceChanged when the file was changed,
    replaced or removed meanwhile, and what `daemon.audio.probe` and `daemon.audio.reader` raise.
    """
    path = inputs[0].path
    return read_whole(path, lambda: _prepare(context, path))


def _prepare(context: StepContext, path: Path) -> StepResult:
    if sniff(path) == "midi":
        return _result(path, {"container": "midi", "codec": "midi", "length_s": midi_events.length_s(path)}, ())
    info, loudness = _measure(context, path)
    peaks = Produced(PEAKS_NAME, Kind.PEAKS, AssetId(byte_hash(context.out / PEAKS_NAME)))
    return _result(path, described(info) | levels(loudness), (peaks,))


def _measure(context: StepContext, path: Path) -> tuple[AudioInfo, Loudness]:
    with open_audio(path) as audio:
        meter = LoudnessMeter(audio.rate_hz, audio.channels)
        done = 0
        with PeaksWriter(context.out / PEAKS_NAME, audio.rate_hz, audio.channels, audio.frames) as peaks:
            for block in audio.blocks():
                meter.write(block)
                peaks.write(block)
                done += block.shape[1]
                context.checkpoint((1 - _HASHING) * done / audio.frames, "reading")
        return audio.info, meter.result()


def _result(path: Path, meta: dict[str, Json], files: tuple[Produced, ...]) -> StepResult:
    return StepResult(files, (Annotation(0, {**identity(path), **meta}),))


def identity(path: Path) -> dict[str, Json]:
    """Its hashes and the name it gives to what is made from it, as meta."""
    source = shown(Path(path.name).with_suffix("")) if path.suffix else shown(Path(path.name))
    return {"source": source, "payload": payload_hash(path), "byte_hash": byte_hash(path)}


def described(info: AudioInfo) -> dict[str, Json]:
    """What the file's header says, as meta."""
    meta: dict[str, Json] = {
        "rate": info.rate_hz,
        "channels": info.channels,
        "frames": info.frames,
        "length_s": info.length_s,
        "container": info.container,
        "codec": info.codec,
        "float_source": info.is_float,
        "encoder_delay_frames": info.encoder_delay_frames,
    }
    if info.bits is not None:
        meta["bits"] = info.bits
    if info.time_reference_frames is not None:
        meta["time_reference_frames"] = info.time_reference_frames
    return meta


def levels(loudness: Loudness) -> dict[str, Json]:
    """Loudness and peaks as meta; what is minus infinity is left out."""
    told = {
        "lufs": loudness.lufs,
        "true_peak_dbtp": loudness.true_peak_dbtp,
        "peak_db": loudness.peak_db,
    }
    return {name: round(value, 3) for name, value in told.items() if isfinite(value)}
