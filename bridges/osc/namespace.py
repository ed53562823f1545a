"""The table with its `{recipe}` and `{slot}` parts filled in: every address there is, and which a pattern means."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from bridges.osc.pattern import Pattern, is_pattern
from bridges.osc.table import SLOTS, Address

_FORBIDDEN = frozenset(" #*,/?[]{}")


@dataclass(frozen=True, slots=True)
class Node:
    """path: what the `{...}` parts are here."""

    address: str
    row: Address
    path: Mapping[str, str]


class Namespace:
    def __init__(self, rows: Sequence[Address]) -> None:
        self._rows = tuple(rows)
        self._by_address: dict[str, Node] = {}
        self.recipes: tuple[str, ...] = ()
        self.know(())

    def know(self, recipes: Iterable[str]) -> None:
        """The recipes that there are now. One whose name OSC forbids in an address cannot have one."""
        self.recipes = tuple(name for name in recipes if _FORBIDDEN.isdisjoint(name) and name.isascii())
        filled = (node for row in self._rows for node in self._fill(row))
        self._by_address = {node.address: node for node in filled}

    def nodes(self) -> Iterable[Node]:
        return self._by_address.values()

    def find(self, address: str) -> list[Node]:
        """Those that an address or a pattern means. Raises BadPattern."""
        node = self._by_address.get(address)
        if node is not None:
            return [node]
        if not is_pattern(address):
            return self._new_recipe(address)
        pattern = Pattern(address)
        return [node for node in self._by_address.values() if pattern.matches(node.address)]

    def _new_recipe(self, address: str) -> list[Node]:
        """A recipe that was written after the last look; whether there is one is told when it is asked for."""
        for row in self._rows:
            before, name, _ = row.path.partition("{recipe}")
            recipe = address[len(before) :]
            if name and address.startswith(before) and recipe and "/" not in recipe:
                return [Node(address, row, {"recipe": recipe})]
        return []

    def _fill(self, row: Address) -> Iterable[Node]:
        if "{recipe}" in row.path:
            for recipe in self.recipes:
                yield Node(row.path.replace("{recipe}", recipe), row, {"recipe": recipe})
        elif "{slot}" in row.path:
            for number in range(1, SLOTS + 1):
                yield Node(row.path.replace("{slot}", str(number)), row, {"slot": str(number)})
        else:
            yield Node(row.path, row, {})
