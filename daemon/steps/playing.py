"""The play step's work."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field, replace
from typing import Any

import msgspec

from daemon.chains.errors import PluginFault
from daemon.chains.files import resolved_chain
from daemon.chains.plugins.catalogue import how_to_try_again
from daemon.chains.plugins.host import Outcome
from daemon.chains.plugins.messages import Sing
from daemon.chains.plugins.resolve import hearing
from daemon.chains.sound_file import Made, Written, made
from daemon.kernel.errors import ErrorInfo, StepFailed
from daemon.kernel.types import Json
from daemon.kernel.work import InputFile, Kind, Produced, StepResult
from daemon.steps.hosting import new_host, new_remarks, of_the_input, said_of
from daemon.steps.play import PlayParams
from daemon.steps.rendering import file_names, peak_db, too_soft
from daemon.steps.spec import StepContext
from daemon.steps.tally import Tally


def run(ctx: StepContext, inputs: tuple[InputFile, ...], params: PlayParams) -> StepResult:
    """A stem for each MIDI file. Notes that a plug-in failed on have no sound, and a warning says so; when none has,
    the step fails with the plug-in's name."""
    chain = resolved_chain(params.chain)
    _refuse_quarantined(chain)
    host = ctx.keep(lambda: new_host(chain, params.patience_s))
    names = file_names(inputs)
    work = _Playing(ctx, inputs, names, chain["fx"][0], Tally(chain))  # type: ignore[index, arg-type]
    with closing(host.run(_orders(ctx, inputs, names, params), work.tell)) as outcomes:
        for index, outcome in enumerate(outcomes):
            work.take(index, outcome)
            if work.given_up(len(inputs) - index - 1):
                break
    return work.result()


@dataclass
class _Playing:
    """The files of one call, and what became of them so far."""

    ctx: StepContext
    inputs: Sequence[InputFile]
    names: Sequence[str]
    instrument: Mapping[str, Any]
    tally: Tally
    files: list[Produced] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)
    written: list[tuple[str, Written]] = field(default_factory=list)
    failure: ErrorInfo | None = None

    def tell(self, fraction: float) -> None:
        done = len(self.files) + len(self.warnings)
        self.ctx.checkpoint((done + fraction) / len(self.inputs))

    def take(self, index: int, outcome: Outcome) -> None:
        """Raises StepFailed for what is wrong with all of them."""
        one, out = self.inputs[index], self.ctx.out / self.names[index]
        if outcome.error is None:
            self.tally.good()
            written = msgspec.convert(outcome.answer, Written)
            self.remarks += new_remarks(written, self.remarks)
            self.written.append((one.name, written))
            file = made(written, out)
            self.files.append(_stem(one, index, self.names[index], file, str(self.instrument["name"])))
            return
        if outcome.fault is not None:
            self.tally.bad(outcome.fault)
        elif not of_the_input(outcome.error):
            raise StepFailed(outcome.error)
        out.unlink(missing_ok=True)
        line = f"{one.name}: {said_of(one.path, outcome.error)}"
        self.failure = outcome.error if outcome.fault else replace(outcome.error, message=line)
        self.warnings.append(line)

    def given_up(self, left: int) -> bool:
        """Whether those that are left are not tried, because a plug-in has failed too often."""
        why = self.tally.barred() if left else None
        if why is not None:
            self.warnings.append(f"{'a file is' if left == 1 else f'{left} files are'} not played: {why}")
        return why is not None

    def result(self) -> StepResult:
        return StepResult(
            tuple(self.files), reason=f"{self.instrument['plugin']} {self.instrument['version']}",
            warnings=(*self.warnings, *self.remarks, *too_soft(self.written)), plugins=tuple(self.tally.uses()),
            provisional=self.failure is not None, failure=None if self.files else self.failure,
        )  # fmt: skip


def _refuse_quarantined(chain: Mapping[str, Any]) -> None:
    """The instrument, or an effect behind it."""
    for one in hearing(chain["fx"], None):
        if "blocked" in one:
            raise PluginFault(
                "is quarantined", plugin=str(one["plugin"]), file=str(one["file"]), why=one["blocked"],
                hint=how_to_try_again(str(one["file"])),
            )  # fmt: skip


def _orders(
    ctx: StepContext, inputs: Sequence[InputFile], names: Sequence[str], params: PlayParams
) -> list[Sing]:
    return [
        Sing(index, str(one.path), str(ctx.out / names[index]), params.rate_hz, params.channels)
        for index, one in enumerate(inputs)
    ]


def _stem(one: InputFile, index: int, name: str, file: Made, instrument: str) -> Produced:
    before = one.meta.get("stem")
    stem = f"{before} {instrument}" if isinstance(before, str) else instrument
    written = file.written
    meta: dict[str, Json] = {
        "stem": stem, "rate": written.rate_hz, "length_frames": written.frames, "channels": written.channels,
        "peak_db": peak_db(written),
    }  # fmt: skip
    return Produced(name, Kind.STEM, file.payload, index, meta)
