"""`roadie install service`: the daemon at login, by the system's own means.

Linux: a systemd user unit. macOS: a launchd agent. Windows: a task for the Task Scheduler. Each starts
`roadie serve` with this very Python, in the same home.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from pathlib import Path
from xml.sax.saxutils import escape

from daemon.files.installable import Change, Plan
from daemon.kernel.errors import NotFound

LABEL = "org.roadie.daemon"
UNIT = "roadie.service"
TASK = "roadie"
_KEPT = ("ROADIE_HOME", "ROADIE_HTTP_PORT", "ROADIE_DELIVERY", "ROADIE_DEVICE", "ROADIE_PAUSE_HEAVY")
"""Settings by environment that the person has now: the daemon at login is to be the same one."""


class ServiceInstall:
    """system: as sys.platform names it; another one's file can be made with it, to look at or to carry there."""

    name = "service"

    def __init__(self, system: str = sys.platform) -> None:
        self._system = system

    def plan(self, to: Path | None, environ: Mapping[str, str]) -> Plan:
        """to: the folder for the unit, agent or task; then only the file is written there, and nothing is started."""
        told = {name: environ[name] for name in _KEPT if environ.get(name)}
        command = [sys.executable, "-P", "-m", "daemon.cli", "serve"]
        if self._system == "darwin":
            return _launchd(to, command, told)
        if self._system == "win32":
            return _scheduler(to, command, told, environ)
        if self._system.startswith("linux"):
            return _systemd(to, command, told, environ)
        raise NotFound(
            "nobody has told roadie how programs are started at login here", where=self._system,
            hint="Start `roadie serve` by your system's own means",
        )  # fmt: skip

    def check_removal(self, folder: Path) -> None:
        """Nothing stands in the way: a running daemon is stopped by the system first."""

    def without(self, path: Path, content: bytes) -> bytes:  # noqa: ARG002 - the file is roadie's alone
        return b""


def _systemd(to: Path | None, command: list[str], told: Mapping[str, str], environ: Mapping[str, str]) -> Plan:
    config = environ.get("XDG_CONFIG_HOME") or str(Path.home() / ".config")
    folder = to or Path(config) / "systemd" / "user"
    change = Change(folder / UNIT, systemd_unit(command, told).encode())
    if to is not None:
        return Plan(folder, (change,), remarks=(_only_written("systemctl --user enable --now", folder / UNIT),))
    return Plan(
        folder,
        (change,),
        commands=(("systemctl", "--user", "daemon-reload"), ("systemctl", "--user", "enable", "--now", UNIT)),
        undo_commands=(("systemctl", "--user", "disable", "--now", UNIT),),
        remarks=("roadie runs now, and from now on whenever you log in: `systemctl --user status roadie`",),
    )


def systemd_unit(command: list[str], told: Mapping[str, str]) -> str:
    """See systemd.service(5) and systemd.exec(5)."""
    environment = "".join(f"Environment={_systemd_text(f'{name}={value}')}\n" for name, value in told.items())
    return (
        "[Unit]\n"
        "Description=roadie, a daemon beside your DAW\n"
        # one that cannot start, because another has the home, is not tried for ever
        "StartLimitIntervalSec=120\n"
        "StartLimitBurst=5\n"
        "\n"
        "[Service]\n"
        "Type=exec\n"
        f"ExecStart={' '.join(_systemd_text(part).replace('$', '$$') for part in command)}\n"
        f"{environment}"
        "Restart=on-failure\n"
        "RestartSec=5\n"
        "RestartPreventExitStatus=2\n"
        "Nice=5\n"
        "TimeoutStopSec=30\n"
        "\n"
        "[Install]\n"
        "WantedBy=default.target\n"
    )


def _systemd_text(text: str) -> str:
    """One word of a unit: quoted, with % standing for itself. A $ does so already, but for command lines."""
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("%", "%%").replace("\n", "\\n")
    return f'"{escaped}"'


def _launchd(to: Path | None, command: list[str], told: Mapping[str, str]) -> Plan:
    folder = to or Path.home() / "Library" / "LaunchAgents"
    path = folder / f"{LABEL}.plist"
    change = Change(path, launchd_agent(command, told))
    if to is not None:
        return Plan(folder, (change,), remarks=(_only_written("launchctl bootstrap gui/$UID", path),))
    domain = f"gui/{os.getuid()}" if hasattr(os, "getuid") else "gui/501"
    return Plan(
        folder,
        (change,),
        commands=(("launchctl", "bootstrap", domain, str(path)),),
        undo_commands=(("launchctl", "bootout", f"{domain}/{LABEL}"),),
        remarks=(f"roadie runs now, and from now on whenever you log in: `launchctl print {domain}/{LABEL}`",),
    )


def launchd_agent(command: list[str], told: Mapping[str, str]) -> bytes:
    """See launchd.plist(5)."""
    import plistlib

    agent = {
        "Label": LABEL,
        "ProgramArguments": command,
        "EnvironmentVariables": dict(told),
        "RunAtLoad": True,
        "KeepAlive": {"SuccessfulExit": False},
        "ThrottleInterval": 10,
        # The person has asked for this work: in "Background" a Mac would keep it to its slow cores.
        "ProcessType": "Standard",
    }
    return plistlib.dumps(agent)


def _scheduler(
    to: Path | None, command: list[str], told: Mapping[str, str], environ: Mapping[str, str]
) -> Plan:
    base = Path(environ.get("LOCALAPPDATA") or Path.home() / "AppData" / "Local")
    folder = to or base / "roadie" / "service"
    path = folder / "roadie-task.xml"
    user = "\\".join(filter(None, (environ.get("USERDOMAIN"), environ.get("USERNAME"))))
    changes = (Change(path, scheduler_task(command, told, user).encode("utf-16")),)
    create = ("schtasks", "/Create", "/TN", TASK, "/XML", str(path), "/F")
    if to is not None:
        return Plan(folder, changes, remarks=(_only_written("schtasks /Create /TN roadie /XML", path),))
    return Plan(
        folder,
        changes,
        commands=(create, ("schtasks", "/Run", "/TN", TASK)),
        undo_commands=(("schtasks", "/End", "/TN", TASK), ("schtasks", "/Delete", "/TN", TASK, "/F")),
        remarks=("roadie runs now, and from now on whenever you log in: `schtasks /Query /TN roadie`",),
    )


def scheduler_task(command: list[str], told: Mapping[str, str], user: str) -> str:
    """See the Task Scheduler schema, version 1.2. A task has no environment: cmd sets it first where there is any.

    user: who logs in, "DOMAIN\\name". A trigger at anybody's login takes an administrator to install; "" is that.
    """
    who = f"<UserId>{escape(user)}</UserId>" if user else ""
    program, arguments = command[0], [_windows_word(part) for part in command[1:]]
    if told:
        settings = "".join(f'set "{name}={value}"&& ' for name, value in told.items())
        # /s strips the outer pair of quotes and nothing else
        arguments = ["/d", "/s", "/c", f'"{settings}{" ".join([_windows_word(program), *arguments])}"']
        program = "cmd.exe"
    return (
        '<?xml version="1.0" encoding="UTF-16"?>\n'
        '<Task version="1.2" xmlns="http://schemas.microsoft.com/windows/2004/02/mit/task">\n'
        "  <RegistrationInfo><Description>roadie, a daemon beside your DAW</Description></RegistrationInfo>\n"
        f"  <Triggers><LogonTrigger><Enabled>true</Enabled>{who}</LogonTrigger></Triggers>\n"
        f'  <Principals><Principal id="Author">{who}<LogonType>InteractiveToken</LogonType>'
        "<RunLevel>LeastPrivilege</RunLevel></Principal></Principals>\n"
        "  <Settings>\n"
        "    <MultipleInstancesPolicy>IgnoreNew</MultipleInstancesPolicy>\n"
        "    <DisallowStartIfOnBatteries>false</DisallowStartIfOnBatteries>\n"
        "    <StopIfGoingOnBatteries>false</StopIfGoingOnBatteries>\n"
        "    <ExecutionTimeLimit>PT0S</ExecutionTimeLimit>\n"
        "    <Hidden>true</Hidden>\n"
        "    <Priority>7</Priority>\n"
        "    <RestartOnFailure><Interval>PT1M</Interval><Count>3</Count></RestartOnFailure>\n"
        "  </Settings>\n"
        '  <Actions Context="Author"><Exec>'
        f"<Command>{escape(program)}</Command><Arguments>{escape(' '.join(arguments))}</Arguments>"
        "</Exec></Actions>\n"
        "</Task>\n"
    )


def _windows_word(text: str) -> str:
    return f'"{text}"' if " " in text else text


def _only_written(command: str, path: Path) -> str:
    return f"Only the file was written, since --to was given. `{command} {path}` starts it"


TARGET = ServiceInstall()
