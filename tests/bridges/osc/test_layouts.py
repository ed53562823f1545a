"""The layouts for control surfaces, read by others than what wrote them, and pressed on a whole daemon."""

from __future__ import annotations

import json
import xml.etree.ElementTree as ET
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from pythonosc.osc_message_builder import OscMessageBuilder

from bridges.osc.addresses import ADDRESSES
from bridges.osc.layouts import open_stage, surface, touchosc
from bridges.osc.namespace import Namespace
from daemon.kernel.errors import BadParameter
from tests.bridges.osc.conftest import Heard, Stage

RECIPES = ("light", "samples", "stems")


@pytest.fixture(scope="module")
def pages() -> tuple[surface.Page, ...]:
    return surface.pages(RECIPES)


def widgets(node: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield node
    for inner in (*node.get("tabs", ()), *node.get("widgets", ())):
        yield from widgets(inner)


def session(pages: tuple[surface.Page, ...], port: int = 7701) -> list[dict[str, Any]]:
    saved = json.loads(open_stage.session(pages, f"127.0.0.1:{port}"))
    assert saved["type"] == "session" and saved["content"]["type"] == "root"
    return list(widgets(saved["content"]))


@pytest.mark.parametrize(
    "wrong",
    [
        surface.Press("x", "/roadie/nonsense"), surface.Press("x", "/roadie/pong"),
        surface.Press("x", "/roadie/search", (1.0, 2.0)), surface.Press("x", "/roadie/search", ("kick", 1000.0)),
        surface.Shown("/roadie/ping"), surface.Shown("/roadie/pad/name", (36.0,)),
        surface.Shown("/roadie/kit/done", ("",)),
        surface.Bar("/roadie/slot/1/name"), surface.Entry("x", "/roadie/search"),
    ],
)  # fmt: skip
def test_a_control_that_cannot_work_is_found(wrong: surface.Control, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(surface, "_sounds", lambda: surface.Page("p", ((surface.Cell(wrong),),)))
    with pytest.raises(BadParameter):
        surface.pages(RECIPES)


def test_it_has_everything_that_a_surface_is_for(pages: tuple[surface.Page, ...]):
    bound = {each.address for each in surface.controls(pages) if not isinstance(each, surface.Caption)}
    wanted = {f"/roadie/selected/run/{name}" for name in RECIPES} | {
        "/roadie/selection",
        "/roadie/pad",
        "/roadie/error/text",
    }
    for number in range(1, 9):
        wanted |= {
            f"/roadie/slot/{number}/{name}" for name in ("name", "state", "progress", "audition", "cancel")
        }
        wanted |= {f"/roadie/hit/{number}/{name}" for name in ("name", "audition", "select")}
    assert wanted <= bound


def test_the_session_of_open_stage_control_is_whole(pages: tuple[surface.Page, ...]):
    found = session(pages)
    ids = [each["id"] for each in found]
    assert len(set(ids)) == len(ids)  # two of one id would move together
    for each in found:
        assert "widgets" not in each or "tabs" not in each  # the program takes one of them
        if each["type"] == "button":
            sent = [*each["preArgs"], each["on"]]
            assert len(each["typeTags"]) == len(sent) and each["mode"] == "tap"  # no message when it is let go
        if each["type"] in ("text", "fader"):
            assert each["bypass"]  # never sends
        if each["type"] == "panel":
            assert sum(float(inner["width"].rstrip("%")) for inner in each["widgets"]) == pytest.approx(
                100, abs=0.1
            )


def test_the_touchosc_layout_is_xml_whose_messages_are_of_the_table(pages: tuple[surface.Page, ...]):
    data = touchosc.layout(pages)
    again = touchosc.layout(surface.pages(RECIPES))
    assert data == again, "made again it is the same, so an update changes nothing"
    root = ET.fromstring(zlib.decompress(data))
    assert root.tag == "lexml"
    space = Namespace(ADDRESSES)
    space.know(RECIPES)
    messages = list(root.iter("osc"))
    bound = [each for each in surface.controls(pages) if not isinstance(each, surface.Caption)]
    assert len(messages) == len(bound)
    for found, control in zip(messages, bound, strict=True):
        path, arguments = found.find("path"), found.find("arguments")
        assert path is not None and arguments is not None
        assert "".join(each.findtext("value", "") for each in path) == control.address
        assert len(space.find(control.address)) == 1
        sends = isinstance(control, surface.Press | surface.Entry)
        assert (found.findtext("send"), found.findtext("receive")) == (("1", "0") if sends else ("0", "1"))
        if isinstance(control, surface.Press):
            sent = [(each.findtext("type"), each.findtext("value")) for each in arguments]
            shown = [value if isinstance(value, str) else f"{value:g}" for value in control.args]
            assert sent == [("CONSTANT", value) for value in shown]
            assert [each.findtext("condition") for each in found.iter("trigger")] == ["RISE"]
    script = next(each for each in root.iter("property") if each.findtext("key") == "script")
    assert "/roadie/subscribe" in (script.findtext("value") or "")


@pytest.mark.asyncio(loop_scope="module")
async def test_the_session_runs_a_job_and_shows_it(staged: Stage):
    """What the program does with it, in small: sends what a button says, shows what matches address and arguments."""
    made = session(surface.pages(RECIPES), staged.port)
    ear = staged.surface()
    ear.send("/roadie/subscribe", 0, 60)
    song = staged.song("surface.wav")
    ear.send("/roadie/select", str(song))
    heard = await ear.until("/roadie/selection", str(song))
    (button,) = [each for each in made if each["type"] == "button" and each["label"] == "light"]
    _press(button, ear)
    heard += await ear.until("/roadie/job/state", "done")
    heard += await ear.silence(0.3)
    shown = {
        each["address"]: _shown(each, heard)
        for each in made
        if each["type"] in ("text", "fader") and "address" in each
    }
    (slot,) = [address for address, value in shown.items() if value == ["light: surface.wav"]]
    assert shown[slot.replace("name", "state")] == ["done"] and shown[slot.replace("name", "progress")] == [1.0]
    assert shown["/roadie/selection"] == [str(song)]

    (search,) = [each for each in made if each["type"] == "button" and each["label"] == "kick"]
    _press(search, ear)
    await ear.until("/roadie/search/done")


def _press(button: dict[str, Any], surface_: Any) -> None:
    builder = OscMessageBuilder(button["address"])
    for value, tag in zip([*button["preArgs"], button["on"]], button["typeTags"], strict=True):
        builder.add_arg(value, tag)
    surface_.send_raw(bytes(builder.build().dgram))


def _shown(widget: dict[str, Any], heard: list[Heard]) -> list[Any]:
    before = widget.get("preArgs", [])
    matching = [
        each.args[len(before) :]
        for each in heard
        if each.address == widget["address"] and each.args[: len(before)] == before
    ]
    return matching[-1] if matching else []


def test_installed_twice_nothing_changes_and_uninstall_takes_it_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    from daemon.cli.root import run_line

    monkeypatch.setenv("ROADIE_HOME", str(tmp_path / "home"))
    mine = tmp_path / "home" / "recipes" / "mine.toml"
    mine.parent.mkdir(parents=True)
    mine.write_text('name = "mine"\n[[step]]\nid = "slices"\nuse = "slice"\nfrom = "input"\n')
    out = tmp_path / "surfaces"
    assert run_line(["install", "osc-layouts", "--to", str(out)]) == 0
    files = {path.name: path.read_bytes() for path in out.iterdir()}
    assert set(files) == {"roadie.json", "roadie.tosc"}
    assert b"/roadie/selected/run/mine" in files["roadie.json"] and b"127.0.0.1:7701" in files["roadie.json"]
    assert b"/roadie/selected/run/mine" in zlib.decompress(files["roadie.tosc"])
    assert run_line(["install", "osc-layouts", "--to", str(out)]) == 0
    assert {path.name: path.read_bytes() for path in out.iterdir()} == files
    assert run_line(["uninstall", "osc-layouts"]) == 0
    assert not out.exists()


def test_a_layout_is_not_made_for_the_port_of_one_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    from daemon.cli.root import run_line

    monkeypatch.setenv("ROADIE_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("ROADIE_OSC_PORT", "0")
    out = tmp_path / "surfaces"
    assert run_line(["install", "osc-layouts", "--to", str(out)]) != 0
    assert "roadie config set osc.port 7701" in capsys.readouterr().err and not out.exists()
