"""The ReaPack index: made from the real headers, held to ReaPack's rules."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from bridges.reaper import reapack
from bridges.reaper.scripts import scripts, source_folder
from daemon.kernel.errors import BadParameter

AT = datetime(2026, 11, 25, 12, 0, tzinfo=UTC)
URL = "https://example.org/raw/roadie"
HEADER = "-- @description A\n-- @version 1.0\n-- @author me\n-- @provides\n--   [nomain] lib/*.lua\n\nlocal x\n"


def made() -> ET.Element:
    return ET.fromstring(reapack.index(source_folder(), URL, "abc123", AT))


def test_the_package_has_every_script_and_every_action_in_the_action_list() -> None:
    (pack,) = made().iter("reapack")
    sources = {each.get("file", pack.get("name")): each for each in pack.iter("source")}
    wanted = {each.name: each.description for each in scripts()}
    assert set(sources) == set(wanted)
    assert {name for name, each in sources.items() if each.get("main")} == {
        name for name, description in wanted.items() if description is not None
    }
    for name, each in sources.items():
        assert each.text == f"{URL}/abc123/scripts/reaper/{name}"
    version = pack.find("version")
    assert version is not None and version.attrib == {
        "name": "0.1.0",
        "author": "roadie",
        "time": "2026-11-25T12:00:00Z",
    }


def test_a_header_is_read_to_its_end_and_no_further() -> None:
    tags = reapack.header(
        "-- @description A b\n-- @About\n--   # T\n--   two\n-- @noindex\nlocal x\n-- @version 9\n"
    )
    assert tags == {"description": "A b", "about": "\n# T\ntwo", "noindex": ""}


@pytest.mark.parametrize(
    ("header", "why"),
    [
        (HEADER.replace("1.0", "v1"), "@version"), (HEADER.replace("1.0", "1.70000"), "@version"),
        (HEADER.replace("lib/*.lua", "nothing/*.lua"), "names no file"),
    ],
)  # fmt: skip
def test_what_reapack_would_refuse_is_refused(header: str, why: str, tmp_path: Path) -> None:
    (tmp_path / "lib").mkdir()
    (tmp_path / "lib" / "a.lua").touch()
    (tmp_path / "a.lua").write_text(header)
    with pytest.raises(BadParameter, match=why):
        reapack.index(tmp_path, URL, "abc", AT)


@pytest.mark.parametrize(
    ("old", "new", "why"),
    [
        ('type="script"', 'type="sript"', "known type"), ('name="roadie_jobs.lua"', 'name="a/b.lua"', "legal name"),
        ('main="main"', 'main="sub"', "section"), ("https://", "file://", "https"), ("Z\"", "\"", "ISO"),
        ('file="lib/json.lua"', 'file="../json.lua"', "stays"), ('file="lib/http.lua"', 'file="lib/json.lua"', "twice"),
    ],
)  # fmt: skip
def test_each_rule_is_looked_at(old: str, new: str, why: str) -> None:
    text = ET.tostring(made(), "unicode")
    assert old in text
    with pytest.raises(BadParameter, match=why):
        reapack.check(text.replace(old, new))
