"""What an audio file is: container, codec, rate, channels and its exact length, without decoding it where possible."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass, replace
from pathlib import Path

from daemon.audio import av_source, extents, mpeg, ogg, sndfile_source, time_reference
from daemon.audio.binary import open_binary, shown
from daemon.audio.ogg_in_wav import open_ogg_part
from daemon.audio.riff import STREAMED_SIZES, ChunkPlace, WavFormat, walk, wav_format
from daemon.audio.sniff import sniff
from daemon.kernel.errors import UnreadableAudio

_SNDFILE = frozenset({"wav", "rf64", "w64", "aiff", "flac", "ogg", "mp3", "caf", "au"})
_PLAIN = (1, 3)  # PCM and float, as format tags
_BEXT_HEAD = 602  # of its body, before the coding history
LOWEST_RATE_HZ, HIGHEST_RATE_HZ = 4000, 1_536_000
MOST_CHANNELS = 256
"""Beyond these a header is damaged or made to do harm: a rate of 4 GHz costs minutes and means nothing."""


@dataclass(frozen=True, slots=True)
class AudioInfo:
    """frames: exact length, encoder delay and padding removed as gapless players do. bits: of a lossless codec.
    is_float: its samples are float (they may pass full scale). encoder_delay_frames: removed from the start.
    time_reference_frames: position on the timeline that a Broadcast WAV, or a tag made from one, gives; at the file's
    own rate."""

    rate_hz: int
    channels: int
    frames: int
    container: str
    codec: str
    bits: int | None = None
    is_float: bool = False
    encoder_delay_frames: int = 0
    time_reference_frames: int | None = None

    @property
    def length_s(self) -> float:
        return self.frames / self.rate_hz


@dataclass(frozen=True, slots=True)
class Probed:
    """info, and which library decodes the file ("sndfile" or "av")."""

    info: AudioInfo
    decoder: str


def probe(path: Path) -> AudioInfo:
    """What the file is, decided by its content.

    Raises FileMissing; DiskError; UnreadableAudio naming file and reason: empty, a text file, truncated, no
    channels, no frames, no rate, no sound track, or damaged.
    """
    return identify(path).info


def identify(path: Path) -> Probed:
    """As `probe`, with the decoder to use."""
    container = sniff(path)
    if container == "midi":
        raise UnreadableAudio(
            "a MIDI file holds notes, no audio", where=shown(path),
            hint="An instrument plug-in makes sound of it: the step `play` in a recipe",
        )  # fmt: skip
    if container in ("wav", "rf64"):
        return _checked(path, _probe_wav(path, container))
    if container == "aiff":
        _check_aiff(path)
    if container == "ogg":
        ogg.check_whole(path)
    extents.check_whole(path, container)
    probed = _checked(path, _probe_other(path, container))
    return _placed(probed, time_reference.tagged(path, container))


def _checked(path: Path, probed: Probed) -> Probed:
    info = probed.info
    for value, what in (
        (info.channels, "no channels"),
        (info.rate_hz, "a sample rate of 0"),
        (info.frames, "no audio"),
    ):
        if value <= 0:
            raise UnreadableAudio(f"the file has {what}", where=shown(path))
    if not LOWEST_RATE_HZ <= info.rate_hz <= HIGHEST_RATE_HZ:
        raise UnreadableAudio(
            f"a sample rate of {info.rate_hz} Hz", where=shown(path),
            why=f"roadie works from {LOWEST_RATE_HZ} to {HIGHEST_RATE_HZ} Hz",
        )  # fmt: skip
    if info.channels > MOST_CHANNELS:
        raise UnreadableAudio(
            f"{info.channels} channels", where=shown(path), why=f"roadie works on at most {MOST_CHANNELS}"
        )
    return probed


def _probe_other(path: Path, container: str) -> Probed:
    if container not in _SNDFILE:
        return Probed(_av_info(path, container), "av")
    try:
        info = _sndfile_info(path, container)
    except UnreadableAudio as error:
        return Probed(_av_info(path, container, error), "av")
    if container == "mp3":
        stream = mpeg.scan(path)
        info = replace(info, frames=stream.frames, encoder_delay_frames=stream.delay_frames, codec=stream.codec)
    return Probed(info, "sndfile")


def _sndfile_info(path: Path, container: str) -> AudioInfo:
    found = sndfile_source.describe(path)
    return AudioInfo(
        rate_hz=found.rate_hz,
        channels=found.channels,
        frames=found.frames,
        container=container,
        codec=found.codec,
        bits=found.bits,
        is_float=found.is_float,
        encoder_delay_frames=ogg.pre_skip(path) if container == "ogg" else 0,
    )


def _av_info(path: Path, container: str, first_error: UnreadableAudio | None = None) -> AudioInfo:
    """As PyAV sees it. `first_error`: why libsndfile could not, told when PyAV cannot either."""
    if container not in av_source.DEMUXERS:
        raise first_error or UnreadableAudio(
            "no decoder for this kind of file", where=shown(path), why=container
        )
    found = av_source.describe(path, container)
    return AudioInfo(
        rate_hz=found.rate_hz,
        channels=found.channels,
        frames=found.frames,
        container=container,
        codec=found.codec,
        bits=found.bits,
        is_float=found.is_float,
        encoder_delay_frames=found.delay_frames,
    )


def _probe_wav(path: Path, container: str) -> Probed:
    form, data, at = _wav_parts(path)
    if form.channels == 0:
        raise UnreadableAudio("the file has no channels", where=shown(path))
    if form.rate_hz == 0:
        raise UnreadableAudio("the file has a sample rate of 0", where=shown(path))
    if data.cut_off:
        raise UnreadableAudio(
            f"truncated: {data.size} of {data.claimed} bytes of audio are there", where=shown(path)
        )
    if data.size < max(1, form.bytes_per_frame):
        raise UnreadableAudio("the file has no audio", where=shown(path), why="its data chunk is empty")
    if form.tag not in _PLAIN:
        _check_ogg_part(path)
    probed = _probe_other(path, container)
    return _placed(probed, at)


def _placed(probed: Probed, at: int | None) -> Probed:
    at = time_reference.plausible(at, probed.info.rate_hz)
    return replace(probed, info=replace(probed.info, time_reference_frames=at))


def _check_ogg_part(path: Path) -> None:
    """Its WAV file may be whole around one that is cut off."""
    part = open_ogg_part(path)
    if part is not None:
        with contextlib.closing(part):
            ogg.check_stream(part, path)


def _wav_parts(path: Path) -> tuple[WavFormat, ChunkPlace, int | None]:
    form: WavFormat | None = None
    data: ChunkPlace | None = None
    at: int | None = None
    with open_binary(path) as file:
        for place in walk(file, path):
            if place.id == b"fmt ":
                form = wav_format(file.read(min(place.size, 64)), path)
            elif place.id == b"data":
                data = data or place
                if place.claimed in STREAMED_SIZES:
                    break
            elif place.id == b"bext":
                at = time_reference.of_bext(file.read(min(place.size, _BEXT_HEAD)))
    if form is None:
        raise UnreadableAudio("damaged: it has no fmt chunk", where=shown(path))
    if data is None:
        raise UnreadableAudio("truncated: it has no data chunk", where=shown(path))
    return form, data, at


def _check_aiff(path: Path) -> None:
    """libsndfile shortens a truncated file without a word, so the chunk sizes are looked at here."""
    with open_binary(path) as file:
        for place in walk(file, path):
            if place.id == b"COMM" and place.size >= 2 and file.read(2) == b"\0\0":
                raise UnreadableAudio("the file has no channels", where=shown(path))
            if place.id == b"SSND":
                if place.cut_off:
                    raise UnreadableAudio(
                        f"truncated: {place.size} of {place.claimed} bytes of audio are there",
                        where=shown(path),
                    )
                return
    raise UnreadableAudio("truncated: it has no sound data (SSND) chunk", where=shown(path))
