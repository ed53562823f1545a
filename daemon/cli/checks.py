"""What `roadie doctor` looks at: what only this side can see, then what the daemon sees."""

from __future__ import annotations

import os
import platform
import socket
import stat
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

import msgspec

from bridges.osc.settings import NAME_THEM, admits_nobody_else
from daemon.cli.find import running
from daemon.cli.session import session
from daemon.config import Settings, load_settings
from daemon.kernel.errors import RoadieError
from daemon.runtime import WRITABLE_RUNTIME, read_runtime
from daemon.services.types_system import Check

PYTHONS = ((3, 11), (3, 14))
LOOPBACK = "127.0.0.1"


def all_checks(environ: Mapping[str, str]) -> list[Check]:
    """Never raises a RoadieError: what cannot be looked at is itself a finding."""
    checks = [_python()]
    try:
        settings = load_settings(environ)
    except RoadieError as error:
        return [*checks, _failed("settings", error)]
    checks += [_settings(settings), *_folders(settings), *_daemon_files(settings), *_ports(settings)]
    try:
        with session(environ) as open_session:
            answer = open_session.client.get("/doctor")
            temporary = open_session.temporary
    except RoadieError as error:
        return [*checks, _failed("daemon", error)]
    seen = msgspec.convert(answer["items"], list[Check])
    if temporary:  # one that opens no surfaces: they belong to the daemon that stays
        seen = [check for check in seen if check.name not in ("OSC", "MIDI")]
        checks += _surfaces_to_come(settings)
    return checks + seen


def _failed(name: str, error: RoadieError) -> Check:
    info = error.info()
    found = info.message.removesuffix(f". {info.hint}") if info.hint else info.message
    return Check(name=name, ok=False, found=found, mend=info.hint)


def _python() -> Check:
    lowest, above = PYTHONS
    good = lowest <= sys.version_info[:2] < above
    return Check(
        name="Python",
        ok=good,
        found=f"{platform.python_version()} at {sys.executable}",
        mend=None if good else "roadie runs on Python 3.11 to 3.13",
    )


def _settings(settings: Settings) -> Check:
    there = settings.config_path.exists()
    return Check(
        name="settings", ok=True, found=f"{settings.config_path}{'' if there else ' (none: all defaults)'}"
    )


def _folders(settings: Settings) -> Iterator[Check]:
    """The home, and where runtime.json stands if that is elsewhere."""
    mend = "Give yourself write access to it, or set ROADIE_HOME to a folder of yours"
    yield _writable("home", settings.home, mend)
    folder = settings.runtime_path.parent
    if folder != settings.home:
        yield _writable(f"folder of {settings.runtime_path.name}", folder, WRITABLE_RUNTIME)


def _writable(name: str, folder: Path, mend: str) -> Check:
    there = next(each for each in (folder, *folder.parents) if each.exists())
    if there.is_dir() and os.access(there, os.W_OK | os.X_OK):
        return Check(name=name, ok=True, found=str(folder))
    why = "cannot be written to" if there.is_dir() else "is not a folder"
    return Check(name=name, ok=False, found=f"{there} {why}", mend=mend)


def _daemon_files(settings: Settings) -> Iterator[Check]:
    told = read_runtime(settings.runtime_path)
    up = running(settings.runtime_path) is not None
    if told is None:
        found = "does not run; commands start one of their own when they need it"
    elif up:
        found = f"{told.version} runs as process {told.pid} at {told.base_url}"
    else:
        found = f"does not run; {settings.runtime_path} is left from process {told.pid}, and is no harm"
    yield Check(name="daemon", ok=True, found=found)
    for path in (settings.token_path, settings.runtime_path):
        if path.exists():
            yield _owner_only(path)


def _owner_only(path: Path) -> Check:
    """On Windows the access list decides, which the daemon itself looks at."""
    mode = stat.S_IMODE(path.stat().st_mode)
    open_to_others = os.name == "posix" and mode & 0o077 != 0
    return Check(
        name=path.name,
        ok=not open_to_others,
        found=f"{path}, mode {mode:o}",
        mend=f"Others can read it. Run: chmod 600 {path}" if open_to_others else None,
    )


def _ports(settings: Settings) -> Iterator[Check]:
    """A port is well when it is free or when our own daemon has it."""
    told = read_runtime(settings.runtime_path)
    ours = told.http_port if told is not None and running(settings.runtime_path) is not None else None
    http = settings.config.http
    free = http.port in (0, ours) or _is_free(http.host, http.port)
    yield Check(
        name="HTTP port",
        ok=free,
        found=f"{http.host}:{http.port} {'is taken by another program' if not free else 'is ours to take'}",
        mend=None if free else "Run `roadie config set http.port 0` for any free port, or name another one",
    )


def _surfaces_to_come(settings: Settings) -> Iterator[Check]:
    """What `roadie serve` will open."""
    osc, midi = settings.config.osc, settings.config.midi
    later = "once `roadie serve` runs"
    if not osc.enabled:
        yield Check(name="OSC", ok=True, found="switched off (osc.enabled)")
    elif osc.port == 0 or _is_free(osc.host or LOOPBACK, osc.port, socket.SOCK_DGRAM):
        found = f"listens at port {osc.port or '(any free one)'} {later}"
        left_out = admits_nobody_else(osc.host or LOOPBACK, osc.allow)
        if left_out:
            found += f", at {osc.host}, but nobody besides this machine may send: osc.allow is empty"
        yield Check(name="OSC", ok=not left_out, found=found, mend=NAME_THEM if left_out else None)
    else:
        found = f"port {osc.port} is taken by another program"
        mend = "End that program, or name another port: roadie config set osc.port 7711"
        yield Check(name="OSC", ok=False, found=found, mend=mend)
    found = f"port {midi.name!r} {later}" if midi.enabled else "switched off (midi.enabled)"
    yield Check(name="MIDI", ok=True, found=found)


def _is_free(host: str, port: int, kind: socket.SocketKind = socket.SOCK_STREAM) -> bool:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, kind) as probe:
        # Elsewhere, and for datagrams, this would let two programs share it.
        if os.name == "posix" and kind is socket.SOCK_STREAM:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError:
            return False
    return True
