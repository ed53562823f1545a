"""A session of Open Stage Control, as JSON. Format: the program's own "properties reference" and the sessions that it
saves (1.x)."""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterator, Sequence
from typing import Any

from bridges.osc.layouts.surface import Bar, Caption, Constant, Control, Entry, Page, Press, Row, Shown
from bridges.osc.table import ROOT

VERSION = "1.26.2"
"""Of the program that it was tried with."""
_RENEW_MS, _SUBSCRIBED_S = 20_000, 60


def session(made: Sequence[Page], target: str) -> bytes:
    """target: roadie's "host:port"."""
    ids = itertools.count(1)
    tabs = [_tab(page, ids) for page in made]
    content = {
        "type": "root", "id": "root", "tabs": tabs, "colorWidget": "#e0a030", "onCreate": _subscribe(target),
        # Everything on it is roadie's, whatever other targets the program was started with.
        "variables": {"roadie": target},
    }  # fmt: skip
    saved = {"createdWith": "Open Stage Control", "version": VERSION, "type": "session", "content": content}
    return json.dumps(saved, indent=1, ensure_ascii=False).encode() + b"\n"


def _subscribe(target: str) -> str:
    """A script: feedback for as long as the session is open in a browser."""
    args = f"{{type: 'i', value: 0}}, {{type: 'i', value: {_SUBSCRIBED_S}}}"
    call = f"send('{target}', '{ROOT}/subscribe', {args})"
    return f"{call}\nsetInterval('roadie', () => {{ {call} }}, {_RENEW_MS})\n"


def _tab(page: Page, ids: Iterator[int]) -> dict[str, Any]:
    rows = [_row(row, ids) for row in page.rows]
    return {
        "type": "tab", "id": f"tab_{page.name}", "label": page.name, "layout": "vertical", "padding": 2,
        "widgets": rows,
    }  # fmt: skip


def _row(row: Row, ids: Iterator[int]) -> dict[str, Any]:
    share = 100 / sum(cell.width for cell in row)
    widgets = [{**_widget(cell.control, next(ids)), "width": f"{cell.width * share:.2f}%"} for cell in row]
    return {
        "type": "panel", "id": f"row_{next(ids)}", "layout": "horizontal", "expand": 1, "scroll": False,
        "padding": 2, "innerPadding": False, "bypass": True, "widgets": widgets,
    }  # fmt: skip


def _widget(control: Control, number: int) -> dict[str, Any]:
    bound = {"target": "@{root.variables.roadie}", "ignoreDefaults": True}
    match control:
        case Caption(text):
            return {"type": "text", "id": f"caption_{number}", "default": text, "bypass": True, "align": "left"}
        case Shown(address, before):
            return {
                "type": "text", "id": f"shown_{number}", "address": address, "preArgs": list(before), "bypass": True,
                "align": "left",
            }  # fmt: skip
        case Bar(address):
            return {
                "type": "fader", "id": f"bar_{number}", "address": address, "horizontal": True, "design": "compact",
                "interaction": False, "bypass": True,
            }  # fmt: skip
        case Press(text, address, args):
            return {
                "type": "button", "id": f"press_{number}", "label": text, "mode": "tap", "address": address,
                "preArgs": list(args[:-1]), "on": args[-1], "typeTags": _tags(args), **bound,
            }  # fmt: skip
        case Entry(text, address, after):
            values = "".join(f", {json.dumps(value)}" for value in after)
            return {
                "type": "input", "id": f"entry_{number}", "html": text, "bypass": True,
                "onValue": f"if (value !== '') send(getProp('root', 'variables').roadie, '{address}', value{values})",
            }  # fmt: skip


def _tags(args: Sequence[Constant]) -> str:
    return "".join("s" if isinstance(value, str) else "f" for value in args)
