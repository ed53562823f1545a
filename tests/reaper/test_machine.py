"""How the scripts talk to the machine: starting the daemon, command lines, paths with anything in them."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import psutil
import pytest
import soundfile
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


def by_cmd(line: str) -> str:
    """A line of a batch file as cmd.exe hands it on: two per cent signs are one; outside quotes, a sign that means
    something to it must not be there."""
    inside = False
    for char in line.replace("%%", ""):
        inside ^= char == '"'
        assert inside or char not in "&|<>^()%!", line
    assert not inside
    return line.replace("%%", "%")


def command_line_to_argv(line: str) -> list[str]:
    """As the documentation of CommandLineToArgvW has it: 2n backslashes before a quote are n, and the quote begins or
    ends; 2n + 1 are n, and the quote is one; others are what they are."""
    found, at = [], 0
    while at < len(line):
        word, inside = "", False
        while at < len(line) and (inside or line[at] not in " \t"):
            slashes = 0
            while line[at : at + 1] == "\\":
                slashes, at = slashes + 1, at + 1
            if line[at : at + 1] == '"':
                word += "\\" * (slashes // 2) + ('"' if slashes % 2 else "")
                inside ^= slashes % 2 == 0
                at += 1
            elif slashes:
                word += "\\" * slashes
            else:
                word, at = word + line[at], at + 1
        found.append(word)
        while line[at : at + 1] in (" ", "\t"):
            at += 1
    return found


@settings(max_examples=15)
@given(
    st.lists(
        st.text(st.characters(exclude_categories=["Cc", "Cs"], exclude_characters='"'), max_size=20), max_size=9
    )
)
def test_a_windows_launcher_hands_every_argument_on(
    tmp_path_factory: pytest.TempPathFactory, more: list[str]
) -> None:
    asked = ["C:\\Program Files\\a (b) & c\\", *more, *(each for each in STRANGE if '"' not in each)]
    told = lua(
        tmp_path_factory.mktemp("cmd"), "Win64",
        "io.write(system.launcher(given, { ROADIE_HOME = given[1] }))", *asked,
    ).decode()  # fmt: skip
    first, page, setting, line, rest = told.split("\r\n")
    assert (first, page, rest) == ("@echo off", "chcp 65001 >nul", "")
    # `set "NAME=value"` takes what is between the first quote and the last.
    assert setting.startswith('set "ROADIE_HOME=') and setting.endswith('"')
    start, end = 'start "" /b ', " >nul 2>nul"
    assert line.startswith(start) and line.endswith(end)
    assert command_line_to_argv(by_cmd(line.removeprefix(start).removesuffix(end))) == asked


@pytest.mark.parametrize("text", ['a "b"', "a\nb", "a\r"])
def test_what_no_batch_file_can_hold_is_refused(tmp_path: Path, text: str) -> None:
    told = lua(tmp_path, "Win64", "io.write(select(2, pcall(system.launcher, given, {})))", text).decode()
    assert told.startswith("roadie cannot hand this on") and told.endswith(text)


@settings(max_examples=25)
@given(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0/"), max_size=50))
def test_a_value_for_curl_comes_out_as_it_was(tmp_path_factory: pytest.TempPathFactory, name: str) -> None:
    """The real curl, told by its configuration file to write into a file of any name."""
    tmp_path = tmp_path_factory.mktemp("curl")
    wanted = tmp_path / "out" / f"x{name}"
    wanted.parent.mkdir()
    quoted = lua(tmp_path, "Other", "io.write(system.quoted_curl(given[1]))", str(wanted)).decode()
    config = tmp_path / "config"
    config.write_bytes(f'url = "file://{config}"\nsilent\noutput = {quoted}\n'.encode())
    subprocess.run(["curl", "-q", "-K", str(config)], capture_output=True, check=True)
    assert [each.name for each in wanted.parent.iterdir()] == [wanted.name]


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


@pytest.mark.parametrize(
    ("container", "subtype", "bits"),
    [
        ("WAV", "PCM_16", 16), ("WAV", "PCM_24", 24), ("WAV", "PCM_U8", 8), ("WAVEX", "PCM_16", 16),
        ("RF64", "PCM_24", 24), ("WAV", "FLOAT", 0), ("WAVEX", "FLOAT", 0), ("AIFF", "PCM_16", 16),
        ("AIFF", "PCM_24", 24), ("AIFF", "FLOAT", 0), ("FLAC", "PCM_16", 16), ("FLAC", "PCM_24", 24),
        ("OGG", "VORBIS", 0), ("MP3", "MPEG_LAYER_III", 0),
    ],
)  # fmt: skip
def test_a_files_depth_is_read_from_its_head(tmp_path: Path, container: str, subtype: str, bits: int) -> None:
    """Files written by libsndfile; 0 for those that have no depth."""
    path = tmp_path / "a file"
    soundfile.write(path, np.zeros((300, 2)), 44100, subtype=subtype, format=container)
    told = lua(tmp_path, "Other", 'io.write(require("depth").bits(given[1]) or 0)', str(path))
    assert int(told) == bits


def test_the_home_is_the_shells_or_the_one_that_was_installed_with(tmp_path: Path) -> None:
    scripts = tmp_path / "Scripts"
    scripts.mkdir()
    (scripts / "start.json").write_text(json.dumps({"command": ["x", "serve"], "home": "/ü/roadie"}))
    body = (
        "reaper.get_action_context = function() return false, given[1] .. '/a.lua' end\n"
        "reaper.HasExtState = function() return false end\n"
        "os.getenv = function(name) return ({ ROADIE_HOME = given[2], HOME = '/home/me' })[name] end\n"
        "local runtime = require('runtime')\n"
        "io.write(runtime.path(), '\\n', table.concat(runtime.command() or {}, ' '))"
    )
    assert lua(tmp_path, "Other", body, str(scripts)).decode() == "/ü/roadie/runtime.json\nx serve"
    assert lua(tmp_path, "Other", body, str(scripts), "/shell").decode() == "/shell/runtime.json\nx serve"
    assert lua(tmp_path, "Other", body, str(tmp_path)).decode() == "/home/me/.roadie/runtime.json\n"


def test_a_windows_users_name_is_taken_from_reaper_where_it_is_not_plain(tmp_path: Path) -> None:
    body = (
        "reaper.GetResourcePath = function() return given[2] end\n"
        "os.getenv = function(name) return name == 'USERPROFILE' and given[1] or nil end\n"
        "io.write(system.home())"
    )
    ansi = b"C:\\Users\\J\xf6rg".decode("utf-8", "surrogateescape")
    reapers = "C:\\Users\\Jörg\\AppData\\Roaming\\REAPER"
    assert lua(tmp_path, "Win64", body, ansi, reapers).decode() == "C:\\Users\\Jörg"
    assert lua(tmp_path, "Win64", body, "D:\\me", reapers).decode() == "D:\\me"
    portable = lua(tmp_path, "Win64", body, ansi, "E:\\REAPER")
    assert portable == b"C:\\Users\\J\xf6rg", "nothing better is known"


def test_windows_gets_commands_without_a_shells_help(tmp_path: Path) -> None:
    body = (
        "local ran = {}\n"
        "reaper.ExecProcess = function(command, wait) ran[#ran + 1] = command .. ' ' .. wait return '0' end\n"
        "reaper.file_exists = function() return true end\n"
        "os.getenv = function(name) return name == 'SystemRoot' and 'C:\\\\Windows' or nil end\n"
        "system.write = function() end\n"
        "system.start_curl(given)\nsystem.remove_folder(given[1])\nsystem.start(given[1], { 'x' })\n"
        "io.write(table.concat(ran, '\\n'))"
    )
    folder = "C:\\Users\\Jörg B & C (1)\\AppData\\Local\\roadie\\reaper-1"
    told = lua(tmp_path, "Win64", body, folder, f"{folder}\\2.config").decode().split("\n")
    # Nobody waits for any of them (-2). Programs are named whole, and each path is one word.
    system32 = "C:\\Windows\\System32"
    assert told == [
        f'"{system32}\\curl.exe" -q -K "{folder}" -K "{folder}\\2.config" -2',
        f'"{system32}\\cmd.exe" /d /s /c "rmdir "{folder}"" -2',
        f'"{system32}\\cmd.exe" /d /s /c ""{folder}\\start.cmd"" -2',
    ]
    program, *arguments = command_line_to_argv(told[0].removesuffix(" -2"))
    assert program == f"{system32}\\curl.exe" and arguments == ["-q", "-K", folder, "-K", f"{folder}\\2.config"]


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
