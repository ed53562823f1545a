"""The fake REAPER is true: it has no function that REAPER lacks, and takes and gives as much as REAPER's do."""

from __future__ import annotations

import json
import re
import subprocess
from pathlib import Path

import pytest

from tests.reaper.session import HERE, SCRIPTS

# From REAPER's own documentation of its Lua functions: what is passed and what comes back.
DOCUMENTED = {
    "GetSetMediaItemTakeInfo_String": (4, 2), "GetMediaSourceLength": (1, 2), "PCM_Source_GetSectionInfo": (1, 4),
    "MIDI_InsertNote": (9, 1), "GetTempoTimeSigMarker": (2, 8), "TimeMap_GetTimeSigAtTime": (2, 3),
    "EnumProjects": (1, 2), "EnumProjectMarkers3": (2, 7), "ExecProcess": (2, 1), "GetUserInputs": (4, 2),
    "format_timestr_pos": (3, 1), "GetTakeMarker": (2, 3), "SetTakeMarker": (5, 1), "SetTakeStretchMarker": (4, 1),
    "TrackFX_GetParamName": (3, 2), "MIDI_InsertTextSysexEvt": (6, 1), "AddProjectMarker2": (7, 1),
    "ImGui_Begin": (4, 2), "ImGui_Selectable": (6, 2), "ImGui_BeginCombo": (4, 1), "ImGui_ProgressBar": (5, 0),
    "GetSet_LoopTimeRange2": (6, 2), "MIDI_GetAllEvts": (1, 2), "TimeMap2_timeToBeats": (2, 5),
}  # fmt: skip


def test_each_function_takes_what_reapers_takes() -> None:
    told = subprocess.run(
        ["lua5.4", str(HERE / "truth.lua")], capture_output=True, text=True, check=True
    ).stdout
    rows = [line.split("\t") for line in told.splitlines()]
    assert len(rows) > 80
    assert [row for row in rows if row[1] != row[2]] == []


def test_the_rules_give_what_reapers_documentation_says(tmp_path: Path) -> None:
    code = (
        f'package.path = "{HERE}/?.lua;" .. package.path\n'
        f'local rules = require("fake.signatures").load("{HERE}/reascript_api.tsv", "{HERE}/reaimgui_api.tsv")\n'
        "for _, name in ipairs(arg) do print(name, rules[name].most, rules[name].results) end"
    )
    script = tmp_path / "rules.lua"
    script.write_text(code)
    ran = subprocess.run(["lua5.4", str(script), *DOCUMENTED], capture_output=True, text=True, check=True)
    found = {row[0]: (int(row[1]), int(row[2])) for row in map(str.split, ran.stdout.splitlines())}
    assert found == DOCUMENTED


@pytest.mark.parametrize(
    ("call", "why"),
    [
        ("reaper.NoSuchThing()", "REAPER has no function NoSuchThing"),
        ("reaper.CountTracks(0, 1)", "takes 1 to 1 arguments, not 2"),
        ("reaper.CountTracks()", "takes 1 to 1 arguments, not 0"),
        ("reaper.GetTrack(0, 'one')", "argument 2"),
        ("reaper.GetTrack(0, 0.5)", "must be integer"),
        ("reaper.GetMediaItemInfo_Value(reaper.GetTrack(0, 0), 'D_POSITION')", "must be MediaItem"),
        ("reaper.GetMediaTrackInfo_Value(reaper.GetTrack(0, 0), 'D_NOTHING')", "no such key"),
        ("reaper.Undo_EndBlock2(0, 'x', -1)", "no undo block is open"),
        ("reaper.ExecProcess('curl -d \"a b\" x', -2)", "no shell"),
        ("gfx.circle_of_friends()", "gfx has no"),
    ],
)
def test_what_reaper_would_refuse_is_refused(call: str, why: str, tmp_path: Path) -> None:
    script = tmp_path / "call.lua"
    script.write_text(call)
    session = {
        "project": {"tracks": [{"texts": {"P_NAME": "A"}}]}, "script": str(script),
        "list": str(HERE / "reascript_api.tsv"), "lib": str(SCRIPTS / "lib"),
    }  # fmt: skip
    (tmp_path / "session.json").write_text(json.dumps(session))
    subprocess.run(
        ["lua5.4", str(HERE / "run.lua"), str(tmp_path / "session.json"), str(tmp_path / "result.json")],
        check=True, capture_output=True,
    )  # fmt: skip
    assert why in json.loads((tmp_path / "result.json").read_text())["problem"]


def test_every_function_that_the_scripts_name_is_reapers() -> None:
    listed = {line.split("\t")[0] for line in (HERE / "reascript_api.tsv").read_text().splitlines()}
    listed |= {line.split("\t")[0] for line in (HERE / "reaimgui_api.tsv").read_text().splitlines()}
    listed |= {"defer", "atexit", "get_action_context"}
    used = set()
    for path in SCRIPTS.rglob("*.lua"):
        used |= set(re.findall(r"\breaper\.(\w+)", path.read_text("utf-8")))
    assert used - listed == set()


def test_luacheck_finds_nothing() -> None:
    root = SCRIPTS.parent.parent
    ran = subprocess.run(
        ["luacheck", "-q", "scripts/reaper", "tests/reaper"],
        cwd=root,
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 0, ran.stdout
