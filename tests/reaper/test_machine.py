"""How the scripts talk to the machine: starting the daemon, command lines, paths with anything in them."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.reaper.session import SCRIPTS, YES, Reaper
from tests.recovery.house import House

STRANGE = [
    "plain", "two words", "it's", 'a "quoted" b', "100% %PATH%", "süß/日本", "back\\slash\\", "$HOME `x` ; & | < >",
    "\\\\server\\share\\a b.wav", "x" * 4000, "", "-K", '\\"', 'a\\\\"b', "!", "^&",
]  # fmt: skip


def lua(tmp_path: Path, os_name: str, body: str, *arguments: str) -> bytes:
    """Runs a piece of Lua with lib/system for an operating system; the arguments come in a file."""
    (tmp_path / "arguments.json").write_text(json.dumps(list(arguments)))
    script = tmp_path / "piece.lua"
    script.write_text(
        f'package.path = "{SCRIPTS}/lib/?.lua;" .. package.path\n'
        f'reaper = {{ GetOS = function() return "{os_name}" end }}\n'
        'local system, json = require("system"), require("json")\n'
        f'local given = json.decode(system.read("{tmp_path}/arguments.json"))\n{body}\n'
    )
    return subprocess.run(["lua5.4", str(script)], capture_output=True, check=True).stdout


def test_a_posix_launcher_hands_every_argument_on(tmp_path: Path) -> None:
    told = tmp_path / "told.json"
    tell = f"import json, sys, os; json.dump([sys.argv[1:], os.environ['WITH']], open({str(told)!r}, 'w'))"
    launcher = lua(
        tmp_path,
        "Other",
        "io.write(system.launcher(given, { WITH = \"a 'b' $c\" }))",
        sys.executable,
        "-c",
        tell,
        *STRANGE,
    )
    script = tmp_path / "start.sh"
    script.write_bytes(launcher)
    subprocess.run(["/bin/sh", str(script)], check=True)
    assert json.loads(told.read_text()) == [STRANGE, "a 'b' $c"]


def test_a_windows_launcher_quotes_as_the_c_runtime_reads(tmp_path: Path) -> None:
    out = lua(
        tmp_path,
        "Win64",
        'for _, each in ipairs(given) do io.write(system.quoted_windows(each), "\\n") end',
        *STRANGE,
    )
    for asked, told in zip(STRANGE, out.decode().split("\n"), strict=False):
        # Python's own rules for the same runtime; with a blank in front it quotes whatever it is given. In a batch
        # file a per cent sign is written twice.
        quoted = subprocess.list2cmdline([" " + asked])
        assert told.replace("%%", "%") == quoted[:1] + quoted[2:]
        assert told.count("%") == 2 * asked.count("%")


@settings(max_examples=25, deadline=None)
@given(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=60))
def test_a_value_for_curl_comes_out_as_it_was(tmp_path_factory: pytest.TempPathFactory, value: str) -> None:
    tmp_path = tmp_path_factory.mktemp("curl")
    header = value.replace("\r", " ").replace("\n", " ")
    quoted = lua(tmp_path, "Other", "io.write(system.quoted_curl(given[1]))", header).decode()
    (tmp_path / "source").write_bytes(header.encode())
    config = tmp_path / "config"
    config.write_text(
        f'url = "file://{tmp_path}/source"\nsilent\nwrite-out = {quoted.replace("%", "%%")}\n', "utf-8"
    )
    ran = subprocess.run(["curl", "-q", "-K", str(config)], capture_output=True, check=True)
    # What curl then writes out: the file, and the value, in which it reads \n and the like only where they are its own.
    assert ran.stdout.startswith(header.encode())


def test_paths_are_taken_apart_on_both_systems(tmp_path: Path) -> None:
    body = (
        'io.write(system.folder_of(given[1]), "\\n", system.base_name(given[1]), "\\n",'
        ' tostring(system.is_absolute(given[1])), "\\n", system.join(given[2], "roadie"))'
    )
    windows = lua(tmp_path, "Win64", body, "\\\\server\\share\\My song.v2.rpp", "\\\\server\\share").decode()
    assert windows.split("\n") == ["\\\\server\\share", "My song.v2", "true", "\\\\server\\share\\roadie"]
    posix = lua(tmp_path, "Other", body, "/a/b\\c/song.rpp", "/a/").decode()
    assert posix.split("\n") == ["/a/b\\c", "song", "true", "/a/roadie"]
    assert lua(tmp_path, "Other", body, "/song.rpp", "/").decode().split("\n")[0] == "/"


def test_windows_gets_commands_without_a_shells_help(tmp_path: Path) -> None:
    body = (
        "local ran = {}\n"
        "reaper.ExecProcess = function(command, wait) ran[#ran + 1] = command .. ' ' .. wait return '0' end\n"
        "reaper.file_exists = function() return true end\n"
        "os.getenv = function(name) return name == 'SystemRoot' and 'C:\\\\Windows' or nil end\n"
        "system.start_curl(given)\nsystem.remove_folder(given[1])\nio.write(table.concat(ran, '\\n'))"
    )
    folder = "C:\\Users\\Jörg B\\AppData\\Local\\roadie\\reaper-1"
    told = lua(tmp_path, "Win64", body, folder, f"{folder}\\2.config").decode().split("\n")
    # Nobody waits for either (-2), and each path is one word.
    assert told == [
        f'C:\\Windows\\System32\\curl.exe -q -K "{folder}" -K "{folder}\\2.config" -2',
        f'cmd.exe /c rmdir "{folder}" -2',
    ]


def test_the_daemon_is_started_when_the_person_says_so(tmp_path: Path) -> None:
    house = House(tmp_path)
    reaper = Reaper(tmp_path / "REAPER", house.home)
    # As a daemon that ran here before has told it; port 0, so that no other one is in the way.
    command = [sys.executable, "-P", "-m", "daemon.cli", "serve", "--port", "0"]
    reaper.ext["roadie/command"] = {"value": json.dumps(command), "persist": True}
    ended = reaper.run("jobs", {"tracks": []}, [{"see": "There are no jobs yet", "key": "q"}], answers=[YES])
    pid = json.loads((house.home / "runtime.json").read_text())["pid"]
    try:
        assert "Start it now?" in ended.messages[0]["text"] and len(ended.messages) == 1
        assert house.ask("GET", "/jobs")["items"] == []
    finally:
        os.kill(pid, signal.SIGTERM)
        deadline = time.monotonic() + 20
        while psutil.pid_exists(pid) and psutil.Process(pid).status() != psutil.STATUS_ZOMBIE:
            assert time.monotonic() < deadline
            time.sleep(0.05)
