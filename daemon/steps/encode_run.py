"""The work of encode."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path, PurePosixPath

from daemon.audio.encoders import SUFFIXES, Container, EncodedWriter, Writer
from daemon.audio.identity import payload_hash
from daemon.audio.quantise import Depth
from daemon.audio.reader import AudioReader, open_audio
from daemon.audio.tags import write_tags
from daemon.audio.writer import WavWriter
from daemon.files.names import with_ending
from daemon.kernel.errors import OverFullScale
from daemon.kernel.types import Json
from daemon.kernel.work import InputFile, Kind, Produced, StepResult
from daemon.steps.encode import EncodeParams
from daemon.steps.encode_metadata import tags, wav_chunks
from daemon.steps.root_note import with_root
from daemon.steps.spec import StepContext

_SUFFIX = re.compile(
    r"\.(wave?|bwf|rf64|w64|aif[fc]?|flac|mp[234]|og[ga]|opus|m4a|aac|caf|au|mov|mkv|webm|avi|flv|wm[av]|wv|ape|tta|ts)$",
    re.IGNORECASE,
)


def run(context: StepContext, inputs: tuple[InputFile, ...], params: EncodeParams) -> StepResult:
    """Each input as one file `NNNN/<name>.<suffix>`. Never rescaled, never clipped: what the depth asked for
    cannot hold becomes 32-bit float (in WAV, where the container has no float), with a warning that says so."""
    files: list[Produced] = []
    warnings: list[str] = []
    for index, given in enumerate(inputs):

        def tell(fraction: float, done: int = index) -> None:
            context.checkpoint((done + fraction) / len(inputs), "encoding")

        tell(0.0)
        with open_audio(given.path, given.region) as audio:
            produced, warning = _encode(context.out, index, given, audio, params, tell)
        files.append(produced)
        warnings += [warning] if warning else []
    return StepResult(tuple(files), warnings=tuple(warnings))


def _encode(
    out: Path,
    index: int,
    given: InputFile,
    audio: AudioReader,
    params: EncodeParams,
    tell: Callable[[float], None],
) -> tuple[Produced, str]:
    container, depth = params.container, _depth(given, audio, params)
    title = _title(given.name)
    path = _path(out, index, title, container)
    warning = ""
    try:
        _write(path, given, audio, container, depth, title, tell)
    except OverFullScale as error:
        container, depth = ("wav" if container == "flac" else container), "float32"
        if params.depth != "auto" or container != params.container:
            warning = f"{given.name}: {error.what}; written as 32-bit float {container}, not clipped"
        path = _path(out, index, title, container)
        _write(path, given, audio, container, depth, title, tell)
    name = f"{path.parent.name}/{path.name}"
    return Produced(name, given.kind, payload_hash(path), index, _facts(audio, container)), warning


def _facts(audio: AudioReader, container: str) -> dict[str, Json]:
    """What the library wants to know of the file without opening it again."""
    length_s = audio.frames / audio.rate_hz
    return {"container": container, "rate": audio.rate_hz, "channels": audio.channels, "frames": audio.frames,
            "length_s": round(length_s, 6)}  # fmt: skip


def _depth(given: InputFile, audio: AudioReader, params: EncodeParams) -> Depth:
    if params.container == "flac" and params.depth in ("auto", "float32"):
        return "pcm24"  # FLAC has no float
    if params.depth != "auto":
        return params.depth
    # files between steps are float whatever the source was: only a source's own format counts
    is_float = given.meta.get("float_source", given.kind is Kind.SOURCE and audio.info.is_float)
    return "float32" if is_float else "pcm24"


def _write(
    path: Path,
    given: InputFile,
    audio: AudioReader,
    container: Container,
    depth: Depth,
    title: str,
    tell: Callable[[float], None],
) -> None:
    path.parent.mkdir(exist_ok=True)
    done = 0
    with _writer(path, given, audio, container, depth, title) as writer:
        for block in audio.blocks():
            writer.write(block)
            done += block.shape[1]
            tell(done / audio.frames)
    if container != "wav":
        write_tags(path, tags(with_root(given.meta), title))


def _writer(
    path: Path, given: InputFile, audio: AudioReader, container: Container, depth: Depth, title: str
) -> Writer:
    if container == "wav":
        chunks = wav_chunks(with_root(given.meta), title, audio.rate_hz, audio.frames)
        return WavWriter(path, audio.rate_hz, audio.channels, depth, chunks=chunks)
    return EncodedWriter(path, audio.rate_hz, audio.channels, container, depth)


def _title(name: str) -> str:
    """The name without folders and without an audio suffix ("Kick 120.5bpm" keeps its point)."""
    return _SUFFIX.sub("", PurePosixPath(name.replace("\\", "/")).name)


def _path(out: Path, index: int, title: str, container: Container) -> Path:
    return out / f"{index:04d}" / with_ending(title, SUFFIXES[container])
