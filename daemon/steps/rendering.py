"""The render step's work."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import PurePosixPath
from typing import Any

import numpy as np

from daemon.audio.identity import payload_hash
from daemon.audio.reader import open_audio
from daemon.audio.writer import write_wav
from daemon.chains.apply import apply_chain
from daemon.chains.files import resolve_chain
from daemon.kernel.errors import InputError
from daemon.kernel.types import Json
from daemon.kernel.work import InputFile, Kind, Produced, StepResult
from daemon.steps.render import RenderParams
from daemon.steps.spec import StepContext

MOST_SAMPLES = 80_000_000
"""Of one input, all channels: 15 minutes of stereo at 44.1 kHz. An effect is played in one go, in memory."""
_FREE = frozenset({Kind.SLICE, Kind.ONE_SHOT})  # may become longer or shorter; others stay in time


def run(ctx: StepContext, inputs: tuple[InputFile, ...], params: RenderParams) -> StepResult:
    """Each input through the chain, as float32 WAV at its own rate and channel count, of the same kind."""
    chain = resolve_chain(params.chain)
    files = []
    for index, one in enumerate(inputs):
        ctx.checkpoint(index / len(inputs), one.name)
        files.append(_render(ctx, one, index, chain))
    return StepResult(files=tuple(files), reason="pedalboard's built-in effects")


def _render(ctx: StepContext, one: InputFile, index: int, chain: Mapping[str, Any]) -> Produced:
    with open_audio(one.path, one.region) as audio:
        if audio.frames * audio.channels > MOST_SAMPLES:
            raise InputError(
                "too long to be rendered in one piece",
                where=one.path,
                why=f"{audio.frames / audio.rate_hz / 60:.0f} minutes, {audio.channels} channels",
                hint="Render a region of it",
            )
        samples, rate_hz = audio.read(), audio.rate_hz
    sound_class = one.meta.get("class")
    rendered = apply_chain(
        chain,
        samples,
        rate_hz,
        sound_class if isinstance(sound_class, str) else None,
        exact_length=one.kind not in _FREE,
    )
    name = f"{index + 1:03d} {PurePosixPath(one.name).stem}.wav"
    path = ctx.out / name
    write_wav(path, rendered.audio, rate_hz)
    meta: dict[str, Json] = {
        "length_frames": rendered.audio.shape[1],
        "peak_db": round(20 * float(np.log10(np.abs(rendered.audio).max(initial=0.0) + 1e-9)), 2),
    }
    return Produced(name, one.kind, payload_hash(path), index, meta)
