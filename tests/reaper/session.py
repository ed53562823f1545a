"""A session in the fake REAPER: a project, an action, keys that are pressed; what the project is like afterwards."""

from __future__ import annotations

import json
import os
import subprocess
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import soundfile

HERE = Path(__file__).parent
SCRIPTS = HERE.parent.parent / "scripts" / "reaper"
YES, NO = 6, 7

Tree = dict[str, Any]


@dataclass
class Ended:
    """How a session ended. project: its tracks, markers and so on; undone: the project after one undo; told: every
    stored text, those that are forgotten at REAPER's end as well."""

    project: Tree
    undo: list[Tree]
    unblocked: int
    messages: list[Tree]
    explorer: list[Tree]
    ext: Tree
    processes: list[str]
    undone: Tree | None = None
    pictures: Tree = field(default_factory=dict)
    told: Tree = field(default_factory=dict)
    key_modes: list[str] = field(default_factory=list)
    change_count: int = 0

    def track(self, name: str) -> Tree:
        found = [each for each in self.project["tracks"] if each["texts"]["P_NAME"] == name]
        assert len(found) == 1, [each["texts"]["P_NAME"] for each in self.project["tracks"]]
        return found[0]

    @property
    def names(self) -> list[str]:
        return [each["texts"]["P_NAME"] for each in self.project["tracks"]]


class Reaper:
    """Runs actions; what is stored between sessions is kept, as REAPER keeps it."""

    def __init__(self, folder: Path, home: Path | None, imgui: bool = False, scripts: Path = SCRIPTS) -> None:
        """home: roadie's, as the environment tells it, or None. scripts: where they are."""
        self.folder = folder
        self.home = home
        self.imgui = imgui
        self.scripts = scripts
        self.ext: Tree = {}
        folder.mkdir(parents=True, exist_ok=True)

    def run(
        self, action: str, project: Tree, keys: list[Tree] | None = None, answers: list[Any] | None = None,
        limit_s: float = 180.0, quit_when_pending: bool = False, cursor: float = 0.0, without: tuple[str, ...] = (),
        after: Ended | None = None,
    ) -> Ended:  # fmt: skip
        """without: functions that an older REAPER lacks. after: how the last session ended, for one in the same REAPER:
        its undo point and all stored texts are still there. Raises AssertionError for whatever REAPER would have
        refused, and for a fault in a script."""
        session = {
            "project": project, "keys": keys or [], "answers": [{"answer": each} for each in answers or []],
            "ext": self.ext, "resources": str(self.folder), "recordings": str(self.folder / "media"),
            "script": str(self.scripts / f"roadie_{action}.lua"), "list": str(HERE / "reascript_api.tsv"),
            "lib": str(SCRIPTS / "lib"), "limit_s": limit_s, "cursor": cursor,
            "without": list(without),
        }  # fmt: skip
        if after:
            session["undo"] = [{"text": each["text"], "project": after.undone} for each in after.undo]
            session["change_count"] = after.change_count
            passing = {key: {"value": value, "persist": False} for key, value in after.told.items()}
            session["ext"] = {**passing, **self.ext}
        if self.imgui:
            session["imgui"] = str(HERE / "reaimgui_api.tsv")
        if quit_when_pending:
            session["quit_when_pending"] = True
        asked, told = self.folder / "session.json", self.folder / "result.json"
        asked.write_text(json.dumps(session))
        told.unlink(missing_ok=True)
        env = {name: value for name, value in os.environ.items() if name != "ROADIE_HOME"}
        if self.home:
            env["ROADIE_HOME"] = str(self.home)
        ran = subprocess.run(
            ["lua5.4", str(HERE / "run.lua"), str(asked), str(told)],
            env=env, capture_output=True, text=True, check=False,
            timeout=limit_s + 30,
        )  # fmt: skip
        assert told.exists(), ran.stderr
        result = json.loads(told.read_text())
        assert result["problem"] is None, result["problem"]
        assert result["console"] == "", result["console"]
        assert result["balanced"], "an undo block or a refresh was left open"
        assert result["drawn"], "an item was left without its waveform"
        self.ext = result["ext"] or {}
        return Ended(
            result["project"], result["undo"], result["unblocked"], result["messages"], result["explorer"],
            self.ext, result["processes"], result.get("undone"), result["pictures"] or {},
            result["told"] or {},
            (result.get("key_modes") or "").split(),
            result["change_count"],
        )  # fmt: skip


def choose(**wanted: str) -> Tree:
    """Choices as if they had been made the last time."""
    return {"value": json.dumps(wanted), "persist": True}


def go(button: str) -> list[Tree]:
    """Start, and close what is told at the end."""
    return [{"see": button, "key": "enter"}, {"see": "Done", "key": "esc"}]


def track(name: str, *items: Tree, **values: float) -> Tree:
    return {"texts": {"P_NAME": name}, "values": values, "items": list(items)}


def item(
    path: Path, position: float, length: float, *, offset: float = 0.0, rate: float = 1.0, selected: bool = True,
    reversed: bool = False, section: Tree | None = None, item_values: Tree | None = None,
    take_values: Tree | None = None, name: str = "",
) -> Tree:  # fmt: skip
    source: Tree = {"file": str(path)}
    if reversed:
        source["reversed"] = True
    if section:
        source["section"] = section
    return {
        "selected": selected,
        "values": {"D_POSITION": position, "D_LENGTH": length, **(item_values or {})},
        "takes": [
            {
                "values": {"D_STARTOFFS": offset, "D_PLAYRATE": rate, **(take_values or {})},
                "texts": {"P_NAME": name},
                "source": source,
            }
        ],
    }


def write(path: Path, audio: np.ndarray, rate: int = 44100) -> Path:
    """audio: frames or (frames, channels), float."""
    path.parent.mkdir(parents=True, exist_ok=True)
    soundfile.write(path, audio, rate, subtype="PCM_24")
    return path
