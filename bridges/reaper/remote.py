"""Has a REAPER that runs do one of roadie's actions, through what the user switched on of its remote control."""

from __future__ import annotations

import base64
import http.client
import socket
import time
from collections.abc import Callable

from bridges.reaper.surfaces import Osc, Web
from daemon.kernel.errors import NotFound

HOST = "127.0.0.1"
_REACHED_S = 3.0
DONE_WITHIN_S = 15.0
_LOOK_EVERY_S = 0.1
_DONE = "GET/EXTSTATE/roadie/inserted"
"""What the action tells when it has done its work."""


def trigger(surface: Web | Osc, command_id: str, sleep: Callable[[float], None] = time.sleep) -> bool | None:
    """Run an action. True when it told that it is done, False when it did not in time, None where REAPER cannot tell:
    OSC has no answers.

    Raises NotFound when nobody listens there, or refuses.
    """
    if isinstance(surface, Osc):
        _send_osc(surface.port, command_id)
        return None
    before = _ask(surface, _DONE)
    _ask(surface, f"_{command_id}")
    till = time.monotonic() + DONE_WITHIN_S
    while time.monotonic() < till:
        if _ask(surface, _DONE) != before:
            return True
        sleep(_LOOK_EVERY_S)
    return False


def _ask(web: Web, command: str) -> bytes:
    headers = {}
    if web.user:
        headers["Authorization"] = "Basic " + base64.b64encode(web.user.encode()).decode()
    connection = http.client.HTTPConnection(HOST, web.port, timeout=_REACHED_S)
    try:
        connection.request("GET", f"/_/{command}", headers=headers)
        answer = connection.getresponse()
        content = answer.read()
    except (OSError, http.client.HTTPException) as error:
        raise NotFound(
            "REAPER's web interface does not answer", where=f"{HOST}:{web.port}", why=error or type(error).__name__,
            hint="Start REAPER; the interface stands under Preferences > Control/OSC/web",
        ) from error  # fmt: skip
    finally:
        connection.close()
    if answer.status != http.client.OK:
        raise NotFound(
            "REAPER's web interface refuses", where=f"{HOST}:{web.port}", why=f"{answer.status} {answer.reason}",
            hint="REAPER reads its user and password from reaper.ini when it starts: start it again",
        )  # fmt: skip
    return content


def _send_osc(port: int, command_id: str) -> None:
    from pythonosc.osc_message_builder import OscMessageBuilder  # noqa: PLC0415 - only for those who use OSC

    message = OscMessageBuilder("/action")
    message.add_arg(f"_{command_id}", OscMessageBuilder.ARG_TYPE_STRING)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as out:
        out.sendto(message.build().dgram, (HOST, port))
