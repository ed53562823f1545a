"""Draws pictures/reaper-panel.svg: the panel of an action as its own script draws it, through a recorded gfx.

uv run python docs/pictures/reaper_panel.py
"""

from __future__ import annotations

import json
import os
import subprocess
import tempfile
from html import escape
from pathlib import Path
from typing import Any

from tests.reaper.session import HERE, SCRIPTS, item, track, write

OUT = Path(__file__).parent / "reaper-panel.svg"
RATE = 44100


def frame(folder: Path, home: Path) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """The window and what is drawn in it. home: of a running daemon."""
    import numpy as np  # noqa: PLC0415

    song = write(folder / "Night Bus.wav", np.zeros((134 * RATE, 2)))
    keys = [{"see": "4 stems", "picture": "panel"}, {"key": "esc"}]
    session = {
        "project": {"path": "/music/Night Bus/Night Bus.rpp", "tracks": [track("Song", item(song, 0.0, 134.0))]},
        "keys": keys, "resources": str(folder), "recordings": str(folder), "limit_s": 30, "lib": str(SCRIPTS / "lib"),
        "script": str(SCRIPTS / "roadie_separate.lua"), "list": str(HERE / "reascript_api.tsv"),
    }  # fmt: skip
    (folder / "session.json").write_text(json.dumps(session))
    subprocess.run(
        ["lua5.4", str(HERE / "run.lua"), str(folder / "session.json"), str(folder / "result.json")],
        check=True, env={**os.environ, "ROADIE_HOME": str(home)},
    )  # fmt: skip
    result = json.loads((folder / "result.json").read_text())
    return result["window"], result["pictures"]["panel"]


def svg(window: dict[str, Any], drawn: list[dict[str, Any]]) -> str:
    """One element for each call."""
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{window["w"]}" height="{window["h"]}" '
        f'font-family="Arial, Helvetica, sans-serif" font-size="14">'
    ]
    for each in drawn:
        red, green, blue = (round(255 * value) for value in each["colour"][:3])
        colour = f"rgb({red},{green},{blue})"
        if each["what"] == "rect":
            how = f'fill="{colour}"' if each["filled"] else f'fill="none" stroke="{colour}"'
            lines.append(
                f'<rect x="{each["x"]}" y="{each["y"]}" width="{each["w"]}" height="{each["h"]}" {how}/>'
            )
        else:
            lines.append(
                f'<text x="{each["x"]}" y="{each["y"] + 13}" fill="{colour}">{escape(each["text"])}</text>'
            )
    return "\n".join([*lines, "</svg>", ""])


if __name__ == "__main__":
    from tests.recovery.house import House

    with tempfile.TemporaryDirectory() as name:
        house = House(Path(name))
        house.start()
        try:
            assert house.up()
            OUT.write_text(svg(*frame(Path(name), house.home)))
        finally:
            house.stop()
