"""Connections that stay open, so that a stop can end them."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager


class OpenStreams:
    """Each stream waits for its own event besides its work, and says goodbye when it is set."""

    def __init__(self) -> None:
        self._goodbyes: set[asyncio.Event] = set()
        self._closed = False

    @contextmanager
    def opened(self) -> Iterator[asyncio.Event]:
        """An event that is set when the stream is to end; at once, when everything is ending already."""
        goodbye = asyncio.Event()
        if self._closed:
            goodbye.set()
        self._goodbyes.add(goodbye)
        try:
            yield goodbye
        finally:
            self._goodbyes.discard(goodbye)

    def close_all(self) -> None:
        self._closed = True
        for goodbye in self._goodbyes:
            goodbye.set()

    def __len__(self) -> int:
        return len(self._goodbyes)
