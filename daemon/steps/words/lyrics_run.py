"""The work of the step `lyrics`."""

from __future__ import annotations

from pathlib import Path, PurePosixPath
from typing import cast

from daemon.audio.identity import byte_hash
from daemon.audio.reader import open_audio
from daemon.audio.resample import resample_blocks, resampled_frames, to_channels
from daemon.engines.protocol import Lyricist, Lyrics
from daemon.files.names import with_ending
from daemon.kernel.types import AssetId, Json
from daemon.kernel.work import InputFile, Kind, Produced, StepResult
from daemon.steps.lyrics import LyricsParams
from daemon.steps.spec import StepContext
from daemon.steps.words import document as lyrics_document
from daemon.steps.words import lrc, subtitles


def run(context: StepContext, inputs: tuple[InputFile, ...], params: LyricsParams) -> StepResult:
    """One audio file into four lyrics files; where nobody sings there are none, and a warning says so."""
    (file,) = inputs
    engine = cast("Lyricist", context.engine())
    found, length_s = _listen(context, engine, file, params)
    if not found.lines:
        warning = f"{file.name}: no words were heard"
        return StepResult(device=engine.device, reason=engine.reason, warnings=(warning,))
    made = write(context.out, file, lyrics_document.document(found, length_s))
    return StepResult(made, device=engine.device, reason=engine.reason)


def write(out: Path, file: InputFile, lyrics: lyrics_document.LyricsFile) -> tuple[Produced, ...]:
    """The lyrics of a file in all four formats, below `out`."""
    name = PurePosixPath(file.name).stem
    title = str(file.meta.get("source") or name)
    texts = {
        "json": lyrics_document.encode(lyrics),
        "lrc": lrc.encode(lyrics, title),
        "srt": subtitles.encode_srt(lyrics),
        "vtt": subtitles.encode_vtt(lyrics),
    }
    made = []
    for extension, text in texts.items():
        path = out / with_ending(name, f".{extension}")
        path.write_text(text, encoding="utf-8", newline="\n")
        made.append(Produced(path.name, Kind.LYRICS, AssetId(byte_hash(path))))
    return tuple(made)


def _listen(
    context: StepContext, engine: Lyricist, file: InputFile, params: LyricsParams
) -> tuple[Lyrics, float]:
    settings: dict[str, Json] = {
        "language": params.language,
        "prompt": params.prompt,
        "voice_threshold": params.voice_threshold,
        "silence_db": params.silence_db,
        "beam_size": params.beam_size,
    }
    with open_audio(file.path, file.region) as reader:
        frames = resampled_frames(reader.frames, reader.rate_hz, engine.rate)
        mono = to_channels(reader.blocks(), 1)
        blocks = resample_blocks(mono, reader.rate_hz, engine.rate, 1)
        found = engine.lyrics(blocks, settings, context.checkpoint, frames)
        return found, reader.frames / reader.rate_hz
