"""Whether the JACK server is there still.

Its library says when the server ends, which RtMidi does not pass on, and the names of ports stay in shared memory. The
functions are those of jack/jack.h (`jack_on_shutdown`), of the library that RtMidi has loaded into this process.
"""

from __future__ import annotations

import ctypes
import sys
from collections.abc import Callable
from pathlib import Path

_NO_START_SERVER = 1  # JackNoStartServer of jack/types.h
_Shutdown = ctypes.CFUNCTYPE(None, ctypes.c_void_p)


class JackWatch:
    """ended: called on a thread of JACK's when the server has ended. Watches nothing where the library is not found."""

    def __init__(self, ended: Callable[[], None]) -> None:
        self._client: int | None = None
        self._ended = _Shutdown(lambda _: ended())  # kept: JACK calls it for as long as the client is there
        path = _loaded()
        if path is None:
            return
        self._library = _declared(ctypes.CDLL(path))
        self._client = self._library.jack_client_open(b"roadie watch", _NO_START_SERVER, None)
        if self._client is None:
            return
        self._library.jack_on_shutdown(self._client, self._ended, None)
        self._library.jack_activate(self._client)

    def close(self) -> None:
        client, self._client = self._client, None
        if client is not None:
            self._library.jack_client_close(client)


def _loaded() -> str | None:
    if sys.platform != "linux":
        return None
    mapped = (line.split(maxsplit=5) for line in Path("/proc/self/maps").read_text().splitlines())
    return next(
        (each[5] for each in mapped if len(each) == 6 and Path(each[5]).name.startswith("libjack")), None
    )


def _declared(library: ctypes.CDLL) -> ctypes.CDLL:
    library.jack_client_open.restype = ctypes.c_void_p
    library.jack_client_open.argtypes = [ctypes.c_char_p, ctypes.c_int, ctypes.c_void_p]
    library.jack_on_shutdown.restype = None
    library.jack_on_shutdown.argtypes = [ctypes.c_void_p, _Shutdown, ctypes.c_void_p]
    for function in (library.jack_activate, library.jack_client_close):
        function.argtypes = [ctypes.c_void_p]
    return library
