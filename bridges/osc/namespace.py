"""The table with its `{recipe}` and `{slot}` parts filled in: every address there is, and which a pattern means."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from bridges.osc.pattern import MAX_LENGTH, Part, Pattern, is_pattern
from bridges.osc.table import HITS, SLOTS, Address

_FOUND_KEPT = 512
_FORBIDDEN = frozenset(" #*,/?[]{}")


@dataclass(frozen=True, slots=True)
class Node:
    """path: what the `{...}` parts are here."""

    address: str
    row: Address
    path: Mapping[str, str]


@dataclass(slots=True)
class _Branch:
    """Addresses by their parts, so that a pattern is held against one part at a time, not against every address."""

    node: Node | None = None
    inner: dict[str, _Branch] = field(default_factory=dict)

    def add(self, node: Node) -> None:
        at = self
        for part in node.address.split("/")[1:]:
            at = at.inner.setdefault(part, _Branch())
        at.node = node

    def find(self, parts: Sequence[Part | None]) -> Iterator[Node]:
        """Those that a pattern means; one that `//` leads to in two ways comes twice."""
        if not parts:
            if self.node is not None:
                yield self.node
            return
        wanted, rest = parts[0], parts[1:]
        if wanted is None:
            yield from self.find(rest)
            for branch in self.inner.values():
                yield from branch.find(parts)
        elif wanted.plain is not None:
            if wanted.plain in self.inner:
                yield from self.inner[wanted.plain].find(rest)
        else:
            for name, branch in self.inner.items():
                if wanted.matches(name):
                    yield from branch.find(rest)


class Namespace:
    def __init__(self, rows: Sequence[Address]) -> None:
        self._rows = tuple(rows)
        self._by_address: dict[str, Node] = {}
        self._tree = _Branch()
        self._depth = 0
        self._found: dict[str, list[Node]] = {}
        self.recipes: tuple[str, ...] = ()
        self.know(())

    def know(self, recipes: Iterable[str]) -> None:
        """The recipes that there are now. One whose name OSC forbids in an address cannot have one."""
        self.recipes = tuple(name for name in recipes if _FORBIDDEN.isdisjoint(name) and name.isascii())
        self._found.clear()
        filled = (node for row in self._rows for node in self._fill(row))
        self._by_address = {node.address: node for node in filled}
        self._tree = _Branch()
        for node in self._by_address.values():
            self._tree.add(node)
        self._depth = max((address.count("/") for address in self._by_address), default=0)

    def nodes(self) -> Iterable[Node]:
        return self._by_address.values()

    def weighty_beginnings(self) -> Iterator[bytes]:
        """How packets begin whose rows are repeated until they are acknowledged."""
        for row in self._rows:
            if row.weighty:
                fixed, brace, _ = row.path.partition("{")
                yield fixed.encode() + (b"" if brace else b"\0")

    def find(self, address: str) -> list[Node]:
        """Those that an address or a pattern means. Raises BadPattern."""
        node = self._by_address.get(address)
        if node is not None:
            return [node]
        found = self._found.get(address)
        if found is None:
            found = self._meant(address) if is_pattern(address) else self._new_recipe(address)
            if len(self._found) >= _FOUND_KEPT:
                self._found.clear()
            if len(address) <= MAX_LENGTH:  # a surface sends the same few for ever
                self._found[address] = found
        return found

    def _meant(self, address: str) -> list[Node]:
        parts = Pattern(address).parts
        if sum(part is not None for part in parts) > self._depth:  # more parts than any address has
            return []
        return list({node.address: node for node in self._tree.find(parts)}.values())

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
            return
        for name, count in (("slot", SLOTS), ("hit", HITS)):
            if f"{{{name}}}" in row.path:
                for number in range(1, count + 1):
                    yield Node(row.path.replace(f"{{{name}}}", str(number)), row, {name: str(number)})
                return
        yield Node(row.path, row, {})
