"""The work of scan-plugin."""

from __future__ import annotations

from pathlib import Path

import msgspec

from daemon.chains.errors import PluginFault
from daemon.chains.plugins.binary import Fingerprint, examine
from daemon.chains.plugins.catalogue import Described
from daemon.chains.plugins.host import Host, Limits
from daemon.chains.plugins.messages import Describe, Names
from daemon.kernel.errors import InputError
from daemon.kernel.work import InputFile, StepResult
from daemon.steps.hosting import only_answer
from daemon.steps.scan_plugin import ANSWER, ScanPluginParams
from daemon.steps.spec import StepContext


class Found(msgspec.Struct, frozen=True):
    fingerprint: Fingerprint
    plugins: list[Described]


def run(ctx: StepContext, inputs: tuple[InputFile, ...], params: ScanPluginParams) -> StepResult:  # noqa: ARG001
    """Writes `ANSWER`. A plug-in of several that fails is in it with its error.

    Raises NoPlugin for what was not even tried, and PluginFault when nothing of the file can be used.
    """
    path = Path(params.path)
    fingerprint = examine(path)
    host = Host({}, (path.name, str(path)), Limits(params.patience_s))
    try:
        outcome = only_answer(host, Names(0, str(path)), lambda _: ctx.checkpoint(0.1, path.name))
    finally:
        host.close()
    if outcome.error is not None:
        raise outcome.fault or PluginFault(outcome.error.message, plugin=path.name, file=str(path))
    names = msgspec.convert(outcome.answer, list[str])
    if not names:
        raise InputError("there is no plug-in in it", where=path)
    plugins = [_describe(ctx, path, name, (i + 1) / (len(names) + 1), params) for i, name in enumerate(names)]
    broken = [one for one in plugins if one.error is not None]
    if len(broken) == len(plugins):
        raise PluginFault(str(broken[0].error), plugin=path.name, file=str(path))
    (ctx.out / ANSWER).write_bytes(msgspec.json.encode(Found(fingerprint, plugins)))
    return StepResult(reason=f"{len(plugins)} plug-ins")


def _describe(ctx: StepContext, path: Path, name: str, fraction: float, params: ScanPluginParams) -> Described:
    """In a child of its own: what one plug-in does to its process is not the other's fault."""
    host = Host({}, (name, str(path)), Limits(params.patience_s))
    try:
        order = Describe(0, str(path), name)
        outcome = only_answer(host, order, lambda _: ctx.checkpoint(fraction, f"{path.name}: {name}"))
    finally:
        host.close()
    if outcome.error is None:
        return msgspec.convert(outcome.answer, Described)
    return Described(
        id="", name=name, vendor="", version="", category="", instrument=False, latency_frames=0,
        error=outcome.fault.what if outcome.fault is not None else outcome.error.message,
    )  # fmt: skip
