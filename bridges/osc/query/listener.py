"""One WebSocket of an OSCQuery client: says which values it wants, gets them as OSC packets when they change."""

from __future__ import annotations

import asyncio
from typing import Any

import msgspec
from aiohttp import WSMsgType, web

from bridges.osc.feedback import Feedback
from bridges.osc.packet import encode

HEARTBEAT_S = 20.0
MAX_MESSAGE = 65_536


class Listening:
    """What waits to be sent is the newest value of each address, so a slow client costs no more than a quick one."""

    def __init__(self, socket: web.WebSocketResponse, feedback: Feedback) -> None:
        self._socket = socket
        self._feedback = feedback
        self._wanted: set[str] = set()
        self._waiting: dict[str, bytes] = {}
        self._woken = asyncio.Event()

    async def run(self) -> None:
        """Until the client leaves."""
        sending = asyncio.create_task(self._send_all(), name="oscquery-listener")
        self._feedback.listen(self._changed)
        try:
            async for message in self._socket:
                # Anything else, OSC packets too, would be a way to change something: this port is read-only.
                if message.type is WSMsgType.TEXT:
                    await self._command(message.data)
        finally:
            self._feedback.unlisten(self._changed)
            sending.cancel()
            await asyncio.gather(sending, return_exceptions=True)

    async def _command(self, text: str) -> None:
        try:
            said: Any = msgspec.json.decode(text)
        except msgspec.DecodeError:
            return
        if not isinstance(said, dict) or not isinstance(said.get("DATA"), str):
            return
        address = said["DATA"]
        if said.get("COMMAND") == "IGNORE":
            self._wanted.discard(address)
        elif said.get("COMMAND") == "LISTEN":
            await self._feedback.awake()
            values = self._feedback.values()
            if address in values:
                self._wanted.add(address)
                self._changed(address, encode(address, values[address]))

    def _changed(self, address: str, packet: bytes) -> None:
        if address in self._wanted:
            self._waiting[address] = packet
            self._woken.set()

    async def _send_all(self) -> None:
        while True:
            await self._woken.wait()
            self._woken.clear()
            waiting, self._waiting = self._waiting, {}
            for packet in waiting.values():
                await self._socket.send_bytes(packet)
