"""How the plug-ins of a chain do during one call, and which of them are not tried any more."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any

from daemon.chains.errors import PluginFault
from daemon.chains.plugins.catalogue import IN_A_ROW, IN_ALL, how_to_try_again
from daemon.chains.plugins.resolve import external, hearing
from daemon.kernel.work import PluginUse


class Tally:
    """A sound counts for those plug-ins alone that hear it: others may be for sounds of another class."""

    def __init__(self, chain: Mapping[str, Any]) -> None:
        self._fx = chain["fx"]
        self._done: Counter[str] = Counter()
        self._failed: Counter[str] = Counter()
        self._row: Counter[str] = Counter()
        self._why: dict[str, str] = {}

    def good(self, sound_class: str | None = None) -> None:
        for plugin in self._heard(sound_class):
            self._done[plugin] += 1
            self._row[plugin] = 0

    def bad(self, fault: PluginFault, sound_class: str | None = None) -> None:
        if fault.plugin in self._heard(sound_class):
            self._failed[fault.plugin] += 1
            self._row[fault.plugin] += 1
            self._why[fault.plugin] = fault.message

    def barred(self, sound_class: str | None = None) -> str | None:
        """Why no sound of that class is tried, when a plug-in that it would go through is quarantined or failed too
        often."""
        reasons = (self._why_not(one) for one in hearing(self._fx, sound_class))
        return next((why for why in reasons if why is not None), None)

    def _why_not(self, effect: Mapping[str, Any]) -> str | None:
        plugin = str(effect["plugin"])
        if "blocked" in effect:
            return f"{plugin} is quarantined: {effect['blocked']}. {how_to_try_again(str(effect['file']))}"
        failed = self._failed[plugin]
        if self._row[plugin] >= IN_A_ROW or failed >= IN_ALL:
            return f"{plugin} failed {failed} times and is not tried again; last: {self._why[plugin]}"
        return None

    def _heard(self, sound_class: str | None) -> set[str]:
        return {str(one["plugin"]) for one in hearing(self._fx, sound_class)}

    def uses(self) -> list[PluginUse]:
        plugins = {(str(one["file"]), str(one["name"])): str(one["plugin"]) for one in external(self._fx)}
        return [
            PluginUse(file, name, self._done[plugin], self._failed[plugin], self._row[plugin],
                      self._why.get(plugin, ""))
            for (file, name), plugin in plugins.items()
            if self._done[plugin] or self._failed[plugin]
        ]  # fmt: skip
