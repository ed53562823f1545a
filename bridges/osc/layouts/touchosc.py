"""A layout of TouchOSC (`.tosc`: XML under zlib), written with py2tosc. What a control does is after Hexler's public
manual: a message's constants must match on receiving, a text is set by the argument that is bound to `text`."""

from __future__ import annotations

import uuid
import zlib
from collections.abc import Sequence
from typing import Any

import py2tosc
from py2tosc import ui

from bridges.osc.layouts.surface import Bar, Caption, Constant, Control, Entry, Page, Press, Row, Shown
from bridges.osc.table import ROOT

WIDTH, HEIGHT = 1024, 768
RECEIVE_PORT = 9000
"""TouchOSC's own default for the port at which it receives."""
_RENEW_MS, _SUBSCRIBED_S = 20_000, 60
_COLOUR, _DARK = "#e0a030", "#303030"
_TEXT_SIZE = 16


def layout(made: Sequence[Page]) -> bytes:
    """Raises ValueError where TouchOSC would reject it."""
    document = py2tosc.Document(
        root=ui.column(
            ui.pager(*(_page(page) for page in made), name="pages"),
            frame=(0, 0, WIDTH, HEIGHT),
            name="roadie",
            script=_subscribe(),
        )
    )
    document.resolve()
    for number, control in enumerate(document.walk()):  # the same layout is the same file, each time it is made
        control.id = str(uuid.uuid5(uuid.NAMESPACE_URL, f"roadie/{number}"))
    if wrong := [str(issue) for issue in document.validate()]:
        raise ValueError("; ".join(wrong))
    return zlib.compress(py2tosc.dumps(document).encode())


def _subscribe() -> str:
    """Feedback for as long as the layout is open. Lua, as TouchOSC's scripts are."""
    return (
        "local asked = nil\n"
        "function update()\n"
        "  local now = getMillis()\n"
        f"  if asked == nil or now - asked > {_RENEW_MS} then\n"
        "    asked = now\n"
        f"    sendOSC({{'{ROOT}/subscribe', {{{{tag = 'i', value = {RECEIVE_PORT}}}, "
        f"{{tag = 'i', value = {_SUBSCRIBED_S}}}}}}})\n"
        "  end\n"
        "end\n"
    )


def _page(page: Page) -> Any:
    return ui.column(*(_row(row) for row in page.rows), gap=4, pad=4, name=page.name)


def _row(row: Row) -> Any:
    return ui.row(*(_control(cell.control) for cell in row), sizes=[cell.width for cell in row], gap=4)


def _control(control: Control) -> Any:
    match control:
        case Caption(text):
            return py2tosc.label(name=text, text_size=_TEXT_SIZE, values=_text(text))
        case Shown(address, before):
            args = [*map(_constant, before), ui.value("text", conversion="STRING")]
            message = ui.osc(address, args=args, var="text", send=False)
            return py2tosc.label(
                name=address, text_size=_TEXT_SIZE, color=_DARK, values=_text(""), messages=[message]
            )
        case Bar(address):
            return py2tosc.fader(
                name=address, orientation=1, interactive=False, color=_COLOUR, messages=[ui.osc(address, send=False)]
            )  # fmt: skip
        case Press(text, address, args):
            sent = ui.osc(address, args=[*map(_constant, args)], on="RISE", receive=False)
            button = py2tosc.button(name=f"{address} {text}", color=_COLOUR, messages=[sent])
            return ui.labelled(button, text, size=_TEXT_SIZE)
        case Entry(text, address, after):
            args = [ui.value("text", conversion="STRING"), *map(_constant, after)]
            message = ui.osc(address, args=args, var="text", receive=False)
            return py2tosc.text(
                name=text, interactive=True, text_size=_TEXT_SIZE, values=_text(""), messages=[message]
            )


def _constant(value: Constant) -> Any:
    if isinstance(value, str):
        return ui.const(value)
    if isinstance(value, int):
        return ui.const(str(value), conversion="INTEGER")
    return ui.const(f"{value:g}", conversion="FLOAT")


def _text(default: str) -> list[Any]:
    return [py2tosc.Value("text", default=default), py2tosc.Value("touch", default=False)]
