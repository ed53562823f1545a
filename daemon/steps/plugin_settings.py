"""plugin-settings: a plug-in's settings as a file that chains can name. Not for recipes."""

from __future__ import annotations

from typing import Any, Literal

import msgspec

from daemon.kernel.work import Kind, Lane
from daemon.steps.spec import Params, StepSpec


class PluginSettingsParams(Params, frozen=True):
    """chain: resolved, with one plug-in in it. suffix: .vstpreset, or .state for what the plug-in itself writes."""

    chain: dict[str, Any] = msgspec.field(default_factory=dict)
    suffix: Literal[".vstpreset", ".state"] = ".vstpreset"
    patience_s: float = 30.0


SPEC = StepSpec(
    name="plugin-settings",
    version=1,
    params=PluginSettingsParams,
    run="daemon.steps.plugin_settings_run:run",
    lane=Lane.PLUGIN,
    accepts=frozenset(Kind),
)
