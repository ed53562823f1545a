"""From a packet to what it asks for. Whatever arrives, the worst it gets is an answer."""

from __future__ import annotations

import logging
import time
from dataclasses import replace

from bridges.osc.arguments import check
from bridges.osc.call import Call, Context, Piece
from bridges.osc.complaints import Complaints
from bridges.osc.flood import LACKS_S, NOISE, REQUESTS, Flood
from bridges.osc.inbox import MAX_WAITING, Inbox
from bridges.osc.later import Later, by_time
from bridges.osc.namespace import Namespace, Node
from bridges.osc.options import ref_of
from bridges.osc.packet import BadPacket, Message, TooMuch, decode
from bridges.osc.pattern import BadPattern
from bridges.osc.peers import Peer
from bridges.osc.table import Access
from daemon.kernel.errors import RoadieError

log = logging.getLogger(__name__)

_AFTER_FAILURE = "not done, because something before it in its bundle failed"
_AFTER_LOSS = (
    f"not done, because messages of yours were dropped within the last {LACKS_S:g} s, and with them perhaps what it "
    "relies on. Send fewer, then select again"
)


class Dispatcher:
    def __init__(self, namespace: Namespace, context: Context, complaints: Complaints, flood: Flood) -> None:
        self._namespace = namespace
        self._context = context
        self._complaints = complaints
        self._flood = flood
        self._inbox = Inbox(self._run)
        self._later = Later(self._take)

    def receive(self, data: bytes, peer: Peer) -> bool:
        """On the event loop; returns at once, whatever the packet says. False: it is no OSC, not even an address can
        be read of it."""
        if not self._flood.admits(data, peer):
            why = (
                f"more than {NOISE.each_second:g} messages a second, or than {REQUESTS.each_second:g} of one request; "
                "those beyond are not read. Send fewer"
            )
            self._complaints.tell(peer, "", "busy", why, "")
            return True
        try:
            messages = decode(data)
        except BadPacket as error:
            self._complaints.tell(
                peer, "", "not_osc", f"{error}; nothing of this packet was done", error.address
            )
            return bool(error.address) or isinstance(error, TooMuch)
        if len(messages) > 1:
            self._flood.charge(data, peer, len(messages) - 1)
        for at_s, group in by_time(messages, time.time()).items():
            if at_s:
                self._put_off(group, at_s, peer)
            else:
                self._take(group, peer)
        return True

    async def close(self) -> None:
        self._later.close()
        await self._inbox.close()

    def _put_off(self, messages: list[Message], at_s: float, peer: Peer) -> None:
        why = self._later.put(messages, at_s, peer)
        if why:
            first = messages[0]
            self._complaints.tell(peer, ref_of(first.args), "bad_parameter", f"{why}; not done", first.address)

    def _take(self, messages: list[Message], peer: Peer) -> None:
        """Messages of one bundle are in one piece and in order: all of them find room, or none."""
        try:
            calls = self._begun(messages, peer)
        except Exception:
            # A mistake of ours must not stop what others wait for.
            log.exception("an OSC packet went wrong")
            why = "this is a mistake of roadie's; its log has more"
            self._complaints.tell(peer, ref_of(messages[0].args), "internal", why, messages[0].address)
            return
        if calls:
            self._wait(calls, peer)

    def _begun(self, messages: list[Message], peer: Peer) -> list[Call]:
        """What is quick is done, as far as nothing stands before it that has to wait; the rest is returned."""
        waiting: list[Call] = []
        piece = Piece()
        for message in messages:
            for call in self._calls(message, peer, piece):
                if call.row.relies and piece.failed:
                    self._complaints.tell(peer, call.ref, "conflict", _AFTER_FAILURE, call.address)
                elif call.row.relies and self._flood.may_lack(peer):
                    self._complaints.tell(peer, call.ref, "busy", _AFTER_LOSS, call.address)
                elif waiting:
                    waiting.append(call)
                elif self._quick(call) and call.row.handler is not None:
                    waiting.append(replace(call, begun=True))
        piece.failed = False  # from now on by what is done, in its order
        return waiting

    def _wait(self, calls: list[Call], peer: Peer) -> None:
        first = calls[0]
        if len(calls) > MAX_WAITING:
            why = f"a bundle asks for {len(calls)} things; {MAX_WAITING} are taken together. Send smaller ones"
            self._complaints.tell(peer, first.ref, "bad_parameter", why, first.address)
        elif not self._inbox.put(peer, calls):
            if peer not in self._inbox:
                self._flood.lose(peer)
            why = "too much is waiting already; this was not done. Send it again"
            self._complaints.tell(peer, first.ref, "busy", why, first.address)

    def _calls(self, message: Message, peer: Peer, piece: Piece) -> list[Call]:
        found = []
        nodes = self._nodes(message, peer)
        for node in nodes:
            try:
                values, options = check(node.row, message.args)
            except RoadieError as error:
                piece.failed = True
                self._complaints.tell(peer, ref_of(message.args), error.code, error.message, node.address)
                continue
            if node.row.button and not values[-1]:
                continue  # the release of a button
            found.append(Call(self._context, node.row, node.address, node.path, values, options, peer, piece))
        piece.failed |= not nodes
        return found

    def _nodes(self, message: Message, peer: Peer) -> list[Node]:
        try:
            nodes = self._namespace.find(message.address)
        except BadPattern as error:
            self._complaints.tell(peer, ref_of(message.args), "bad_parameter", str(error), message.address)
            return []
        taken = [node for node in nodes if node.row.access is Access.IN]
        if not taken:
            why = "roadie sends this and takes nothing there" if nodes else "there is no such address"
            hint = "docs/osc.md and OSCQuery list every address"
            self._complaints.tell(peer, ref_of(message.args), "not_found", f"{why}. {hint}", message.address)
        return taken

    def _quick(self, call: Call) -> bool:
        """What is done at once, if anything; whether it may go on."""
        try:
            if call.row.quick is not None:
                call.row.quick(call)
        except RoadieError as error:
            call.piece.failed = True
            self._complaints.tell(call.peer, call.ref, error.code, error.message, call.address)
            return False
        return True

    async def _run(self, call: Call) -> None:
        if call.row.relies and call.piece.failed:
            self._complaints.tell(call.peer, call.ref, "conflict", _AFTER_FAILURE, call.address)
        elif call.begun or self._quick(call):
            await self._handle(call)

    async def _handle(self, call: Call) -> None:
        try:
            if call.row.handler is not None:
                await call.row.handler(call)
        except RoadieError as error:
            call.piece.failed = True
            info = error.info()  # of a file that another process could not read, the reason that it gave
            self._complaints.tell(call.peer, call.ref, info.code, info.message, call.address)
        except Exception:
            call.piece.failed = True
            # A mistake of ours must not end the sender's queue; it is told and kept for the report.
            log.exception("the OSC message to %s went wrong", call.address)
            why = "this is a mistake of roadie's; its log has more"
            self._complaints.tell(call.peer, call.ref, "internal", why, call.address)
