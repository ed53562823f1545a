"""The work behind `roadie serve`."""

from __future__ import annotations

import asyncio
import ipaddress
import os
import sys
import threading
import webbrowser
from dataclasses import dataclass

from daemon.app import run_daemon
from daemon.cli.find import client_of
from daemon.cli.output import say
from daemon.config import Settings, load_settings
from daemon.kernel.errors import RoadieError
from daemon.runtime import Runtime

STDIN = 0

SWITCH_S = 0.0005
"""A thread that computes keeps the interpreter at most so long when another one waits for it. The event loop gives it
away with every datagram that it reads or sends, and would wait for 5 ms, Python's own measure, to get it back."""


@dataclass(frozen=True, slots=True)
class Serving:
    """host, port: stand above config.toml when given."""

    host: str | None
    port: int | None
    open_page: bool
    until_stdin_closes: bool


def serve_until_stopped(options: Serving) -> None:
    """Raises AlreadyRunning, BadConfig."""
    settings = _settings(options)
    if not is_loopback(settings.config.http.host):
        say(
            f"warning: listening at {settings.config.http.host}: anyone on that network who has the token may use "
            "roadie, and the connection is not encrypted"
        )
    sys.setswitchinterval(SWITCH_S)
    asyncio.run(_serve(settings, options))


def _settings(options: Serving) -> Settings:
    given: dict[str, object] = {"http.host": options.host, "http.port": options.port}
    if options.until_stdin_closes:  # the ports and the name of surfaces belong to the daemon that stays
        given |= {"osc.enabled": False, "midi.enabled": False}
    return load_settings(os.environ, **{place: value for place, value in given.items() if value is not None})


def is_loopback(host: str) -> bool:
    """A name other than localhost counts as not."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


async def _serve(settings: Settings, options: Serving) -> None:
    serving = asyncio.ensure_future(run_daemon(settings, lambda runtime: _ready(runtime, options)))
    if options.until_stdin_closes:
        _cancel_when_stdin_closes(serving)
    try:
        await serving
    except asyncio.CancelledError:
        if not serving.cancelled():
            raise


def _ready(runtime: Runtime, options: Serving) -> None:
    say(f"roadie {runtime.version} is up at {runtime.base_url}, home {runtime.home}. Ctrl-C stops it.")
    for warning in runtime.warnings:
        say(f"warning: {warning}")
    if options.open_page:
        # Asks this very daemon over HTTP, so it must not stand in the way of the event loop.
        threading.Thread(target=_open_page, args=(runtime,), daemon=True).start()


def _open_page(runtime: Runtime) -> None:
    """The browser gets a one-time code, never the token."""
    try:
        code = client_of(runtime).post("/session/code")["code"]
    except RoadieError as error:
        say(f"warning: the page cannot be opened: {error.message}")
        return
    address = f"{runtime.base_url}/open?code={code}"
    if not webbrowser.open(address):
        say(f"No browser here could be started. Within two minutes, open {address}")


def _cancel_when_stdin_closes(serving: asyncio.Future[None]) -> None:
    """How a daemon that a command started for itself learns that the command is gone, however it went."""
    loop = asyncio.get_running_loop()

    def wait() -> None:
        # Not sys.stdin: its lock, held by this thread, would stand in the way of the interpreter's end.
        while os.read(STDIN, 4096):
            pass
        if not loop.is_closed():
            loop.call_soon_threadsafe(serving.cancel)

    threading.Thread(target=wait, daemon=True).start()
