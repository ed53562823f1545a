"""docs/reaper.md tells of every action and every option that the scripts have, and of no other."""

from __future__ import annotations

import json
import re
import subprocess
from pathlib import Path
from typing import Any

import pytest

from bridges.reaper.scripts import scripts
from tests.reaper.session import SCRIPTS

DOCS = SCRIPTS.parent.parent / "docs"
OF_ITEMS = ["separate", "midi", "slices", "lyrics", "chain"]
FIELDS = """
package.path = arg[1] .. "/lib/?.lua;" .. package.path
reaper = {
  GetOS = function() return "Other" end, HasExtState = function() return false end,
  get_action_context = function() return false, arg[1] .. "/x.lua" end,
}
local action, json = require("actions." .. arg[2]), require("json")
local fields = action.fields()
fields[#fields + 1] = require("folder").field()
print(json.encode({ title = action.title, fields = fields }))
"""


def section(title: str) -> str:
    """What stands below a heading of the page."""
    text = (DOCS / "reaper.md").read_text("utf-8")
    found = re.search(rf"^## {re.escape(title)}\n(.*?)(?=^## |\Z)", text, re.MULTILINE | re.DOTALL)
    assert found, f"the page has no {title!r}"
    return found.group(1)


def options(title: str) -> list[str]:
    rows = [line.split("|")[1].strip() for line in section(title).splitlines() if line.startswith("|")]
    return [row for row in rows if row != "option" and row.strip("-")]


def told_by(action: str, tmp_path: Path) -> dict[str, Any]:
    """Title and fields of an action, by its own script."""
    script = tmp_path / "fields.lua"
    script.write_text(FIELDS)
    ran = subprocess.run(["lua5.4", str(script), str(SCRIPTS), action], capture_output=True, check=True)
    return dict(json.loads(ran.stdout))


def test_every_action_has_its_section() -> None:
    actions = [each.description for each in scripts() if each.description]
    assert len(actions) == 9 and "Jobs" in actions
    assert all(section(each) for each in actions)


@pytest.mark.parametrize("action", OF_ITEMS)
def test_the_options_are_those_of_the_panel(action: str, tmp_path: Path) -> None:
    told = told_by(action, tmp_path)
    assert [*options(told["title"]), *options("In every panel")] == [each["label"] for each in told["fields"]]


def test_the_picture_is_of_the_panel_as_it_is(tmp_path: Path) -> None:
    told = told_by("separate", tmp_path)
    picture = (DOCS / "pictures" / "reaper-panel.svg").read_text("utf-8")
    texts = re.findall(r">([^<]*)</text>", picture)
    for field in told["fields"]:
        assert field["label"] in texts and f"&lt; {field['values'][0]} &gt;" in texts
    assert told["title"] in texts


def test_without_a_daemon_the_panel_offers_the_shipped_chains(tmp_path: Path) -> None:
    offered = next(each for each in told_by("chain", tmp_path)["fields"] if each["id"] == "chain")
    shipped = (SCRIPTS.parent.parent / "daemon" / "chains" / "presets").glob("*.toml")
    assert offered["values"] == sorted(each.stem for each in shipped)
