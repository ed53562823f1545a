"""What is installed so that the daemon starts at login, judged by other programs where there are any here."""

from __future__ import annotations

import os
import plistlib
import shlex
import shutil
import subprocess
import sys
import xml.etree.ElementTree as ET
from collections.abc import Callable
from configparser import ConfigParser
from pathlib import Path

import pytest

from daemon.cli.install_service import ServiceInstall
from tests.cli.conftest import Ran

HOME = {"ROADIE_HOME": '/home/me/100% mine/a "b" $c'}
SERVE = ["-P", "-m", "daemon.cli", "serve"]


def content(system: str, environ: dict[str, str], to: Path | None = None) -> tuple[Path, bytes]:
    [change] = ServiceInstall(system).plan(to, environ).changes
    return change.path, change.content


def test_the_systemd_unit_starts_this_python_in_this_home() -> None:
    path, told = content("linux", {**HOME, "XDG_CONFIG_HOME": "/home/me/.config"})
    assert path == Path("/home/me/.config/systemd/user/roadie.service")
    unit = ConfigParser(interpolation=None)
    unit.optionxform = str  # type: ignore[assignment,method-assign]
    unit.read_string(told.decode())
    assert shlex.split(unit["Service"]["ExecStart"]) == [sys.executable, *SERVE]
    # systemd.exec(5): %% is a percent sign, $ "has no special meaning", and C escapes count within quotes
    [environment] = shlex.split(unit["Service"]["Environment"])
    name, _, value = environment.replace("%%", "%").partition("=")
    assert {name: value} == HOME
    assert unit["Install"]["WantedBy"] == "default.target"


def test_systemd_itself_finds_nothing_wrong(tmp_path: Path) -> None:
    if shutil.which("systemd-analyze") is None:
        pytest.skip("needs systemd-analyze")
    path, told = content("linux", HOME, tmp_path)

    def verified(unit: bytes) -> str:
        path.write_bytes(unit)
        # without a folder for what runs, systemd ends before it has looked
        env = {**os.environ, "XDG_RUNTIME_DIR": str(tmp_path)}
        ran = subprocess.run(
            ["systemd-analyze", "verify", "--user", str(path)],
            capture_output=True,
            text=True,
            check=False,
            env=env,
        )
        assert ran.returncode == 0, ran.stderr
        return "\n".join(line for line in ran.stderr.splitlines() if "roadie.service" in line)

    assert verified(told) == ""
    assert "Unknown key 'Typo'" in verified(told.replace(b"Type=", b"Typo="))


def test_the_launchd_agent_is_a_property_list() -> None:
    path, told = content("darwin", HOME)
    assert path.parts[-3:] == ("Library", "LaunchAgents", "org.roadie.daemon.plist")
    agent = plistlib.loads(told)
    assert agent["ProgramArguments"] == [sys.executable, *SERVE]
    assert agent["EnvironmentVariables"] == HOME
    assert (agent["Label"], agent["RunAtLoad"]) == ("org.roadie.daemon", True)
    # launchd.plist(5): work that was "not directly requested by the user" is throttled
    assert agent["ProcessType"] != "Background"


def test_the_task_is_xml_of_the_schedulers_schema() -> None:
    path, told = content(
        "win32", {"LOCALAPPDATA": "C:/Users/me/AppData/Local", "USERDOMAIN": "STUDIO", "USERNAME": "me & co"}
    )
    assert path.name == "roadie-task.xml"
    task = ET.fromstring(told.decode("utf-16").replace(' encoding="UTF-16"', ""))
    space = {"t": "http://schemas.microsoft.com/windows/2004/02/mit/task"}
    [execute] = task.findall("t:Actions/t:Exec", space)
    assert execute.findtext("t:Command", "", space) == sys.executable
    assert execute.findtext("t:Arguments", "", space) == " ".join(SERVE)
    assert task.findtext("t:Triggers/t:LogonTrigger/t:UserId", "", space) == "STUDIO\\me & co"
    assert task.findtext("t:Principals/t:Principal/t:UserId", "", space) == "STUDIO\\me & co"


def test_a_task_in_another_home_sets_it_first() -> None:
    _, told = content("win32", {"ROADIE_HOME": "D:\\my music"})
    arguments = ET.fromstring(told.decode("utf-16").replace(' encoding="UTF-16"', "")).findtext(
        ".//{http://schemas.microsoft.com/windows/2004/02/mit/task}Arguments"
    )
    assert arguments is not None
    assert arguments.startswith('/d /s /c "set "ROADIE_HOME=D:\\my music"&& ')
    assert arguments.endswith('daemon.cli serve"')


def test_where_the_system_starts_nothing_for_users_nothing_is_left(
    tmp_path: Path, roadie: Callable[..., Ran], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A systemctl as it is in a container or beside another init: it says that it finds no bus, and ends with 1."""
    if not sys.platform.startswith("linux"):
        pytest.skip("needs Linux")
    monkeypatch.setenv("ROADIE_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    unit = tmp_path / "config" / "systemd" / "user" / "roadie.service"
    program = tmp_path / "bin" / "systemctl"
    program.parent.mkdir()
    program.write_text("#!/bin/sh\necho Failed to connect to bus >&2\nexit 1\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{program.parent}:{os.environ['PATH']}")
    ran = roadie("install", "service")
    assert ran.code == 1 and "Failed to connect to bus" in ran.err and "Nothing was left behind" in ran.err
    assert not unit.exists() and not unit.parent.exists()

    program.write_text(f'#!/bin/sh\necho "$@" >> {tmp_path}/asked\n')
    assert roadie("install", "service").code == 0
    assert (tmp_path / "asked").read_text().splitlines() == [
        "--user daemon-reload", "--user enable --now roadie.service",
    ]  # fmt: skip
    (tmp_path / "asked").unlink()
    assert "nothing was changed" in roadie("install", "service").out
    assert not (tmp_path / "asked").exists()
    monkeypatch.setenv("ROADIE_HTTP_PORT", "7800")
    assert roadie("install", "service").code == 0
    assert (tmp_path / "asked").read_text().splitlines() == [
        "--user disable --now roadie.service", "--user daemon-reload", "--user enable --now roadie.service",
    ]  # fmt: skip
    assert "ROADIE_HTTP_PORT=7800" in unit.read_text()
    program.write_text("#!/bin/sh\necho Failed to connect to bus >&2\nexit 1\n")
    taken = roadie("uninstall", "service")
    assert taken.code == 0 and "Failed to connect to bus" in taken.err
    assert not unit.exists()


def test_installing_and_taking_back_leaves_the_folder_as_it_was(
    tmp_path: Path, roadie: Callable[..., Ran], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ROADIE_HOME", str(tmp_path / "home"))
    folder = tmp_path / "units"
    folder.mkdir()
    (folder / "other.service").write_text("[Unit]\n")
    dry = roadie("install", "service", "--to", str(folder), "--dry-run")
    assert "would write" in dry.out
    assert [path.name for path in folder.iterdir()] == ["other.service"]
    ran = roadie("install", "service", "--to", str(folder))
    assert ran.code == 0, ran.err
    assert f"ROADIE_HOME={tmp_path / 'home'}" in (folder / "roadie.service").read_text()
    again = roadie("install", "service", "--to", str(folder))
    assert "nothing was changed" in again.out
    assert roadie("uninstall", "service", "--to", str(folder)).code == 0
    assert [path.name for path in folder.iterdir()] == ["other.service"]
