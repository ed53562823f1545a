"""Many messages in few datagrams, none of them larger than travels in one piece."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from bridges.osc.packet import bundle

MAX_BYTES = 1400
"""What an Ethernet frame carries, less the headers. One message that is longer goes alone, as it is."""
_HEAD, _EACH = 16, 4


def packs(packets: Iterable[bytes]) -> Iterator[bytes]:
    waiting: list[bytes] = []
    size = _HEAD
    for packet in packets:
        if waiting and size + _EACH + len(packet) > MAX_BYTES:
            yield _joined(waiting)
            waiting, size = [], _HEAD
        waiting.append(packet)
        size += _EACH + len(packet)
    if waiting:
        yield _joined(waiting)


def _joined(packets: list[bytes]) -> bytes:
    return packets[0] if len(packets) == 1 else bundle(packets)
