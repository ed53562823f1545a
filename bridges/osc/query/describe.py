"""The namespace as OSCQuery's JSON. Format: Vidvox' OSCQuery proposal."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from bridges.osc.namespace import Node
from bridges.osc.table import Access, Arg

ATTRIBUTES = frozenset(
    {
        "FULL_PATH",
        "CONTENTS",
        "TYPE",
        "ACCESS",
        "VALUE",
        "RANGE",
        "CLIPMODE",
        "DESCRIPTION",
        "TAGS",
        "HOST_INFO",
    }
)
EXTENSIONS = {
    "ACCESS": True, "VALUE": True, "RANGE": True, "CLIPMODE": True, "DESCRIPTION": True, "TAGS": True, "LISTEN": True,
    "IGNORE": True, "PATH_CHANGED": False, "PATH_ADDED": False, "PATH_REMOVED": False, "PATH_RENAMED": False,
    "UNIT": False, "CRITICAL": False, "OVERLOADS": False, "EXTENDED_TYPE": False, "HTML": False,
}  # fmt: skip

Values = Mapping[str, str | float]


def tree(nodes: Iterable[Node], values: Values) -> dict[str, Any]:
    """The whole namespace below "/". values: what the addresses that have a value say now."""
    root: dict[str, Any] = {"FULL_PATH": "/", "CONTENTS": {}, "ACCESS": 0, "DESCRIPTION": "roadie"}
    for node in nodes:
        *folders, name = node.address.strip("/").split("/")
        at, path = root, ""
        for folder in folders:
            path += f"/{folder}"
            at = at.setdefault("CONTENTS", {}).setdefault(folder, {"FULL_PATH": path, "ACCESS": 0})
        # An address may be a method and hold others: /roadie/jobs and /roadie/jobs/done.
        at.setdefault("CONTENTS", {}).setdefault(name, {}).update(_method(node, values))
    return root


def find(root: dict[str, Any], path: str) -> dict[str, Any] | None:
    """The node at an address, None when there is none."""
    at = root
    for part in path.strip("/").split("/") if path.strip("/") else ():
        inner = at.get("CONTENTS", {}).get(part)
        if inner is None:
            return None
        at = inner
    return at


def _method(node: Node, values: Values) -> dict[str, Any]:
    row = node.row
    described: dict[str, Any] = {
        "FULL_PATH": node.address, "TYPE": row.tags, "ACCESS": _access(node, values), "DESCRIPTION": _about(node),
        "TAGS": ["button"] if row.button else ["out" if row.access is Access.OUT else "in"],
    }  # fmt: skip
    if any(arg.low is not None or arg.high is not None or arg.values for arg in row.args):
        described["RANGE"] = [_range(arg) for arg in row.args]
        # What is out of range is refused, never bent.
        described["CLIPMODE"] = ["none"] * len(row.args)
    if node.address in values:
        described["VALUE"] = [values[node.address]]
    return described


def _access(node: Node, values: Values) -> int:
    """What is an answer or news, and no value, cannot be read or listened to: 0 says so. It is told to subscribers."""
    return 0 if node.row.access is Access.OUT and node.address not in values else int(node.row.access)


def _about(node: Node) -> str:
    row = node.row
    parts = [row.about]
    if row.args:
        parts.append("Arguments: " + ", ".join(arg.name for arg in row.args))
    if row.options:
        more = " and step.param=value" if row.steps else ""
        parts.append(f"Texts may follow: ref=, token={more}")
    return ". ".join(parts)


def _range(arg: Arg) -> dict[str, Any] | None:
    """None for an argument that may be anything of its type."""
    limits: dict[str, Any] = {}
    if arg.low is not None:
        limits["MIN"] = int(arg.low) if arg.tag == "i" else arg.low
    if arg.high is not None:
        limits["MAX"] = int(arg.high) if arg.tag == "i" else arg.high
    if arg.values:
        limits["VALS"] = list(arg.values)
    return limits or None
