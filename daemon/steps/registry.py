"""Every step by name. A new step adds one line here."""

from __future__ import annotations

from functools import cache

from daemon.kernel.errors import NotFound
from daemon.kernel.reference import resolve
from daemon.steps.spec import StepSpec

STEPS = {
    "prepare": "daemon.steps.prepare:SPEC",
    "separate": "daemon.steps.separate:SPEC",
    "analyse": "daemon.steps.analyse:SPEC",
    "slice": "daemon.steps.slice:SPEC",
    "classify": "daemon.steps.classify:SPEC",
    "learn": "daemon.steps.learn:SPEC",
    "notes": "daemon.steps.notes:SPEC",
    "midi": "daemon.steps.midi:SPEC",
    "lyrics": "daemon.steps.lyrics:SPEC",
    "render": "daemon.steps.render:SPEC",
    "play": "daemon.steps.play:SPEC",
    "scan-plugin": "daemon.steps.scan_plugin:SPEC",
    "plugin-settings": "daemon.steps.plugin_settings:SPEC",
    "cut": "daemon.steps.cut:SPEC",
    "encode": "daemon.steps.encode:SPEC",
    "edited-slices": "daemon.steps.edited_slices:SPEC",
    "edited-notes": "daemon.steps.edited_notes:SPEC",
    "edited-lyrics": "daemon.steps.edited_lyrics:SPEC",
    "retag": "daemon.steps.retag:SPEC",
    "project": "daemon.steps.project:SPEC",
    "index": "daemon.steps.index:SPEC",
    "hear": "daemon.steps.hear:SPEC",
    "retell": "daemon.steps.retell:SPEC",
    "pairs": "daemon.steps.pairs:SPEC",
    "compare": "daemon.steps.compare:SPEC",
    "map": "daemon.steps.map:SPEC",
}


@cache
def spec(name: str) -> StepSpec:
    """The spec of a step. Raises NotFound with the names there are."""
    if name not in STEPS:
        raise NotFound(f"there is no step {name!r}", hint=f"Steps: {', '.join(STEPS)}")
    found: StepSpec = resolve(STEPS[name])
    return found
