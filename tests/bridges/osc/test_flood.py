"""How much of one sender is looked at, with a clock of its own; and what the kernel drops of it, with real sockets."""

from __future__ import annotations

import math
import socket
import sys
from collections import Counter

import pytest

from bridges.osc.addresses import ADDRESSES
from bridges.osc.flood import REST, Flood
from bridges.osc.gate import EACH_S, LEAST_SHARE, Gate
from bridges.osc.namespace import Namespace
from bridges.osc.packet import bundle
from bridges.osc.peers import Peer
from tests.bridges.osc.conftest import message

PING, RUN = message("/roadie/ping"), message("/roadie/run", "stems", "/a.wav", "ref=1")
SELECTED, CANCEL = message("/roadie/selected/run/stems", 1.0), message("/roadie/slot/3/cancel", 1.0)
LEAST_OPENS_S = EACH_S * (1 + math.log2(1 / LEAST_SHARE))
"""A second in which its share was cut, and those in which it doubles."""


class Clock:
    now_s = 100.0

    def monotonic(self) -> float:
        return self.now_s


def flood_of(clock: Clock, passes: float = 1.0) -> tuple[Flood, list[tuple[Peer, bytes]]]:
    """And what was told to be spent. passes: the share that a gate before it lets through."""
    spent: list[tuple[Peer, bytes]] = []
    return Flood(Namespace(ADDRESSES), clock, lambda *told: spent.append(told), lambda *_: passes), spent


def admitted(flood: Flood, data: bytes, peer: Peer, count: int) -> int:
    return sum(flood.admits(data, peer) for _ in range(count))


def test_each_sender_has_an_allowance_and_each_request_one_beside_it():
    clock = Clock()
    flood, spent = flood_of(clock)
    noisy, quiet = Peer("udp", "127.0.0.1", 1), Peer("udp", "127.0.0.1", 2)
    assert admitted(flood, PING, noisy, 10_000) == 1000
    assert set(spent) == {(noisy, REST)}
    assert admitted(flood, b"\xff junk", noisy, 100) == 0
    assert admitted(flood, SELECTED, noisy, 5000) == 500  # a button that is stuck
    assert set(spent) == {(noisy, REST), (noisy, b"/roadie/selected/run/")}
    assert admitted(flood, RUN, noisy, 100) == 100
    assert admitted(flood, CANCEL, noisy, 5) == 5
    assert admitted(flood, message("/roadie/runner"), noisy, 5) == 0  # only begins like one
    assert admitted(flood, PING, quiet, 100) == 100
    clock.now_s += 0.5
    assert admitted(flood, PING, noisy, 10_000) == 125
    assert admitted(flood, SELECTED, noisy, 5000) == 50
    clock.now_s += 3600
    assert admitted(flood, PING, noisy, 10_000) == 1000


def each_second(flood: Flood, clock: Clock, peer: Peer, per_s: int, seconds: int) -> list[int]:
    """How many of so many a second are admitted in each of them."""
    found = []
    for _ in range(seconds):
        taken = 0
        for _ in range(per_s):
            clock.now_s += 1 / per_s
            taken += flood.admits(PING, peer)
        found.append(taken)
    return found


@pytest.mark.parametrize("passes", [1.0, 1 / 64], ids=["all of it seen", "a gate before it"])
def test_the_noise_of_who_floods_is_hardly_read_until_it_ends(passes: float):
    clock = Clock()
    flood, _ = flood_of(clock, passes)
    sender = Peer("udp", "127.0.0.1", 1)
    flooded = each_second(flood, clock, sender, int(10_000 * passes), 20)
    assert max(flooded[10:]) < 20
    assert flood.admits(RUN, sender)
    calm = each_second(flood, clock, sender, int(200 * passes), 10)
    assert calm[-1] == int(200 * passes)


def test_who_sends_a_little_too_much_keeps_the_allowance():
    clock = Clock()
    flood, _ = flood_of(clock)
    assert each_second(flood, clock, Peer("udp", "127.0.0.1", 1), 400, 30)[-1] == pytest.approx(250, abs=2)


def test_a_bundle_costs_what_it_holds():
    flood, _ = flood_of(Clock())
    sender, full = Peer("udp", "127.0.0.1", 1), bundle([PING] * 400)
    for _ in range(3):
        assert flood.admits(full, sender)
        flood.charge(full, sender, 399)
    assert not flood.admits(PING, sender)


def test_what_may_lack_a_message_is_known_until_the_gate_is_open_again():
    clock = Clock()
    flood, _ = flood_of(clock)
    noisy, busy, turned_away = (Peer("udp", "127.0.0.1", port) for port in (1, 2, 3))
    admitted(flood, PING, noisy, 1000)
    admitted(flood, RUN, busy, 5000)
    assert not flood.may_lack(noisy) and not flood.may_lack(busy)
    admitted(flood, PING, noisy, 1)
    flood.lose(turned_away)
    clock.now_s += LEAST_OPENS_S
    assert flood.may_lack(noisy) and flood.may_lack(turned_away)
    clock.now_s += 60
    assert not flood.may_lack(noisy) and not flood.may_lack(turned_away)


def test_senders_without_end_cost_no_memory():
    flood, _ = flood_of(Clock())
    for port in range(5000):
        assert flood.admits(b"/x", Peer("udp", "127.0.0.1", port))
    assert len(flood._buckets) <= 1024


def heard(sock: socket.socket) -> list[bytes]:
    found = []
    while True:
        try:
            found.append(sock.recv(65_536))
        except BlockingIOError:
            return found


@pytest.mark.skipif(sys.platform != "linux", reason="the kernel drops datagrams for a program on Linux only")
async def test_the_kernel_drops_most_of_what_is_spent_and_nothing_else():
    ear = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    ear.bind(("127.0.0.1", 0))
    ear.setblocking(False)
    noisy, busy, other = senders = [socket.socket(socket.AF_INET, socket.SOCK_DGRAM) for _ in range(3)]
    everything = [PING, RUN, SELECTED, CANCEL, b"", b"/", b"\xff" * 3, message("/roadie/runner"), bundle([RUN])]
    gate = Gate(ear, Namespace(ADDRESSES).weighty_beginnings())

    def passed(sender: socket.socket, times: int = 200) -> Counter[bytes]:
        found: Counter[bytes] = Counter()
        for each in everything:
            for _ in range(times):
                sender.send(each)
            found.update(heard(ear))
        return found

    def few(found: Counter[bytes], times: int = 200) -> set[bytes]:
        """A 16th passes: of 200 fewer than 50 and, of all kinds together, more than none."""
        assert all(count == times or count < times / 4 for count in found.values()), found
        return {each for each in everything if found[each] < times}

    try:
        for sender in senders:
            sender.connect(ear.getsockname())
        gate.shut(noisy.getsockname(), REST)
        gate.shut(noisy.getsockname(), b"/roadie/selected/run/")
        gate.shut(busy.getsockname(), b"/roadie/run\0")
        found = passed(noisy)
        assert few(found) == set(everything) - {RUN, CANCEL} and sum(found.values()) > 400
        assert few(passed(busy)) == {RUN}
        assert few(passed(other)) == set()
        for _ in range(10):  # seconds in which nothing is too much
            gate.look()
        assert few(passed(noisy)) == set()
        gate.open()
    finally:
        for sock in (ear, *senders):
            sock.close()
