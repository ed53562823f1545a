"""Is it there, who listens, what the DAW does."""

from __future__ import annotations

from collections.abc import Set

from bridges.osc.call import Call
from bridges.osc.packet import encode
from bridges.osc.packs import packs
from bridges.osc.peers import Peer
from bridges.osc.subscriptions import MAX_SECONDS
from bridges.osc.table import ROOT, Address, Arg
from daemon.services.transport import HOLDS_S
from daemon.services.types_system import TransportRequest

_TOP_BPM = 999.0
_GAVE_WAY = encode(
    f"{ROOT}/error", "", "conflict",
    "there are too many subscribers, and this one was not renewed for longest: it gets no more feedback. Renew it",
    f"{ROOT}/subscribe",
)  # fmt: skip


def ping(call: Call) -> None:
    call.reply(f"{ROOT}/pong", call.context.version)


def subscribe(call: Call) -> None:
    subscriptions, port, seconds = call.context.subscriptions, int(call.number(0)), call.number(1)
    if seconds > 0:
        renewed, gave_way = subscriptions.add(call.peer, port, seconds)
        if gave_way is not None:
            call.context.outlet.send(gave_way.target, _GAVE_WAY)
            _renew_transport(call, gave_way.peers, 0.0)
        _renew_transport(call, renewed.peers, _holds_s(call))
    else:
        ended = subscriptions.end(call.peer, port)
        holds_s = None if call.peer.transport == "tcp" else 0.0
        _renew_transport(call, {call.peer} if ended is None else ended.peers | {call.peer}, holds_s)


def _renew_transport(call: Call, peers: Set[Peer], holds_s: float | None) -> None:
    """What any of those said of the DAW whose subscription this is, whichever of them renews or ends it."""
    for peer in peers:
        call.services.selection.renew_transport(str(peer), holds_s)


async def tell_now(call: Call) -> None:
    """To a new subscriber, how everything stands."""
    context = call.context
    if call.number(1) > 0:
        await context.feedback.awake()
        target = context.subscriptions.reply_to(call.peer)
        for packet in packs(context.feedback.now()):
            context.outlet.send(target, packet)


async def transport(call: Call) -> None:
    bpm = call.number(2)
    request = TransportRequest(
        playing=bool(call.number(0)), recording=bool(call.number(1)), bpm=bpm if bpm > 0 else None
    )
    await call.services.selection.set_transport(request, str(call.peer), _holds_s(call))


def _holds_s(call: Call) -> float | None:
    """How long what this sender says of the DAW is believed: a connection tells when it ends, a subscription must be
    renewed, and of anyone else it is not known whether he is still there."""
    if call.peer.transport == "tcp":
        return None
    left_s = call.context.subscriptions.left_s(call.peer)
    return HOLDS_S if left_s is None else left_s


ADDRESSES = (
    Address(f"{ROOT}/ping", "Is roadie there, and which version", quick=ping, options=True,
            replies=(f"{ROOT}/pong",)),
    Address(
        f"{ROOT}/subscribe",
        "Feedback until so many seconds have passed; send it again to renew, with 0 seconds to end it. It begins "
        "with every slot as it is now",
        (Arg("i", "port", 0, 65535), Arg("i", "seconds", 0, MAX_SECONDS)), tell_now, quick=subscribe, hidden=True,
    ),
    Address(
        f"{ROOT}/transport",
        "What the DAW does: heavy work waits while it plays or records, when `pause_heavy` says so; bpm 0 where it is "
        "not known. Holds until the sender's subscription or connection ends, or for an hour where there is neither; "
        "send it again to renew",
        (Arg("i", "playing", 0, 1), Arg("i", "recording", 0, 1), Arg("f", "bpm", 0, _TOP_BPM)), transport, hidden=True,
    ),
)  # fmt: skip
