"""Sounds through a chain with plug-ins: what goes wrong with one of them costs that sound its effects, no more."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import msgspec

from daemon.chains.plugins.host import Host, Limits, Outcome
from daemon.chains.plugins.messages import Order, Render
from daemon.chains.plugins.resolve import external
from daemon.chains.sound_file import Made, Sound, Written, made, render_file
from daemon.kernel.errors import BadParameter, ErrorInfo, InputError, InputRefused, SourceChanged, StepFailed
from daemon.kernel.work import PluginUse
from daemon.steps.spec import StepContext
from daemon.steps.tally import Tally

_SHOWN = 20  # failures told one by one
_BARE: dict[str, Any] = {"name": "", "about": "", "fx": []}


@dataclass
class Hosted:
    """made: each sound's file by its index, and why it is unprocessed, "" when it is not. A sound that cannot be read
    has none."""

    made: dict[int, tuple[Made, str]] = field(default_factory=dict)
    warnings: list[str] = field(default_factory=list)
    uses: list[PluginUse] = field(default_factory=list)
    provisional: bool = False


def render_hosted(
    ctx: StepContext, sounds: Sequence[Sound], names: Sequence[str], titles: Sequence[str], chain: Mapping[str, Any],
    patience_s: float,
) -> Hosted:  # fmt: skip
    """Every sound that can be read comes out, those that a plug-in did not play unprocessed and with a warning that
    names it. names: of the files written. titles: of the sounds, for people.

    Raises StepFailed for what is wrong with all of them, and when nothing came of any.
    """
    for plugin in external(chain["fx"]):
        if plugin.get("instrument"):
            raise BadParameter(
                "an instrument plays notes, not sounds", where=plugin["plugin"], hint="Use the step `play`"
            )
    batch = _Batch(ctx, sounds, names, titles, Tally(chain))
    waiting = batch.not_barred(range(len(sounds)))
    if waiting:
        host = ctx.keep(lambda: new_host(chain, patience_s))
        while waiting:
            waiting = batch.not_barred(batch.through(host, waiting))
    return batch.result()


def new_host(chain: Mapping[str, Any], patience_s: float) -> Host:
    first = next(external(chain["fx"]))
    return Host(chain, (str(first["plugin"]), str(first["file"])), Limits(patience_s))


def of_the_input(error: ErrorInfo) -> bool:
    """Whether an order's error, which is no plug-in's fault, is about that order's input: others need not share it."""
    return InputRefused.speaks_of(error) and error.code != SourceChanged.code


def said_of(path: Path, error: ErrorInfo) -> str:
    """The error's message without the path, for a line that begins with a name for people."""
    return error.message.removeprefix(f"{path}: ")


def new_remarks(written: Written, told: Sequence[str]) -> list[str]:
    """What is to be told of how plug-ins played: once, for many sounds."""
    return [line for line in written.remarks if line not in told]


@dataclass
class _Batch:
    """The sounds of one call, and what became of them so far."""

    ctx: StepContext
    sounds: Sequence[Sound]
    names: Sequence[str]
    titles: Sequence[str]
    tally: Tally
    hosted: Hosted = field(default_factory=Hosted)
    first: ErrorInfo | None = None
    told: int = 0

    def through(self, host: Host, waiting: Sequence[int]) -> Sequence[int]:
        """Sounds through the chain; returns those that are left when a plug-in has failed too often."""
        with closing(host.run([self._order(index) for index in waiting], self._tell)) as outcomes:
            for done, outcome in enumerate(outcomes, 1):
                self._take(waiting[done - 1], outcome)
                left = waiting[done:]
                if outcome.fault is not None and any(self._barred(index) for index in left):
                    return left
        return ()

    def not_barred(self, waiting: Sequence[int]) -> Sequence[int]:
        """Those that may be tried. The others go without the chain."""
        barred: dict[str, list[int]] = {}
        for index in waiting:
            if (why := self._barred(index)) is not None:
                barred.setdefault(why, []).append(index)
        for why, those in barred.items():
            which = "a sound stays" if len(those) == 1 else f"{len(those)} sounds stay"
            self.hosted.warnings.append(f"{which} unprocessed: {why}")
            for index in those:
                self.ctx.checkpoint(len(self.hosted.made) / len(self.sounds), self.names[index])
                self._leave(index, why)
        return [index for index in waiting if self._barred(index) is None]

    def result(self) -> Hosted:
        if self.first is not None and not self.hosted.made:
            raise StepFailed(self.first)
        self.hosted.uses = self.tally.uses()
        return self.hosted

    def _barred(self, index: int) -> str | None:
        return self.tally.barred(self.sounds[index].sound_class)

    def _order(self, index: int) -> Render:
        sound = self.sounds[index]
        out = str(self.ctx.out / self.names[index])
        return Render(index, str(sound.path), out, _region(sound), sound.sound_class, sound.exact)

    def _tell(self, fraction: float) -> None:
        self.ctx.checkpoint((len(self.hosted.made) + fraction) / len(self.sounds))

    def _take(self, index: int, outcome: Outcome) -> None:
        sound, out = self.sounds[index], self.ctx.out / self.names[index]
        if outcome.error is None:
            self.tally.good(sound.sound_class)
            written = msgspec.convert(outcome.answer, Written)
            self.hosted.warnings += new_remarks(written, self.hosted.warnings)
            self.hosted.made[index] = made(written, out), ""
            return
        if outcome.fault is not None:
            self.tally.bad(outcome.fault, sound.sound_class)
        elif not of_the_input(outcome.error):
            raise StepFailed(outcome.error)
        why = said_of(sound.path, outcome.error)
        if self._leave(index, why):
            self._warn(f"{self.titles[index]}: {why}; it stays unprocessed")

    def _leave(self, index: int, why: str) -> bool:
        """The sound goes without the chain. False when not even that can be had."""
        self.hosted.provisional = True
        sound = self.sounds[index]
        try:
            self.hosted.made[index] = _as_it_is(sound, self.ctx.out / self.names[index]), why
        except InputError as error:
            self.first = self.first or error.info()
            self._warn(f"{self.titles[index]}: {said_of(sound.path, error.info())}; nothing came of it")
            return False
        return True

    def _warn(self, line: str) -> None:
        self.told += 1
        if self.told <= _SHOWN:
            self.hosted.warnings.append(line)
        elif self.told == _SHOWN + 1:
            self.hosted.warnings.append("... and more of these")


def _as_it_is(sound: Sound, out: Path) -> Made:
    out.unlink(missing_ok=True)  # a part that a dead child left
    out.with_suffix(".spool").unlink(missing_ok=True)
    return made(render_file(sound, out, _BARE, lambda _: None), out)


def _region(sound: Sound) -> tuple[int, int | None] | None:
    return None if sound.region is None else (sound.region.start, sound.region.length)


def only_answer(host: Host, order: Order, tell: Any) -> Outcome:
    """One order's outcome."""
    return next(iter(list(host.run([order], tell))))
