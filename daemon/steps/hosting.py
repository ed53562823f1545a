"""Sounds through a chain with plug-ins: what goes wrong with one of them costs that sound its effects, no more."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import msgspec

from daemon.chains.errors import PluginFault
from daemon.chains.plugins.catalogue import IN_A_ROW, IN_ALL
from daemon.chains.plugins.host import Host, Limits, Outcome
from daemon.chains.plugins.messages import Order, Render
from daemon.chains.plugins.resolve import external
from daemon.chains.sound_file import Made, Sound, Written, made, render_file
from daemon.kernel.errors import BadParameter, StepFailed
from daemon.kernel.work import PluginUse
from daemon.steps.spec import StepContext

_SHOWN = 20  # failures told one by one
_BARE: dict[str, Any] = {"name": "", "about": "", "fx": []}


@dataclass
class Hosted:
    """made: each sound's file, and why it is unprocessed, "" when it is not."""

    made: list[tuple[Made, str]] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    uses: list[PluginUse] = field(default_factory=list)
    provisional: bool = False


class Tally:
    """How each plug-in of a chain does during one call."""

    def __init__(self, chain: Mapping[str, Any]) -> None:
        self._plugins = {(one["file"], one["name"]): str(one["plugin"]) for one in external(chain["fx"])}
        self._done: Counter[str] = Counter()
        self._failed: Counter[str] = Counter()
        self._row: Counter[str] = Counter()
        self._why: dict[str, str] = {}

    def good(self) -> None:
        for plugin in self._plugins.values():
            self._done[plugin] += 1
            self._row[plugin] = 0

    def bad(self, fault: PluginFault) -> None:
        self._failed[fault.plugin] += 1
        self._row[fault.plugin] += 1
        self._why[fault.plugin] = fault.message

    def hopeless(self) -> str | None:
        """Why the chain is given up, when a plug-in of it failed too often."""
        for plugin, failed in self._failed.items():
            if self._row[plugin] >= IN_A_ROW or failed >= IN_ALL:
                return f"{plugin} failed {failed} times and is not tried again; last: {self._why[plugin]}"
        return None

    def uses(self) -> list[PluginUse]:
        return [
            PluginUse(
                file,
                name,
                self._done[plugin],
                self._failed[plugin],
                self._row[plugin],
                self._why.get(plugin, ""),
            )
            for (file, name), plugin in self._plugins.items()
            if self._done[plugin] or self._failed[plugin]
        ]


def render_hosted(
    ctx: StepContext, sounds: Sequence[Sound], names: Sequence[str], titles: Sequence[str], chain: Mapping[str, Any],
    patience_s: float,
) -> Hosted:  # fmt: skip
    """Every sound comes out, those that a plug-in failed on unprocessed and with a warning that names it. names: of
    the files written. titles: of the sounds, for people."""
    for plugin in external(chain["fx"]):
        if plugin.get("instrument"):
            raise BadParameter(
                "an instrument plays notes, not sounds", where=plugin["plugin"], hint="Use the step `play`"
            )
    result = Hosted()
    blocked = next((one for one in external(chain["fx"]) if "blocked" in one), None)
    if blocked is not None:
        why = f"{blocked['plugin']} is quarantined: {blocked['blocked']}. `roadie plugins check` tries it again"
        _leave(ctx, sounds, names, why, result)
        return result
    tally = Tally(chain)
    host = ctx.keep(lambda: new_host(chain, patience_s))
    orders = [
        Render(i, str(one.path), str(ctx.out / names[i]), _region(one), one.sound_class, one.exact)
        for i, one in enumerate(sounds)
    ]
    outcomes = host.run(orders, lambda fraction: ctx.checkpoint((len(result.made) + fraction) / len(sounds)))
    for outcome in outcomes:
        index = len(result.made)
        _take(ctx, outcome, sounds[index], names[index], titles[index], tally, result)
        hopeless = tally.hopeless()
        if hopeless is not None and len(result.made) < len(sounds):
            outcomes.close()  # type: ignore[attr-defined]
            _leave(ctx, sounds, names, hopeless, result)
            break
    result.uses = tally.uses()
    return result


def new_host(chain: Mapping[str, Any], patience_s: float) -> Host:
    first = next(external(chain["fx"]))
    return Host(chain, (str(first["plugin"]), str(first["file"])), Limits(patience_s))


def _take(
    ctx: StepContext, outcome: Outcome, sound: Sound, name: str, title: str, tally: Tally, result: Hosted
) -> None:
    if outcome.error is None:
        tally.good()
        result.made.append((made(msgspec.convert(outcome.answer, Written), ctx.out / name), ""))
        return
    if outcome.fault is None:
        raise StepFailed(outcome.error)
    tally.bad(outcome.fault)
    result.provisional = True
    result.made.append((_as_it_is(ctx, sound, name), outcome.fault.message))
    failures = sum(1 for _, why in result.made if why)
    if failures <= _SHOWN:
        result.warnings.append(f"{title}: {outcome.fault.message}; it stays unprocessed")
    elif failures == _SHOWN + 1:
        result.warnings.append("... and more of these")


def _leave(ctx: StepContext, sounds: Sequence[Sound], names: Sequence[str], why: str, result: Hosted) -> None:
    """What is left goes without the chain."""
    first = len(result.made)
    result.provisional = True
    left = len(sounds) - first
    result.warnings.append(f"{'a sound stays' if left == 1 else f'{left} sounds stay'} unprocessed: {why}")
    for index in range(first, len(sounds)):
        ctx.checkpoint(index / len(sounds), names[index])
        result.made.append((_as_it_is(ctx, sounds[index], names[index]), why))


def _as_it_is(ctx: StepContext, sound: Sound, name: str) -> Made:
    (ctx.out / name).unlink(missing_ok=True)  # a part that a dead child left
    (ctx.out / name).with_suffix(".spool").unlink(missing_ok=True)
    return made(render_file(sound, ctx.out / name, _BARE, lambda _: None), ctx.out / name)


def _region(sound: Sound) -> tuple[int, int | None] | None:
    return None if sound.region is None else (sound.region.start, sound.region.length)


def only_answer(host: Host, order: Order, tell: Any) -> Outcome:
    """One order's outcome."""
    outcomes: Iterator[Outcome] = host.run([order], tell)
    return next(iter(list(outcomes)))
