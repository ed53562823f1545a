"""The render step's work."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import PurePosixPath
from typing import Any

import numpy as np

from daemon.chains.files import resolved_chain
from daemon.chains.plugins.resolve import asked_classes, external
from daemon.chains.sound_file import Made, Sound, Written, made, render_file
from daemon.files.names import with_ending
from daemon.kernel.types import Json
from daemon.kernel.work import InputFile, Kind, Produced, StepResult
from daemon.steps.hosting import render_hosted
from daemon.steps.render import RenderParams
from daemon.steps.spec import StepContext

_FREE = frozenset({Kind.SLICE, Kind.ONE_SHOT})  # may become longer or shorter; others stay in time


def run(ctx: StepContext, inputs: tuple[InputFile, ...], params: RenderParams) -> StepResult:
    """Each input through the chain, as float32 WAV at its own rate and channel count unless the chain says otherwise,
    of the same kind."""
    chain = resolved_chain(params.chain)
    sounds = [sound_of(one) for one in inputs]
    names = file_names(inputs)
    unclassed = without_class(chain, sounds)
    if any(external(chain["fx"])):  # type: ignore[arg-type]
        titles = [PurePosixPath(one.name).name for one in inputs]
        hosted = render_hosted(ctx, sounds, names, titles, chain, params.patience_s)
        done = sorted(hosted.made.items())
        files = [
            produced(inputs[i], i, names[i], one, {"unprocessed": why} if why else {}) for i, (one, why) in done
        ]
        soft = too_soft((sounds[i].path.name, one.written) for i, (one, _) in done)
        remarks = (*hosted.warnings, *unclassed, *soft)
        return StepResult(
            tuple(files), reason="plug-ins, in a process of their own", warnings=remarks,
            plugins=tuple(hosted.uses), provisional=hosted.provisional,
        )  # fmt: skip
    made = [_render(ctx, sound, names[index], chain, index, len(sounds)) for index, sound in enumerate(sounds)]
    files = [produced(inputs[i], i, names[i], one, {}) for i, one in enumerate(made)]
    soft = too_soft((sound.path.name, one.written) for sound, one in zip(sounds, made, strict=True))
    remarks = (*unclassed, *soft)
    return StepResult(files=tuple(files), reason="pedalboard's built-in effects", warnings=remarks)


def without_class(chain: Mapping[str, Any], sounds: Sequence[Sound]) -> list[str]:
    """A line that says what was left out where nobody knows what the sounds are; none where all is well."""
    wanted = sorted(set(asked_classes(chain["fx"])))
    unknown = [sound.path.name for sound in sounds if sound.sound_class is None]
    if not wanted or not unknown:
        return []
    which = unknown[0] if len(unknown) == 1 else f"{unknown[0]} and {len(unknown) - 1} more"
    return [
        f"{which}: not known what they are, so the effects that are only for {', '.join(wanted)} were left out; "
        "a step `classify` before `render` finds out, and `roadie chains apply` does too"
    ]


def too_soft(made: Iterable[tuple[str, Written]]) -> list[str]:
    """A line that says what a limiter could not make as loud as the chain asks; none where all is well. made: with the
    names of what it was made of."""
    short = {name: one.short_lu for name, one in made if one.short_lu}
    if not short:
        return []
    first = next(iter(short))
    which = first if len(short) == 1 else f"{first} and {len(short) - 1} more"
    return [
        f"{which}: up to {max(short.values()):.1f} LU softer than the chain asks, because a limiter only holds peaks; "
        "ask for less loudness, or compress more before it"
    ]


def file_names(inputs: Sequence[InputFile]) -> list[str]:
    """Of what is made of each, all different."""
    return [
        with_ending(f"{index + 1:03d} {PurePosixPath(one.name).stem}", ".wav")
        for index, one in enumerate(inputs)
    ]


def sound_of(one: InputFile) -> Sound:
    sound_class = one.meta.get("class")
    return Sound(
        one.path, one.region, sound_class if isinstance(sound_class, str) else None, one.kind not in _FREE
    )


def _render(
    ctx: StepContext, sound: Sound, name: str, chain: Mapping[str, Any], index: int, count: int
) -> Made:
    def tell(fraction: float) -> None:
        ctx.checkpoint((index + fraction) / count, name)

    tell(0.0)
    out = ctx.out / name
    return made(render_file(sound, out, chain, tell), out)


def produced(one: InputFile, index: int, name: str, file: Made, more: Mapping[str, Json]) -> Produced:
    meta = {"length_frames": file.written.frames, "peak_db": peak_db(file.written), **more}
    return Produced(name, one.kind, file.payload, index, meta)


def peak_db(written: Written) -> float:
    return round(20 * float(np.log10(written.peak + 1e-9)), 2)
