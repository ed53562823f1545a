"""The documentation of the addresses, made from their table."""

from __future__ import annotations

from collections.abc import Iterable

from bridges.osc.addresses import ADDRESSES
from bridges.osc.table import Access, Address, Arg


def markdown(rows: Iterable[Address] = ADDRESSES) -> str:
    """Two tables: what roadie takes, what it sends."""
    rows = list(rows)
    parts = []
    for access, title in (
        (Access.IN, "Addresses that roadie takes"),
        (Access.OUT, "Addresses that roadie sends"),
    ):
        chosen = [row for row in rows if row.access is access]
        head = (
            "| address | types | arguments | |"
            if access is Access.OUT
            else "| address | types | arguments | answer | |"
        )
        parts += [f"## {title}\n", head, "|---" * (head.count("|") - 1) + "|"]
        parts += [_row(row, access) for row in chosen]
        parts.append("")
    return "\n".join(parts)


def _row(row: Address, access: Access) -> str:
    cells = [
        f"`{row.path}`",
        f"`{row.signature}`" if row.signature else "",
        ", ".join(map(_argument, row.args)),
    ]
    if access is Access.IN:
        cells.append(" ".join(f"`{reply.removeprefix('/roadie')}`" for reply in row.replies))
    about = row.about + ("; a button: acts on a value other than 0" if row.button else "")
    return f"| {' | '.join([*cells, about])} |"


def _argument(arg: Arg) -> str:
    if arg.low is not None and arg.high is not None:
        return f"{arg.name} ({arg.low:g} to {arg.high:g})"
    if arg.high is not None:
        return f"{arg.name} (at most {arg.high:g})"
    if arg.values:
        return f"{arg.name} ({', '.join(filter(None, arg.values))})"
    return arg.name
