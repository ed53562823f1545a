"""`roadie insert`: the real command and daemon, and the real action in the fake REAPER, whose web interface and OSC are
played here as REAPER's public sources (csurf_www.cpp, csurf_osc.cpp) have them.
"""

from __future__ import annotations

import base64
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from pythonosc.osc_message import OscMessage

from bridges.reaper.scripts import scripts
from bridges.reaper.surfaces import Osc, Web, switched_on
from daemon.cli.root import run_line
from tests.reaper.session import Ended, Reaper, track
from tests.recovery.house import House

INSERT = next(f"_{each.command_id}" for each in scripts() if each.name == "roadie_insert.lua")
USER = "me:secret"


class Www:
    """REAPER's web interface: commands between semicolons; an action, or a stored text."""

    def __init__(self, reaper: Reaper) -> None:
        self.reaper = reaper
        self.ended: list[Ended] = []
        self.stored = ""

    def command(self, text: str) -> str:
        if text == INSERT:
            threading.Thread(target=self._insert).start()  # a script goes on by itself
            return ""
        assert text == "GET/EXTSTATE/roadie/inserted"
        return f"EXTSTATE\troadie\tinserted\t{self.stored}\n"

    def _insert(self) -> None:
        before = {"tracks": [track("A"), track("B", I_SELECTED=1)]}
        self.ended.append(self.reaper.run("insert", before, answers=[1], cursor=2.25))
        self.stored = self.ended[-1].told["roadie/inserted"]

    @contextmanager
    def serving(self) -> Iterator[int]:
        www = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                if self.headers.get("Authorization") != "Basic " + base64.b64encode(USER.encode()).decode():
                    self.send_error(401)
                    return
                content = "".join(map(www.command, self.path.removeprefix("/_/").split(";"))).encode()
                self.send_response(200)
                self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)

            def log_message(self, format: str, *args: object) -> None:
                pass

        with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
            thread = threading.Thread(target=server.serve_forever, daemon=True)
            thread.start()
            yield server.server_port
            server.shutdown()


@pytest.fixture
def resources(daemon: House, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A REAPER that roadie is installed in."""
    monkeypatch.setenv("ROADIE_HOME", str(daemon.home))
    folder = tmp_path / "REAPER"
    folder.mkdir()
    (folder / "reaper.ini").write_text("[REAPER]\n")
    assert run_line(["install", "reaper", "--to", str(folder)]) == 0
    yield folder
    assert run_line(["uninstall", "reaper", "--to", str(folder)]) == 0


def told(capsys: pytest.CaptureFixture[str], sound: Path) -> tuple[int, str]:
    capsys.readouterr()
    code = run_line(["insert", str(sound)])
    shown = capsys.readouterr()
    return code, shown.out + shown.err


def test_a_sound_is_inserted_through_the_web_interface(
    resources: Path, daemon: House, song: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    www = Www(Reaper(tmp_path / "session", daemon.home))
    with www.serving() as port:
        (resources / "reaper.ini").write_text(
            f"[REAPER]\ncsurf_0=HTTP 0 {port} '{USER}' 'index.html' 0 ''\ncsurf_cnt=1\n"
        )
        code, shown = told(capsys, song)
    assert (code, shown) == (0, f"{song.name} is at REAPER's edit cursor\n")
    (ended,) = www.ended
    (made,) = ended.track("B")["items"]
    assert made["takes"][0]["source"]["file"] == str(song)
    assert (made["values"]["D_POSITION"], made["values"]["D_LENGTH"]) == (2.25, pytest.approx(8.0))
    assert [point["text"] for point in ended.undo] == [f"roadie: insert {song.stem}"]


def test_osc_is_told_the_same_action(resources: Path, song: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as listening:
        listening.bind(("127.0.0.1", 0))
        listening.settimeout(10)
        port = listening.getsockname()[1]
        (resources / "reaper.ini").write_text(
            f'[REAPER]\ncsurf_cnt=1\ncsurf_0=OSC "roadie" 1 {port} "127.0.0.1" 9000 1024 10 ""\n'
        )
        code, shown = told(capsys, song)
        assert code == 0 and "was asked" in shown
        message = OscMessage(listening.recv(4096))
    assert (message.address, message.params) == ("/action", [INSERT])


def test_what_is_missing_is_said(resources: Path, song: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, shown = told(capsys, song)
    assert code != 0 and "switched on" in shown and "Control/OSC/web" in shown
    with socket.socket() as taken:  # bound, and nobody answers
        taken.bind(("127.0.0.1", 0))
        (resources / "reaper.ini").write_text(
            f"[REAPER]\ncsurf_cnt=1\ncsurf_0=HTTP 0 {taken.getsockname()[1]} '' 'index.html' 0 ''\n"
        )
        code, shown = told(capsys, song)
    assert code != 0 and "does not answer" in shown


def test_the_action_without_a_selection_says_so(daemon: House, tmp_path: Path) -> None:
    daemon.ask("PUT", "/selection", {})
    ended = Reaper(tmp_path / "session", daemon.home).run("insert", {"tracks": []}, answers=[1])
    assert "nothing is selected in roadie" in ended.messages[0]["text"] and ended.undo == []


def test_no_track_selected_makes_one(daemon: House, song: Path, tmp_path: Path) -> None:
    daemon.ask("PUT", "/selection", {"path": str(song)})
    ended = Reaper(tmp_path / "session", daemon.home).run("insert", {"tracks": [track("A")]}, cursor=1.0)
    assert ended.names == ["A", song.stem] and ended.unblocked == 0
    assert ended.track(song.stem)["items"][0]["values"]["D_POSITION"] == 1.0


@pytest.mark.parametrize(
    ("ini", "wanted"),
    [
        # As REAPER's own sources and SWS write and read these lines.
        ("[REAPER]\ncsurf_cnt=1\ncsurf_0=HTTP 0 2307 '' 'index.html' 0 ''\n", [Web(2307)]),
        ("[reaper]\r\ncsurf_cnt=1\r\ncsurf_0=HTTP 0 0 'a b:c' 'x.html' 0 ''\r\n", [Web(8080, "a b:c")]),
        ("[REAPER]\ncsurf_cnt=1\ncsurf_0=HTTP 1 8080 '' 'index.html' 0 ''\n", []),  # switched off
        ('[REAPER]\ncsurf_cnt=1\ncsurf_0=OSC "n" 3 8000 "192.168.1.76" 9109 1024 10 "l"\n', [Osc(8000)]),
        ('[REAPER]\ncsurf_cnt=1\ncsurf_0=OSC "n" 2 8000 "192.168.1.76" 9109 1024 10 "l"\n', []),  # only sends
        ("[REAPER]\ncsurf_cnt=2\ncsurf_0=OSC \"\" 1 7 \"\" 9\ncsurf_1=HTTP 0 8081 ''\n", [Web(8081), Osc(7)]),
        ("[REAPER]\ncsurf_cnt=1\ncsurf_0=MCU 0 9 0\ncsurf_1=HTTP 0 8081 ''\n", []),  # beyond the count
        ("[other]\ncsurf_cnt=1\ncsurf_0=HTTP 0 8081 ''\n", []),
    ],
)  # fmt: skip
def test_what_is_switched_on_is_read_from_reapers_settings(ini: str, wanted: list[Web | Osc]) -> None:
    assert switched_on(ini.encode()) == wanted
