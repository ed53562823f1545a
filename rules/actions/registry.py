"""Every action by name. A new action adds one line here."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

from daemon.kernel.reference import resolve
from rules.actions.protocol import Action

ACTIONS: Mapping[str, str] = {
    "run": "rules.actions.recipe:RUN",
    "chain": "rules.actions.recipe:CHAIN",
    "convert": "rules.actions.recipe:CONVERT",
    "copy": "rules.actions.place:COPY",
    "move": "rules.actions.place:MOVE",
    "deliver": "rules.actions.place:DELIVER",
    "tag": "rules.actions.label:TAG",
    "untag": "rules.actions.label:UNTAG",
    "write_tags": "rules.actions.write_tags:WRITE_TAGS",
    "collect": "rules.actions.label:COLLECT",
    "notify": "rules.actions.notify:NOTIFY",
}


@cache
def action(name: str) -> Action:
    found: Action = resolve(ACTIONS[name])
    return found
