"""One file through a chain into another file."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from daemon.audio.identity import payload_hash
from daemon.audio.reader import AudioReader, open_audio
from daemon.audio.writer import WavWriter, write_wav
from daemon.chains import finish
from daemon.chains.apply import Audio, Rendered, apply_chain
from daemon.chains.apply_long import apply_long
from daemon.chains.errors import NoSound
from daemon.chains.render import Rack
from daemon.chains.stream import WHOLE_ONLY, streamable
from daemon.kernel.errors import InputError
from daemon.kernel.types import AssetId
from daemon.kernel.work import Region

IN_ONE_GO_SAMPLES = 8_000_000
"""Of one input, all channels: a minute and a half of stereo. What is longer is played block by block."""
MOST_IN_ONE_GO_SAMPLES = 80_000_000
"""15 minutes of stereo, for the effects that cannot be played block by block."""

Tell = Callable[[float], None]


@dataclass(frozen=True, slots=True)
class Sound:
    """What to render. exact: it must stay in time, so as many frames come out as went in."""

    path: Path
    region: Region | None
    sound_class: str | None
    exact: bool


@dataclass(frozen=True, slots=True)
class Written:
    """What a file holds. peak: largest absolute sample. short_lu: what a limiter left missing of the loudness asked
    for. remarks: for a person, on how plug-ins played it."""

    frames: int
    rate_hz: int
    channels: int
    peak: float
    short_lu: float = 0.0
    remarks: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Made:
    """A file that was written, and its identity."""

    written: Written
    payload: AssetId


def made(written: Written, out: Path) -> Made:
    """Reads the file. A host does so while its child is at the next one: that is quicker, and whatever a plug-in did
    to the child's memory, the identity is that of the file."""
    return Made(written, payload_hash(out))


def render_file(
    sound: Sound, out: Path, chain: Mapping[str, Any], tell: Tell, rack: Rack | None = None
) -> Written:
    """Writes `out` as float32 WAV. tell: called with 0..1, well under a second apart for long sounds.

    Raises what `open_audio` and the chain raise; nothing is left at `out` then.
    """
    try:
        written = _rendered(sound, out, chain, tell, rack)
    except NoSound as error:
        raise NoSound(sound.path) from error
    if not written.frames:
        out.unlink()
        raise InputError("too short for the chain's rate: not one frame would be left", where=sound.path)
    return written


def _rendered(sound: Sound, out: Path, chain: Mapping[str, Any], tell: Tell, rack: Rack | None) -> Written:
    with open_audio(sound.path, sound.region) as audio:
        if audio.frames * audio.channels > IN_ONE_GO_SAMPLES:
            if streamable(chain["fx"]):
                return _long(sound, audio, out, chain, tell, rack)
            _refuse_too_long(sound, audio)
        samples, rate_hz = audio.read(), audio.rate_hz
    rendered = apply_chain(chain, samples, rate_hz, sound.sound_class, exact_length=sound.exact, rack=rack)
    return write_whole(rendered, out)


def write_whole(rendered: Rendered, out: Path) -> Written:
    """What `apply_chain` made, into a file."""
    write_wav(out, rendered.audio, rendered.rate_hz)
    peak = float(np.abs(rendered.audio).max(initial=0.0))
    channels, frames = rendered.audio.shape
    return Written(frames, rendered.rate_hz, channels, peak, rendered.short_lu)


def _refuse_too_long(sound: Sound, audio: AudioReader) -> None:
    if audio.frames * audio.channels > MOST_IN_ONE_GO_SAMPLES:
        raise InputError(
            "too long to be rendered in one piece, which this chain needs",
            where=sound.path,
            why=f"{audio.frames / audio.rate_hz / 60:.0f} minutes; {' and '.join(sorted(WHOLE_ONLY))} need all of it",
            hint="Render a region of it, or leave that effect out",
        )


def _long(
    sound: Sound, audio: AudioReader, out: Path, chain: Mapping[str, Any], tell: Tell, rack: Rack | None
) -> Written:
    def told(frames: int) -> None:
        tell(min(frames / audio.frames, 1.0) * 0.9 if frames else 0.95)

    short: list[float] = []
    blocks = apply_long(
        chain, audio.blocks(), audio.rate_hz, audio.channels, sound.sound_class,
        exact_length=sound.exact, spool=out.with_suffix(".spool"), tell=told, rack=rack,
        short=short.append,
    )  # fmt: skip
    return replace(write_long(chain, blocks, audio.rate_hz, audio.channels, out), short_lu=sum(short))


def write_long(
    chain: Mapping[str, Any], blocks: Iterable[Audio], rate_hz: int, channels: int, out: Path
) -> Written:
    """What `apply_long` made, into a file. rate_hz, channels: of what went in."""
    channels = {"mono": 1, "stereo": 2}.get(chain.get("channels", ""), channels)
    rate_hz = finish.new_rate(rate_hz, chain.get("resample"))
    with WavWriter(out, rate_hz, channels) as writer:
        for block in blocks:
            writer.write(block)
    return Written(writer.frames, rate_hz, channels, writer.peak)
