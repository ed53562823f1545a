"""Whole messages through a duplex pipe between a host and its child.

`multiprocessing`'s own connection does the same in a dozen calls a message, which counts when there is one for every
short sound: so only Windows, whose pipes keep messages apart by themselves, uses it for more than holding the pipe.
"""

from __future__ import annotations

import os
import select
import struct
import sys
from multiprocessing.connection import Connection
from typing import Protocol

_HEAD = struct.Struct("<I")
_READ_BYTES = 1 << 16
_MOST_BYTES = 64 << 20


class Wire(Protocol):
    def send(self, message: bytes) -> None:
        """Raises OSError when nobody listens any more."""
        ...

    def has(self, timeout_s: float) -> bool:
        """Whether `receive` has something to say at once: a message, or that there will be no more."""
        ...

    def receive(self) -> bytes:
        """Waits for it. Raises EOFError at the end of all messages, ValueError for what is none, OSError."""
        ...

    def close(self) -> None: ...


def wire(pipe: Connection) -> Wire:
    """Over one end of a pipe, which is closed with it."""
    return _Pipe(pipe) if sys.platform == "win32" else _Stream(pipe)


class _Stream:
    """Each message behind its length. What is there is read at once, also when it is many messages."""

    def __init__(self, pipe: Connection) -> None:
        self._pipe = pipe
        self._handle = pipe.fileno()
        self._poll = select.poll()
        self._poll.register(self._handle, select.POLLIN)
        self._got = b""
        self._at = 0  # what is before it in `_got` was handed on
        self._ended = False

    def send(self, message: bytes) -> None:
        data = _HEAD.pack(len(message)) + message
        done = os.write(self._handle, data)
        while done < len(data):
            done += os.write(self._handle, data[done:])

    def has(self, timeout_s: float) -> bool:
        if not self._whole() and self._poll.poll(timeout_s * 1000):
            self._read()
        return self._ended or self._whole()

    def receive(self) -> bytes:
        while not self._whole():
            if self._ended:
                raise EOFError
            self._read()
        start = self._at + _HEAD.size
        size = self._size()
        if size > _MOST_BYTES:
            raise ValueError("not the length of a message")
        self._at = start + size
        return self._got[start : self._at]

    def _read(self) -> None:
        try:
            more = os.read(self._handle, _READ_BYTES)
        except ConnectionResetError:  # Linux says so of an other end that closed with messages unread in it
            more = b""
        self._ended = not more
        self._got = self._got[self._at :] + more
        self._at = 0

    def _whole(self) -> bool:
        """Also of a length that cannot be: there is nothing to wait for."""
        there = len(self._got) - self._at - _HEAD.size
        return there >= 0 and (there >= (size := self._size()) or size > _MOST_BYTES)

    def _size(self) -> int:
        return int(_HEAD.unpack_from(self._got, self._at)[0])

    def close(self) -> None:
        self._pipe.close()


class _Pipe:
    def __init__(self, pipe: Connection) -> None:
        self._pipe = pipe
        self.send = pipe.send_bytes
        self.has = pipe.poll
        self.receive = pipe.recv_bytes
        self.close = pipe.close
