"""How much of one sender is looked at, with a clock of its own."""

from __future__ import annotations

from bridges.osc.addresses import ADDRESSES
from bridges.osc.flood import Flood
from bridges.osc.namespace import Namespace
from bridges.osc.peers import Peer
from tests.bridges.osc.conftest import message


class Clock:
    now_s = 100.0

    def monotonic(self) -> float:
        return self.now_s


def admitted(flood: Flood, data: bytes, peer: Peer, count: int) -> int:
    return sum(flood.admits(data, peer) for _ in range(count))


def test_each_sender_has_an_allowance_and_requests_have_one_beside_it():
    clock = Clock()
    flood = Flood(Namespace(ADDRESSES), clock)
    noisy, quiet = Peer("udp", "127.0.0.1", 1), Peer("udp", "127.0.0.1", 2)
    ping, run = message("/roadie/ping"), message("/roadie/run", "stems", "/a.wav", "ref=1")
    assert admitted(flood, ping, noisy, 10_000) == 2000
    assert admitted(flood, b"\xff junk", noisy, 100) == 0
    assert admitted(flood, run, noisy, 100) == 100
    assert admitted(flood, message("/roadie/selected/run/stems", 1.0), noisy, 5) == 5
    assert admitted(flood, message("/roadie/slot/3/cancel", 1.0), noisy, 5) == 5
    assert admitted(flood, message("/roadie/runner"), noisy, 5) == 0  # only begins like one
    assert admitted(flood, ping, quiet, 100) == 100
    clock.now_s += 0.5
    assert admitted(flood, ping, noisy, 10_000) == 500
    clock.now_s += 3600
    assert admitted(flood, ping, noisy, 10_000) == 2000


def test_senders_without_end_cost_no_memory():
    flood = Flood(Namespace(ADDRESSES), Clock())
    for port in range(5000):
        assert flood.admits(b"/x", Peer("udp", "127.0.0.1", port))
    assert len(flood._buckets) <= 1024
