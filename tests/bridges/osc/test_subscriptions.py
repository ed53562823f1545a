"""Who gets feedback, told apart by where it goes."""

from __future__ import annotations

import pytest

from bridges.osc.peers import Peer
from bridges.osc.subscriptions import MAX_OF_A_HOST, MAX_SUBSCRIBERS, Subscriptions
from daemon.kernel.errors import Conflict
from tests.fakes.clock import FakeClock

EAR = 9000


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def subscriptions(clock: FakeClock) -> Subscriptions:
    return Subscriptions(clock)


def sender(port: int, host: str = "127.0.0.1", transport: str = "udp") -> Peer:
    return Peer(transport, host, port)


def test_a_program_that_sends_from_a_new_port_each_time_is_one_subscriber(subscriptions: Subscriptions) -> None:
    for port in range(20_000, 21_000):
        subscriptions.add(sender(port), EAR, 60)
    assert subscriptions.targets() == [sender(EAR)] and len(subscriptions) == 1
    subscriptions.end(sender(30_000), EAR)
    assert not subscriptions.targets()


def test_answers_go_where_the_sender_had_feedback_sent(subscriptions: Subscriptions, clock: FakeClock) -> None:
    one = sender(20_000)
    assert subscriptions.reply_to(one) == one and subscriptions.left_s(one) is None
    subscriptions.add(one, EAR, 60)
    assert subscriptions.reply_to(one) == sender(EAR) and subscriptions.left_s(one) == 60
    clock.advance(61)
    assert subscriptions.reply_to(one) == one and subscriptions.left_s(one) is None and not len(subscriptions)


def test_with_port_0_a_sender_ends_what_it_began(subscriptions: Subscriptions) -> None:
    subscriptions.add(sender(20_000), EAR, 60)
    subscriptions.end(sender(20_000), 0)
    assert not len(subscriptions)
    subscriptions.add(sender(20_000), 0, 60)
    subscriptions.end(sender(20_000), 0)
    assert not len(subscriptions)


def test_one_machine_cannot_take_every_place(subscriptions: Subscriptions, clock: FakeClock) -> None:
    for port in range(MAX_OF_A_HOST):
        subscriptions.add(sender(9000 + port), 0, 60)
    with pytest.raises(Conflict, match=f"{MAX_OF_A_HOST} of this machine"):
        subscriptions.add(sender(20_000), 0, 60)
    subscriptions.add(sender(9000), 0, 90)  # a renewal is no new one
    for port in range(MAX_SUBSCRIBERS - MAX_OF_A_HOST):
        subscriptions.add(sender(9000 + port, "192.168.1.9"), 0, 60)
    with pytest.raises(Conflict):
        subscriptions.add(sender(20_000, "192.168.1.10"), 0, 60)
    clock.advance(61)
    subscriptions.add(sender(20_000, "192.168.1.10"), 0, 60)
    assert len(subscriptions) == 2


def test_a_connection_gets_its_feedback_itself(subscriptions: Subscriptions) -> None:
    one = sender(20_000, transport="tcp")
    subscriptions.add(one, EAR, 60)
    assert subscriptions.targets() == [one]
    subscriptions.remove(one)
    assert not subscriptions.targets()
