"""Every action that writes or tells something, done by a rule in the real daemon, and judged from outside."""

from __future__ import annotations

import http.server
import json
import socket
import subprocess
import threading
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile
from pythonosc.osc_message import OscMessage

from tests.recovery.house import House, write_song


class Ruled(House):
    def rule(self, name: str, then: str, when: str = 'event = "trigger"', more: str = "") -> None:
        text = f'name = "{name}"\nenabled = true\n{more}\n[when]\n{when}\n{then}\n'
        self.ask("PUT", f"/rules/{name}", {"text": text})

    def asked(self, name: str, path: Path) -> dict[str, Any]:
        """Ask a rule about a file, and wait for the run's end."""
        before = {run["id"] for run in self.runs(name)}
        self.ask("POST", f"/rules/{name}/trigger", {"path": str(path)})
        return self.ended(name, before)

    def runs(self, name: str) -> list[dict[str, Any]]:
        return self.ask("GET", f"/rule-runs?rule={name}&limit=1000")["items"]

    def ended(self, name: str, before: set[str]) -> dict[str, Any]:
        deadline = time.monotonic() + 150
        while time.monotonic() < deadline:
            for run in self.runs(name):
                if run["id"] not in before and run["state"] not in ("pending", "running"):
                    return run
            time.sleep(0.1)
        raise AssertionError(f"{name} did not end: {self.runs(name)}\n{self._log.read_text()[-2000:]}")


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ruled]:
    made = Ruled(tmp_path_factory.mktemp("house"))
    made.start()
    assert made.up()
    yield made
    made.stop()


def test_convert_keeps_every_sample(house: Ruled, tmp_path: Path) -> None:
    house.rule("to-flac", '[[then]]\nconvert = { container = "flac", depth = "pcm16" }')
    song = write_song(tmp_path / "song.wav", seed=11)
    run = house.asked("to-flac", song)
    assert run["state"] == "done", run
    # ffmpeg is the judge: both decode to the same 16-bit samples
    made = [_decoded(path) for path in (song, tmp_path / "song.flac")]
    assert made[0] == made[1]
    undone = house.ask("POST", f"/rule-runs/{run['id']}/undo")
    assert undone["removed"] == [str(tmp_path / "song.flac")]
    assert [path.name for path in tmp_path.iterdir() if path.is_file()] == ["song.wav"]


def _decoded(path: Path) -> bytes:
    command = ["ffmpeg", "-v", "error", "-i", str(path), "-f", "s16le", "-"]
    return subprocess.run(command, capture_output=True, check=True).stdout


def test_a_chain_renders_into_the_folder_that_the_rule_names(house: Ruled, tmp_path: Path) -> None:
    house.rule("louder", '[[then]]\nchain = "telephone"\nfolder = "{folder}/{name} done"')
    song = write_song(tmp_path / "song.wav", seed=12)
    run = house.asked("louder", song)
    assert run["state"] == "done", run
    audio, rate = soundfile.read(tmp_path / "song done" / "song.wav")
    dry, _ = soundfile.read(song)
    assert (rate, len(audio)) == (44100, len(dry))
    assert not np.allclose(audio, dry, atol=1e-3)


def test_deliver_goes_through_the_target_and_can_be_undone(house: Ruled, tmp_path: Path) -> None:
    house.rule("hand-over", f'[[then]]\ndeliver = "folder"\nfolder = "{tmp_path}/given"\nlayout = "{{kind}}"')
    song = write_song(tmp_path / "song.wav", seed=13)
    run = house.asked("hand-over", song)
    assert run["state"] == "done", run
    assert (tmp_path / "given" / "One-Shots" / "song.wav").read_bytes() == song.read_bytes()
    told = json.loads((tmp_path / "given" / "One-Shots" / "roadie.json").read_text())
    assert list(told["files"]) == ["song.wav"]
    house.ask("POST", f"/rule-runs/{run['id']}/undo")
    assert not (tmp_path / "given").exists()


def test_tags_go_into_the_file_when_a_rule_asks_and_come_out_again(house: Ruled, tmp_path: Path) -> None:
    house.rule("say-it", '[[then]]\nrun = "describe"\n[[then]]\nwrite_tags = "fill"')
    song = write_song(tmp_path / "song.wav", seed=14)
    before = song.read_bytes()
    asset = house.asked("say-it", song)["subjects"][0]["asset"]
    run = house.runs("say-it")[0]
    assert run["state"] == "done", run
    assert house.ask("GET", f"/assets/{asset}")["meta"]["lufs"] < 0, "what a job learnt reached the library"
    undone = house.ask("POST", f"/rule-runs/{run['id']}/undo")
    assert (undone["removed"], undone["files"], undone["kept"]) == ([], [str(song)], [])
    assert song.read_bytes() == before


def test_http_and_osc_are_told_on_this_machine(house: Ruled, tmp_path: Path) -> None:
    got: list[tuple[str, Any, str | None]] = []

    class Hook(http.server.BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            got.append((self.path, json.loads(body), self.headers["Idempotency-Key"]))
            self.send_response(200 if self.path == "/hook" else 302)
            self.send_header("Location", "http://127.0.0.1:1/elsewhere")
            self.end_headers()

        def log_message(self, *_: object) -> None: ...

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Hook)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    listener = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    listener.bind(("127.0.0.1", 0))
    listener.settimeout(20)
    port, osc = server.server_port, listener.getsockname()[1]
    try:
        house.rule(
            "tell",
            f'[[then]]\nnotify = {{ http = "http://127.0.0.1:{port}/hook" }}\n'
            f'[[then]]\nnotify = {{ osc = "127.0.0.1:{osc}", address = "/roadie/new" }}',
        )
        song = write_song(tmp_path / "song.wav", seed=15)
        run = house.asked("tell", song)
        assert run["state"] == "done", run
        [(path, body, key)] = got
        assert (path, body["rule"], body["paths"]) == ("/hook", "tell", [str(song)])
        assert key is not None and key.startswith(run["id"])
        message = OscMessage(listener.recv(4096))
        assert (message.address, message.params) == ("/roadie/new", ["tell", str(song)])

        house.rule("tell-off", f'[[then]]\nnotify = {{ http = "http://127.0.0.1:{port}/moved" }}')
        run = house.asked("tell-off", song)
        assert run["state"] == "failed"
        assert "HTTP 302" in run["error"], "a redirect could lead off this machine"
    finally:
        server.shutdown()
        listener.close()


def test_a_job_that_is_done_sets_a_rule_off_for_what_it_made(house: Ruled, tmp_path: Path) -> None:
    house.rule(
        "keep-stems",
        '[if]\nall = [ { recipe = "stems" }, { stem = ["bass", "vocals"] } ]\n[[then]]\ncollect = "Parts"',
        when='event = "job.done"\neach = "result"',
    )  # fmt: skip
    song = write_song(tmp_path / "song.wav", seed=16)
    house.out = tmp_path / "out"
    house.wait(house.submit(song, "stems-16", "stems"))
    run = house.ended("keep-stems", set())
    assert sorted(Path(each["path"]).name for each in run["subjects"]) == [
        "song - bass.wav",
        "song - vocals.wav",
    ]
    [parts] = [each for each in house.ask("GET", "/collections")["items"] if each["name"] == "Parts"]
    assert len(parts["assets"]) == 2


def test_the_first_of_two_rules_stops_the_second_and_off_means_off(house: Ruled, tmp_path: Path) -> None:
    event = 'event = "asset.tagged"'
    test = '[if]\ntag = "sort-me"\n'
    house.rule("a-low", f'{test}[[then]]\ntag = "low"', event)
    house.rule("b-high", f'{test}[[then]]\ntag = "high"', event, "priority = 5\nstop = true")
    house.rule("c-off", f'{test}[[then]]\ntag = "off"', event, "priority = 9")
    house.ask("PUT", "/rules/c-off", {"enabled": False})
    song = write_song(tmp_path / "song.wav", seed=17)
    house.rule("known", '[[then]]\ntag = "known"')
    asset = house.asked("known", song)["subjects"][0]["asset"]
    house.ask("PATCH", f"/assets/{asset}", {"tags": ["sort-me"]})
    house.ended("b-high", set())
    time.sleep(0.5)
    assert house.runs("a-low") == []
    assert house.runs("c-off") == []


def test_a_file_that_a_project_uses_is_not_moved(house: Ruled, tmp_path: Path) -> None:
    song = write_song(tmp_path / "song.wav", seed=18)
    project = tmp_path / "mix.rpp"
    project.write_text(
        '<REAPER_PROJECT 0.1 "7.0" 1\n  <TRACK\n    <ITEM\n      POSITION 0\n      LENGTH 1\n'
        f'      <SOURCE WAVE\n        FILE "{song}"\n      >\n    >\n  >\n>\n'
    )
    house.ask("POST", "/projects", {"path": str(project)})
    house.rule("away", f'[[then]]\nmove = "{tmp_path}/away"')
    run = house.asked("away", song)
    assert run["state"] == "failed"
    assert "a project uses this file" in run["error"]
    assert song.is_file()


def test_whoever_asks_a_rule_about_a_file_is_told_whether_it_answers(house: Ruled, tmp_path: Path) -> None:
    """A file that nobody has scanned: it is heard first, as one that comes into a watched folder."""
    rate = 44100
    beat = np.exp(-np.arange(rate // 2) / (0.02 * rate)) * np.sin(2 * np.pi * 60 * np.arange(rate // 2) / rate)
    hit, loop = tmp_path / "kick.wav", tmp_path / "kick loop 120bpm.wav"
    soundfile.write(hit, 0.7 * beat, rate)
    soundfile.write(loop, 0.7 * np.tile(beat, 16), rate)
    house.rule("loops", '[if]\nkind = "loop"\n[[then]]\ntag = "asked"')
    no = house.ask("POST", "/rules/loops/trigger", {"path": str(hit)})
    assert (no["matches"], no["because"]) == (False, ["kind is one-shot, not loop"])
    yes = house.ask("POST", "/rules/loops/trigger", {"path": str(loop)})
    assert (yes["matches"], yes["because"]) == (True, ["kind is loop"])
    run = house.ended("loops", set())
    assert [each["asset"] for each in run["subjects"]] == [yes["asset"]]
    assert len(house.runs("loops")) == 1


@pytest.mark.parametrize(
    ("params", "says"),
    [
        ('{ seperate = { model = "builtin" } }', "Did you mean 'separate'?"),
        ('{ separate = { modle = "builtin" } }', "separate has no parameter 'modle'"),
        ("{ separate = { shifts = 1000 } }", "a parameter of separate is wrong"),
    ],
)
def test_parameters_that_a_recipe_does_not_take_are_refused_with_their_line(
    house: Ruled, params: str, says: str
) -> None:
    text = f'name = "x"\n[when]\nevent = "trigger"\n[[then]]\nrun = "stems"\nparams = {params}\n'
    refused = house.refused("PUT", "/rules/x", {"text": text})
    assert refused["code"] == "bad_rule"
    assert "line 6" in refused["detail"] and says in refused["detail"]


def test_openapi_tells_of_rules(house: Ruled) -> None:
    runtime = json.loads((house.home / "runtime.json").read_text())
    token = Path(runtime["token_file"]).read_text().strip()
    request = urllib.request.Request(
        f"http://{runtime['http_host']}:{runtime['http_port']}/api/v1/openapi.json",
        headers={"Authorization": f"Bearer {token}"},
    )
    paths = json.loads(urllib.request.urlopen(request, timeout=20).read())["paths"]
    assert {"/api/v1/rules/{name}", "/api/v1/rules/dry-run", "/api/v1/rule-runs/{id}/undo"} <= set(paths)
