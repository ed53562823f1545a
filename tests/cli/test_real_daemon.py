"""The command line with the real daemon: the running one, and one of its own."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest
import soundfile

from tests.cli.conftest import Ran
from tests.recovery.house import House, write_song

Roadie = Callable[..., Ran]
ROADIE = [sys.executable, "-m", "daemon.cli"]


def until(true: Callable[[], object], timeout_s: float = 30.0) -> None:
    deadline = time.monotonic() + timeout_s
    while not true():
        assert time.monotonic() < deadline, "it did not come to pass"
        time.sleep(0.02)


def runtime(house: House) -> dict[str, object]:
    return json.loads((house.home / "runtime.json").read_text())


# ---------------------------------------------------------------- a daemon of the command's own


def test_a_command_starts_a_daemon_and_ends_it_again(cold: House, roadie: Roadie) -> None:
    ran = roadie("recipes", "--json")
    assert ran.code == 0, ran.err
    assert {"stems", "samples", "midi", "lyrics", "full", "light"} <= {
        each["name"] for each in json.loads(ran.out)
    }
    assert not (cold.home / "runtime.json").exists()


def test_run_delivers_and_tells(cold: House, tmp_path: Path, roadie: Roadie) -> None:
    song = write_song(tmp_path / "song.wav", 1)
    ran = roadie("run", "light", song, "--out", tmp_path / "there")
    assert ran.code == 0, ran.err
    written = sorted(path.name for path in (tmp_path / "there").rglob("*.wav"))
    assert written
    assert all(name in ran.out for name in written)
    assert "done" in ran.err


def test_a_wrong_parameter_is_2(cold: House, tmp_path: Path, roadie: Roadie) -> None:
    ran = roadie("run", "light", write_song(tmp_path / "s.wav", 1), "--set", "slice.min_lenght_s=1")
    assert ran.code == 2
    assert "min_lenght_s" in ran.err


def test_no_wait_wants_a_daemon_that_stays(cold: House, tmp_path: Path, roadie: Roadie) -> None:
    ran = roadie("run", "light", write_song(tmp_path / "s.wav", 1), "--no-wait")
    assert ran.code == 2
    assert "roadie serve" in ran.err


@pytest.mark.skipif(os.name != "posix", reason="needs SIGINT to one process")
def test_ctrl_c_cancels_the_job_of_a_daemon_of_its_own(cold: House, tmp_path: Path, roadie: Roadie) -> None:
    song = write_song(tmp_path / "long.wav", 1, hits=1)
    _repeat(song, 300)
    held = signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell's background jobs ignore it
    running = subprocess.Popen([*ROADIE, "run", "light", str(song)], stderr=subprocess.PIPE, text=True)
    signal.signal(signal.SIGINT, held)
    assert running.stderr is not None
    for line in running.stderr:
        if "running" in line:
            break
    running.send_signal(signal.SIGINT)
    told = running.stderr.read()
    assert running.wait(60) == 130
    assert "Cancelled the job" in told
    listed = roadie("jobs", "--json")
    assert listed.code == 0, listed.err
    assert json.loads(listed.out)[0]["state"] == "cancelled"


@pytest.mark.skipif(os.name != "posix", reason="needs SIGKILL")
def test_a_daemon_of_its_own_ends_when_the_command_is_killed(cold: House, roadie: Roadie) -> None:
    script = (
        "import os, time\n"
        "from daemon.cli.session import session\n"
        "with session(os.environ): print('up', flush=True); time.sleep(600)\n"
    )
    command = subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE)
    assert command.stdout is not None
    assert command.stdout.readline() == b"up\n"
    pid = int(str(runtime(cold)["pid"]))
    command.kill()
    command.wait()
    until(lambda: not psutil.pid_exists(pid))


def test_a_daemon_that_cannot_start_says_why(cold: House, roadie: Roadie) -> None:
    (cold.home / "roadie.db").mkdir()
    ran = roadie("jobs")
    assert ran.code == 1
    assert "did not start" in ran.err and "roadie.db" in ran.err
    assert "Traceback" not in ran.err and "Fatal" not in ran.err


# ---------------------------------------------------------------- the running daemon


def test_run_uses_the_running_daemon(warm: House, tmp_path: Path, roadie: Roadie) -> None:
    ran = roadie("run", "light", write_song(tmp_path / "song.wav", 1), "--no-wait")
    assert ran.code == 0, ran.err
    assert warm.wait(ran.out.strip())["state"] == "done"
    undone = roadie("jobs", "undo", ran.out.strip())
    assert undone.code == 0
    assert warm.delivered() == {}


def test_a_recipe_that_is_not_there_is_told_before_a_key_is_asked_for(warm: House, roadie: Roadie) -> None:
    ran = roadie("midi", "learn", "run nope")
    assert ran.code == 2 and "there is no recipe 'nope'" in ran.err
    assert "Press the key" not in ran.err + ran.out


def test_keys_are_forgotten_also_where_their_recipes_have_gone(warm: House, roadie: Roadie) -> None:
    recipe = (warm.home / "recipes" / "light.toml").read_text()
    for name in ("one", "two"):
        (warm.home / "recipes" / f"{name}.toml").write_text(recipe.replace('"light"', f'"{name}"'))
    bound = {"note 1 1": "run one", "note 1 2": "run two", "note 1 3": "next"}
    warm.ask("PUT", "/midi", {"bindings": [{"on": on, "do": do} for on, do in bound.items()]})
    for name in ("one", "two"):
        (warm.home / "recipes" / f"{name}.toml").unlink()
    listed = roadie("midi", "list").out
    assert "run one (there is no recipe 'one')" in listed and "run two (there is no recipe 'two')" in listed
    assert next(line for line in listed.splitlines() if line.startswith("note 1 3")).rstrip().endswith("next")
    for key in ("note 1 3", "note 1 1"):
        ran = roadie("midi", "forget", key)
        assert ran.code == 0, ran.err
    left = warm.ask("GET", "/midi")
    assert left["bindings"] == [{"on": "note 1 2", "do": "run two"}]
    assert left["problems"] == {"note 1 2": "there is no recipe 'two'"}


def test_a_second_one_on_the_home_names_the_first(warm: House, roadie: Roadie) -> None:
    ran = roadie("serve", "--port", "0")
    told = runtime(warm)
    assert ran.code == 1
    assert str(told["pid"]) in ran.err and str(told["http_port"]) in ran.err


def test_a_library_is_scanned_searched_tagged_and_exported(warm: House, tmp_path: Path, roadie: Roadie) -> None:
    for seed in (1, 2):
        write_song(tmp_path / "sounds" / f"bang {seed}.wav", seed)
    write_song(tmp_path / "sounds" / "bang 1 again.wav", 1)
    assert roadie("library", "scan", tmp_path / "sounds").code == 0
    stats = json.loads(roadie("library", "stats", "--json").out)
    assert (stats["assets"], stats["paths"]) == (2, 3)
    assert "bang 1 again.wav" in roadie("library", "duplicates").out
    dry = roadie("library", "duplicates", "--remove", "--dry-run")
    assert dry.code == 0 and "1 file would be moved" in dry.out and "projects scan" in dry.err
    assert (tmp_path / "sounds" / "bang 1 again.wav").exists()
    put = roadie("library", "duplicates", "--remove", "--in", tmp_path / "sounds", "--json")
    assert put.code == 0, put.err
    assert len(list((warm.out / "Duplicates").rglob("bang 1*.wav"))) == 1
    assert roadie("jobs", "undo", json.loads(put.out)["id"]).code == 0
    assert not (warm.out / "Duplicates").exists()
    soft = tmp_path / "sounds" / "soft.wav"
    wave, rate = soundfile.read(tmp_path / "sounds" / "bang 1.wav")
    soundfile.write(soft, 0.3 * wave, rate)
    assert roadie("library", "scan", tmp_path / "sounds").code == 0
    near = roadie("library", "duplicates", "--near")
    assert near.code == 0 and "soft.wav" in near.out and "In more than one file: 1 hit." in near.out
    assert roadie("library", "map").code == 0
    assert roadie("library", "remove", soft).code == 0
    assert roadie("library", "tag", tmp_path / "sounds" / "bang 2.wav", "loud").code == 0
    (found,) = json.loads(roadie("search", "--tag", "loud", "--json").out)
    assert found["path"].endswith("bang 2.wav")
    exported = roadie("library", "export", "--tag", "loud", "--out", tmp_path / "export")
    assert exported.code == 0 and exported.out == "1 sound exported\n", exported.err
    assert [path.name for path in (tmp_path / "export").rglob("*.wav")] == ["bang 2.wav"]
    assert roadie("library", "remove", tmp_path / "sounds" / "bang 2.wav").code == 0
    assert (tmp_path / "sounds" / "bang 2.wav").exists()
    assert "Nothing found" in roadie("search", "--tag", "loud").out


def test_a_sound_whose_file_is_gone_is_still_named_by_its_path(
    warm: House, tmp_path: Path, roadie: Roadie
) -> None:
    folder = tmp_path / "sounds"
    gone, left = (write_song(folder / f"{seed}.wav", seed) for seed in (31, 32))
    assert roadie("library", "scan", folder).code == 0
    gone.unlink()
    for tag in ("listed", "missing"):  # first as the library lists it, then as one that it knows to be away
        ran = roadie("library", "tag", gone, tag)
        assert ran.code == 0 and tag in ran.out, ran.err
        like = roadie("search", "--like", gone, "--json")
        assert str(left) in [each["path"] for each in json.loads(like.out)], like.err
        assert roadie("library", "scan", folder).code == 0
    assert roadie("library", "remove", gone).code == 0
    ran = roadie("library", "remove", gone)
    assert ran.code == 1 and str(gone) in ran.err

    left.unlink()
    folder.rmdir()
    ran = roadie("library", "scan", folder)
    assert ran.code == 0 and "gone" in ran.err + ran.out
    assert json.loads(roadie("library", "stats", "--json").out)["missing"] == 1
    assert "32.wav (missing)" in roadie("search", "--missing").out
    assert roadie("library", "scan", tmp_path / "never").code == 1


def test_config_show_and_the_daemon_tell_the_same(warm: House, roadie: Roadie) -> None:
    """Whoever changed a setting, and whether a daemon ran then."""

    def told() -> tuple[str, str]:
        shown = json.loads(roadie("config", "show", "--json").out)["pause_heavy"]
        return shown, warm.ask("GET", "/settings")["values"]["pause_heavy"]

    assert roadie("config", "set", "pause_heavy", "recording").code == 0
    assert told() == ("recording", "recording")
    warm.ask("PATCH", "/settings", {"values": {"pause_heavy": "playing"}})
    assert told() == ("playing", "playing")
    warm.stop()
    assert roadie("config", "set", "pause_heavy", "never").code == 0
    warm.start()
    assert warm.up()
    assert told() == ("never", "never")
    (warm.home / "config.toml").write_text("= no TOML")
    refused = warm.refused("PATCH", "/settings", {"values": {"pause_heavy": "playing"}})
    assert refused["code"] == "bad_config" and "config.toml" in refused["detail"]


def test_doctor_looks_at_both_sides(warm: House, roadie: Roadie) -> None:
    ran = roadie("doctor", "--json")
    checks = {check["name"]: check for check in json.loads(ran.out)}
    assert {"Python", "home", "daemon", "token", "SQLite"} <= set(checks)
    assert str(runtime(warm)["pid"]) in checks["daemon"]["found"]
    (warm.home / "token").chmod(0o644)
    again = roadie("doctor")
    assert again.code == 1
    assert "chmod 600" in again.out


def test_doctor_tells_of_surfaces_that_no_daemon_has_opened_yet(
    cold: House, roadie: Roadie, monkeypatch: pytest.MonkeyPatch
) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as other:
        other.bind(("127.0.0.1", 0))
        port = other.getsockname()[1]
        monkeypatch.setenv("ROADIE_OSC_PORT", str(port))
        ran = roadie("doctor", "--json")
    checks = {check["name"]: check for check in json.loads(ran.out)}
    assert not checks["OSC"]["ok"]
    assert f"{port} is taken" in checks["OSC"]["found"]
    assert "once `roadie serve` runs" in checks["MIDI"]["found"]
    after = json.loads(roadie("doctor", "--json").out)
    assert (
        f"port {port} once `roadie serve` runs"
        in next(each for each in after if each["name"] == "OSC")["found"]
    )
    assert roadie("config", "set", "osc.host", "0.0.0.0").code == 0
    told = json.loads(roadie("doctor", "--json").out)
    osc = next(each for each in told if each["name"] == "OSC")
    assert not osc["ok"] and "osc.allow is empty" in osc["found"] and "config set osc.allow" in osc["mend"]


def test_open_gives_the_browser_a_code_that_works_once(cold: House, tmp_path: Path, roadie: Roadie) -> None:
    seen = tmp_path / "address"
    browser = tmp_path / "browser.py"
    browser.write_text(f"import sys, pathlib; pathlib.Path({str(seen)!r}).write_text(sys.argv[1])\n")
    served = subprocess.Popen(
        [*ROADIE, "serve", "--port", "0", "--open"],
        env=os.environ | {"BROWSER": f"{sys.executable} {browser} %s"}, stdin=subprocess.DEVNULL,
    )  # fmt: skip
    try:
        until(lambda: seen.exists() and seen.read_text())
        address = seen.read_text()
        assert (cold.home / "token").read_text().strip() not in address
        first, second = _get(address), _get(address)
        assert first.status == 303 and "HttpOnly" in first.headers["Set-Cookie"]
        assert second.status == 403
    finally:
        served.terminate()
        assert served.wait(20) == 0
    assert not (cold.home / "runtime.json").exists()


class _Unfollowed(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_: object) -> None:
        return None


def _get(address: str) -> urllib.error.HTTPError:
    with pytest.raises(urllib.error.HTTPError) as raised:
        urllib.request.build_opener(_Unfollowed).open(address)
    return raised.value


def _repeat(song: Path, times: int) -> None:
    import numpy as np
    import soundfile

    audio, rate = soundfile.read(song)
    soundfile.write(song, np.tile(audio, (times, 1)), rate, subtype="PCM_16")
