"""The command line with the real daemon: the running one, and one of its own."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from tests.recovery.house import House, write_song

ROADIE = [sys.executable, "-m", "daemon.cli"]


@pytest.fixture
def cold(tmp_path: Path) -> House:
    """A home without a daemon."""
    return House(tmp_path)


@pytest.fixture
def warm(cold: House) -> Iterator[House]:
    """A home with its daemon running."""
    cold.start()
    assert cold.up()
    yield cold
    cold.stop()


def environment(house: House, **more: str) -> dict[str, str]:
    return {**os.environ, "ROADIE_HOME": str(house.home), "ROADIE_DELIVERY": str(house.out), **more}


def roadie(house: House, *arguments: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*ROADIE, *map(str, arguments)],
        env=environment(house),
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def until(true: Callable[[], object], timeout_s: float = 30.0) -> None:
    deadline = time.monotonic() + timeout_s
    while not true():
        assert time.monotonic() < deadline, "it did not come to pass"
        time.sleep(0.02)


def runtime(house: House) -> dict[str, object]:
    return json.loads((house.home / "runtime.json").read_text())


# ---------------------------------------------------------------- a daemon of the command's own


def test_a_command_starts_a_daemon_and_ends_it_again(cold: House) -> None:
    ran = roadie(cold, "recipes", "--json")
    assert ran.returncode == 0, ran.stderr
    assert {"stems", "samples", "midi", "lyrics", "full", "light"} <= {
        each["name"] for each in json.loads(ran.stdout)
    }
    assert not (cold.home / "runtime.json").exists()


def test_run_delivers_and_tells(cold: House, tmp_path: Path) -> None:
    song = write_song(tmp_path / "song.wav", 1)
    ran = roadie(cold, "run", "light", song, "--out", tmp_path / "there")
    assert ran.returncode == 0, ran.stderr
    written = sorted(path.name for path in (tmp_path / "there").rglob("*.wav"))
    assert written
    assert all(name in ran.stdout for name in written)
    assert "done" in ran.stderr
    assert json.loads(roadie(cold, "jobs", "--json").stdout)[0]["state"] == "done"


def test_a_bad_file_among_good_ones_is_1_and_named(cold: House, tmp_path: Path) -> None:
    bad = tmp_path / "list.wav"
    bad.write_text("eggs, milk")
    ran = roadie(cold, "run", "light", write_song(tmp_path / "song.wav", 1), bad)
    assert ran.returncode == 1
    assert "list.wav" in ran.stderr and "Traceback" not in ran.stderr
    assert list(cold.out.rglob("song*.wav"))


def test_a_wrong_parameter_is_2(cold: House, tmp_path: Path) -> None:
    ran = roadie(cold, "run", "light", write_song(tmp_path / "s.wav", 1), "--set", "slice.min_lenght_s=1")
    assert ran.returncode == 2
    assert "min_lenght_s" in ran.stderr


def test_no_wait_wants_a_daemon_that_stays(cold: House, tmp_path: Path) -> None:
    ran = roadie(cold, "run", "light", write_song(tmp_path / "s.wav", 1), "--no-wait")
    assert ran.returncode == 2
    assert "roadie serve" in ran.stderr


@pytest.mark.skipif(os.name != "posix", reason="needs SIGINT to one process")
def test_ctrl_c_cancels_the_job_of_a_daemon_of_its_own(cold: House, tmp_path: Path) -> None:
    song = write_song(tmp_path / "long.wav", 1, hits=1)
    _repeat(song, 900)
    running = subprocess.Popen(
        [*ROADIE, "run", "light", str(song)], env=environment(cold), stderr=subprocess.PIPE, text=True
    )
    assert running.stderr is not None
    for line in running.stderr:
        if "running" in line:
            break
    running.send_signal(signal.SIGINT)
    told = running.stderr.read()
    assert running.wait(60) == 130
    assert "Cancelled the job" in told
    assert json.loads(roadie(cold, "jobs", "--json").stdout)[0]["state"] == "cancelled"


@pytest.mark.skipif(os.name != "posix", reason="needs SIGKILL")
def test_a_daemon_of_its_own_ends_when_the_command_is_killed(cold: House) -> None:
    script = (
        "import os, time\n"
        "from daemon.cli.session import session\n"
        "with session(os.environ): print('up', flush=True); time.sleep(600)\n"
    )
    command = subprocess.Popen([sys.executable, "-c", script], env=environment(cold), stdout=subprocess.PIPE)
    assert command.stdout is not None
    assert command.stdout.readline() == b"up\n"
    pid = int(str(runtime(cold)["pid"]))
    command.kill()
    command.wait()
    until(lambda: not psutil.pid_exists(pid))


def test_a_daemon_that_cannot_start_says_why(cold: House) -> None:
    (cold.home / "roadie.db").mkdir()
    ran = roadie(cold, "jobs")
    assert ran.returncode == 1
    assert "did not start" in ran.stderr and "Traceback" not in ran.stderr


# ---------------------------------------------------------------- the running daemon


def test_run_uses_the_running_daemon(warm: House, tmp_path: Path) -> None:
    ran = roadie(warm, "run", "light", write_song(tmp_path / "song.wav", 1), "--no-wait")
    assert ran.returncode == 0, ran.stderr
    assert warm.wait(ran.stdout.strip())["state"] == "done"
    undone = roadie(warm, "jobs", "undo", ran.stdout.strip())
    assert undone.returncode == 0
    assert warm.delivered() == {}


def test_a_second_one_on_the_home_names_the_first(warm: House) -> None:
    ran = roadie(warm, "serve", "--port", "0")
    told = runtime(warm)
    assert ran.returncode == 1
    assert str(told["pid"]) in ran.stderr and str(told["http_port"]) in ran.stderr


def test_a_library_is_scanned_searched_tagged_and_exported(warm: House, tmp_path: Path) -> None:
    for seed in (1, 2):
        write_song(tmp_path / "sounds" / f"bang {seed}.wav", seed)
    write_song(tmp_path / "sounds" / "bang 1 again.wav", 1)
    assert roadie(warm, "library", "scan", tmp_path / "sounds").returncode == 0
    stats = json.loads(roadie(warm, "library", "stats", "--json").stdout)
    assert (stats["assets"], stats["paths"]) == (2, 3)
    assert "bang 1 again.wav" in roadie(warm, "library", "duplicates").stdout
    assert roadie(warm, "library", "tag", tmp_path / "sounds" / "bang 2.wav", "loud").returncode == 0
    (found,) = json.loads(roadie(warm, "search", "--tag", "loud", "--json").stdout)
    assert found["path"].endswith("bang 2.wav")
    exported = roadie(warm, "library", "export", "--tag", "loud", "--out", tmp_path / "export")
    assert exported.returncode == 0, exported.stderr
    assert [path.name for path in (tmp_path / "export").rglob("*.wav")] == ["bang 2.wav"]
    assert roadie(warm, "library", "remove", tmp_path / "sounds" / "bang 2.wav").returncode == 0
    assert (tmp_path / "sounds" / "bang 2.wav").exists()
    assert "Nothing found" in roadie(warm, "search", "--tag", "loud").stdout


def test_doctor_looks_at_both_sides(warm: House) -> None:
    ran = roadie(warm, "doctor", "--json")
    checks = {check["name"]: check for check in json.loads(ran.stdout)}
    assert {"Python", "home", "daemon", "token", "SQLite"} <= set(checks)
    assert str(runtime(warm)["pid"]) in checks["daemon"]["found"]
    (warm.home / "token").chmod(0o644)
    again = roadie(warm, "doctor")
    assert again.returncode == 1
    assert "chmod 600" in again.stdout


def test_open_gives_the_browser_a_code_that_works_once(cold: House, tmp_path: Path) -> None:
    seen = tmp_path / "address"
    browser = tmp_path / "browser.py"
    browser.write_text(f"import sys, pathlib; pathlib.Path({str(seen)!r}).write_text(sys.argv[1])\n")
    served = subprocess.Popen(
        [*ROADIE, "serve", "--port", "0", "--open"],
        env=environment(cold, BROWSER=f"{sys.executable} {browser} %s"), stdin=subprocess.DEVNULL,
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
