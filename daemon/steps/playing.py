"""The play step's work."""

from __future__ import annotations

from pathlib import PurePosixPath

import msgspec

from daemon.chains.errors import PluginFault
from daemon.chains.files import resolve_chain
from daemon.chains.plugins.messages import Sing
from daemon.chains.sound_file import Made, Written, made
from daemon.kernel.errors import StepFailed
from daemon.kernel.types import Json
from daemon.kernel.work import InputFile, Kind, Produced, StepResult
from daemon.steps.hosting import Tally, new_host
from daemon.steps.play import PlayParams
from daemon.steps.rendering import peak_db
from daemon.steps.spec import StepContext


def run(ctx: StepContext, inputs: tuple[InputFile, ...], params: PlayParams) -> StepResult:
    """A stem for each MIDI file. Notes that an instrument failed on have no sound, and a warning says so; when none
    has, the step fails with the plug-in's name."""
    chain = resolve_chain(params.chain)
    first = chain["fx"][0]  # type: ignore[index]
    assert isinstance(first, dict)
    if "blocked" in first:
        raise PluginFault(
            "is quarantined", plugin=str(first["plugin"]), file=str(first["file"]), why=first["blocked"]
        )
    host = ctx.keep(lambda: new_host(chain, params.patience_s))
    tally = Tally(chain)
    names = [f"{index + 1:03d} {PurePosixPath(one.name).stem}.wav" for index, one in enumerate(inputs)]
    orders = [
        Sing(i, str(one.path), str(ctx.out / names[i]), params.rate_hz, params.channels)
        for i, one in enumerate(inputs)
    ]
    files: list[Produced] = []
    warnings: list[str] = []
    failed: PluginFault | None = None
    outcomes = host.run(orders, lambda fraction: ctx.checkpoint((len(files) + fraction) / len(inputs)))
    for index, outcome in enumerate(outcomes):
        if outcome.error is None:
            tally.good()
            file = made(msgspec.convert(outcome.answer, Written), ctx.out / names[index])
            files.append(_stem(inputs[index], index, names[index], file, str(first["name"])))
        elif outcome.fault is None:
            raise StepFailed(outcome.error)
        else:
            failed = outcome.fault
            tally.bad(failed)
            (ctx.out / names[index]).unlink(missing_ok=True)
            warnings.append(f"{inputs[index].name}: {failed.message}")
    if failed is not None and not files:
        raise failed
    return StepResult(
        tuple(files), reason=f"{first['plugin']} {first['version']}", warnings=tuple(warnings),
        plugins=tuple(tally.uses()), provisional=failed is not None,
    )  # fmt: skip


def _stem(one: InputFile, index: int, name: str, file: Made, instrument: str) -> Produced:
    before = one.meta.get("stem")
    stem = f"{before} {instrument}" if isinstance(before, str) else instrument
    written = file.written
    meta: dict[str, Json] = {
        "stem": stem, "rate": written.rate_hz, "length_frames": written.frames, "channels": written.channels,
        "peak_db": peak_db(written),
    }  # fmt: skip
    return Produced(name, Kind.STEM, file.payload, index, meta)
