"""scan-plugin: what a plug-in file holds, asked in processes that may die of it. Not for recipes."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta

from daemon.kernel.work import Kind, Lane
from daemon.steps.spec import Params, StepSpec

ANSWER = "plugins.json"
"""The file that the step makes: {fingerprint, plugins}."""


class ScanPluginParams(Params, frozen=True):
    """path: of the file or bundle. patience_s: how long loading may take."""

    path: str = ""
    patience_s: Annotated[float, Meta(ge=0.5, le=600)] = 30.0


SPEC = StepSpec(
    name="scan-plugin",
    version=1,
    params=ScanPluginParams,
    run="daemon.steps.scanning_plugin:run",
    lane=Lane.PLUGIN,
    accepts=frozenset(Kind),
)
