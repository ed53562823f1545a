"""`roadie install reaper` into a folder like REAPER's, through the command line."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from bridges.reaper import explorer_ini, key_map, places
from bridges.reaper.scripts import Script, scripts
from daemon.kernel.errors import NotFound
from tests.cli.conftest import Ran, home, roadie
from tests.files.test_installing import snapshot

__all__ = ["home", "roadie"]
Roadie = Callable[..., Ran]

KB = b'KEY 13 83 _RSother 0\t # Main : Ctrl+S\r\nSCR 4 0 RSother "Custom: mine.lua" "mine/mine.lua"\r\n'
INI = (
    b"[REAPER]\r\nlastproject=x\r\n[reaper_sexplorer]\r\nNbShortcuts=2\r\nShortcut0=00.ReaperFileList\r\n"
    b"ShortcutT0=Drums\r\nShortcut1=/music\r\ndocked=1\r\n[other]\r\na=b\r\n"
)


@pytest.fixture
def resources(tmp_path: Path) -> Path:
    folder = tmp_path / "REAPER ü"
    folder.mkdir()
    (folder / "reaper.ini").write_bytes(INI)
    (folder / "reaper-kb.ini").write_bytes(KB)
    return folder


def test_it_is_all_there_and_goes_without_a_trace(resources: Path, home: Path, roadie: Roadie) -> None:
    before = snapshot(resources)
    ran = roadie("install", "reaper", "--to", resources)
    assert ran.code == 0, ran.err
    names = {each.name for each in scripts()}
    assert names
    for name in names:
        assert (resources / "Scripts" / "roadie" / name).is_file()
    assert (resources / "MediaDB" / "roadie.ReaperFileList").exists()
    started = json.loads((resources / "Scripts" / "roadie" / "start.json").read_bytes())
    assert started["command"][-1] == "serve" and started["home"] == str(home)
    kb = (resources / "reaper-kb.ini").read_bytes()
    assert kb.startswith(KB)
    added = kb[len(KB) :].decode().split("\r\n")[:-1]
    actions = [each for each in scripts() if each.description]
    assert len(added) == len(actions)
    for line, action in zip(added, actions, strict=True):
        assert line.startswith(f"SCR 4 0 {action.command_id} ") and line.endswith(f'"roadie/{action.name}"')
    ini = (resources / "reaper.ini").read_text()
    assert "NbShortcuts=3" in ini and "Shortcut2=roadie.ReaperFileList" in ini
    assert roadie("install", "reaper", "--to", resources).code == 0
    assert (resources / "reaper-kb.ini").read_bytes() == kb
    ran = roadie("uninstall", "reaper")
    assert ran.code == 0, ran.err
    assert snapshot(resources) == before


def test_it_goes_from_files_that_reaper_wrote_anew(resources: Path, home: Path, roadie: Roadie) -> None:
    """REAPER writes both files in its own way when it ends: no quotes round a path without a blank, other lines before
    and after ours, and shortcuts that somebody added."""
    assert roadie("install", "reaper", "--to", resources).code == 0
    kb_path, ini_path = resources / "reaper-kb.ini", resources / "reaper.ini"
    ours = [line for line in kb_path.read_bytes().splitlines() if b"roadie/" in line]
    plain = [re.sub(rb'"roadie/([^"]*)"$', rb"roadie/\1", line).replace(b"SCR 4", b"SCR 260") for line in ours]
    windows = [line.replace(b"roadie/", b"roadie\\") for line in plain[1:]]
    lookalike = b'SCR 4 0 RSmine "Custom: roadie: mine" roadie/mine.lua\r\n'
    shortcut = b"KEY 1 82 _" + ours[0].split()[3] + b" 0\r\n"
    rest = KB + lookalike + shortcut
    kb_path.write_bytes(b"\r\n".join([plain[0], *windows, b""]) + rest)
    ini_path.write_bytes(ini_path.read_bytes().replace(b"lastproject=x", b"lastproject=another"))
    ran = roadie("uninstall", "reaper")
    assert ran.code == 0, ran.err
    assert kb_path.read_bytes() == rest
    assert ini_path.read_bytes() == INI.replace(b"lastproject=x", b"lastproject=another")
    assert not (resources / "Scripts").exists() and not (resources / "MediaDB").exists()


def test_a_section_that_was_made_for_roadie_goes_with_it(resources: Path, home: Path, roadie: Roadie) -> None:
    path = resources / "reaper.ini"
    path.write_bytes(b"[REAPER]\r\nlastproject=x\r\n")
    assert roadie("install", "reaper", "--to", resources).code == 0
    # REAPER writes it anew: another value, and a section after ours.
    path.write_bytes(path.read_bytes().replace(b"=x", b"=y") + b"\r\n[other]\r\na=b\r\n")
    assert roadie("uninstall", "reaper").code == 0
    assert path.read_bytes() == b"[REAPER]\r\nlastproject=y\r\n[other]\r\na=b\r\n"


def test_a_dry_run_tells_all_and_does_nothing(resources: Path, home: Path, roadie: Roadie) -> None:
    before = snapshot(resources)
    ran = roadie("install", "reaper", "--to", resources, "--dry-run", "--json")
    told = json.loads(ran.out)["changes"]
    assert {"add to"} == {row["does"] for row in told if row["path"].endswith("reaper.ini")}
    assert snapshot(resources) == before and not (home / "installed").exists()


def test_a_folder_without_reaper_is_refused(tmp_path: Path, home: Path, roadie: Roadie) -> None:
    ran = roadie("install", "reaper", "--to", tmp_path)
    assert ran.code != 0 and "no reaper.ini is there" in ran.err


def test_uninstall_of_what_is_not_installed_says_so(home: Path, roadie: Roadie) -> None:
    ran = roadie("uninstall", "reaper")
    assert ran.code != 0 and "has not installed reaper" in ran.err


def test_nothing_is_done_while_reaper_runs(resources: Path, home: Path, roadie: Roadie, tmp_path: Path) -> None:
    sleep = shutil.which("sleep")
    assert sleep
    program = tmp_path / "reaper"
    shutil.copy(sleep, program)
    before = snapshot(resources)
    process = subprocess.Popen([program, "60"])
    try:
        deadline = time.monotonic() + 10
        while places.running_process() is None:
            assert time.monotonic() < deadline
            time.sleep(0.02)
        ran = roadie("install", "reaper", "--to", resources)
        assert ran.code != 0 and "REAPER is running" in ran.err
        assert snapshot(resources) == before
    finally:
        process.kill()
        process.wait()


def test_the_folder_is_found_where_each_system_has_it(tmp_path: Path) -> None:
    # As Cockos documents them for the three systems.
    wanted = {
        "linux": (tmp_path / ".config" / "REAPER", {"HOME": str(tmp_path)}),
        "darwin": (tmp_path / "Library" / "Application Support" / "REAPER", {"HOME": str(tmp_path)}),
        "win32": (tmp_path / "roam" / "REAPER", {"APPDATA": str(tmp_path / "roam"), "HOME": str(tmp_path)}),
    }
    for platform, (folder, environ) in wanted.items():
        with pytest.raises(NotFound, match=r"reaper\.ini"):
            places.resource_folder(None, environ, platform)
        folder.mkdir(parents=True)
        (folder / "reaper.ini").touch()
        assert places.resource_folder(None, environ, platform) == folder
        shutil.rmtree(folder)


def test_a_portable_one_is_found_beside_its_program(tmp_path: Path) -> None:
    drive = tmp_path / "Program Files"
    portable = drive / "REAPER (x64)"
    portable.mkdir(parents=True)
    (portable / "reaper.ini").touch()
    environ = {"APPDATA": str(tmp_path / "roam"), "PROGRAMFILES": str(drive)}
    assert places.resource_folder(None, environ, "win32") == portable
    home = tmp_path / "me"
    (home / "opt" / "REAPER").mkdir(parents=True)
    (home / "opt" / "REAPER" / "reaper.ini").touch()
    assert places.resource_folder(None, {"HOME": str(home)}, "linux") == home / "opt" / "REAPER"


@pytest.mark.parametrize("content", [b"", INI, INI[:-2], b"[reaper_sexplorer]\n", b"[REAPER]\na=1"])
def test_a_shortcut_comes_and_goes(content: bytes) -> None:
    added = explorer_ini.with_database(content, "roadie.ReaperFileList", "roadie", "linux")
    assert added.count(b"roadie.ReaperFileList") == 1
    assert explorer_ini.with_database(added, "roadie.ReaperFileList", "roadie", "linux") == added
    removed = explorer_ini.without_database(added, "roadie.ReaperFileList", "linux")
    assert b"roadie" not in removed
    # What REAPER reads is the same as before; an empty section is gone.
    assert removed.split() == content.replace(b"[reaper_sexplorer]\n", b"").split()


def test_shortcuts_after_ours_move_up() -> None:
    content = (
        b"[reaper_explorer]\nNbShortcuts=3\nShortcut0=a\n"
        b"Shortcut1=roadie.ReaperFileList\nShortcut2=c\nShortcutT2=C\n"
    )
    wanted = b"[reaper_explorer]\nNbShortcuts=2\nShortcut0=a\nShortcut1=c\nShortcutT1=C\n"
    assert explorer_ini.without_database(content, "roadie.ReaperFileList", "win32") == wanted


def test_actions_of_others_stay_byte_for_byte() -> None:
    script = Script("roadie_x.lua", Path(), "X")
    assert key_map.without_actions(key_map.with_actions(KB, [script])) == KB
    assert key_map.with_actions(b"", [script]).decode().split() == [
        "SCR", "4", "0", script.command_id, '"Custom:', "roadie:", 'X"', '"roadie/roadie_x.lua"',
    ]  # fmt: skip
    assert len(script.command_id) == 42 and script.command_id.startswith("RS")


def test_the_module_needs_nothing_heavy() -> None:
    code = (
        "import sys, bridges.reaper.install; sys.exit(bool({'numpy', 'aiohttp', 'psutil'} & set(sys.modules)))"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
