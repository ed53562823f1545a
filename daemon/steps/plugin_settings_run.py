"""The work of plugin-settings."""

from __future__ import annotations

from daemon.chains.plugins.messages import Settings
from daemon.kernel.errors import StepFailed
from daemon.kernel.work import InputFile, StepResult
from daemon.steps.hosting import new_host, only_answer
from daemon.steps.plugin_settings import PluginSettingsParams
from daemon.steps.spec import StepContext


def run(ctx: StepContext, inputs: tuple[InputFile, ...], params: PluginSettingsParams) -> StepResult:  # noqa: ARG001
    """Writes `settings` with the suffix asked for. Raises PluginFault, StepFailed."""
    host = new_host(params.chain, params.patience_s)
    try:
        outcome = only_answer(host, Settings(0, str(ctx.out / f"settings{params.suffix}")), ctx.checkpoint)
    finally:
        host.close()
    if outcome.fault is not None:
        raise outcome.fault
    if outcome.error is not None:
        raise StepFailed(outcome.error)
    return StepResult(reason="asked of the plug-in")
