"""Who gets feedback, told apart by where it goes."""

from __future__ import annotations

import pytest

from bridges.osc.peers import Peer
from bridges.osc.subscriptions import MAX_OF_A_HOST, MAX_SUBSCRIBERS, Subscriptions
from tests.fakes.clock import FakeClock

EAR = 9000


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def subscriptions(clock: FakeClock) -> Subscriptions:
    return Subscriptions(clock)


def gave_way(subscriptions: Subscriptions, peer: Peer) -> Peer | None:
    old = subscriptions.add(peer, 0, 60)[1]
    return old and old.target


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


def test_where_there_are_too_many_the_one_not_renewed_for_longest_gives_way(
    subscriptions: Subscriptions,
) -> None:
    for port in range(MAX_OF_A_HOST):
        assert gave_way(subscriptions, sender(9000 + port)) is None
    subscriptions.add(sender(9000), 0, 60)
    assert gave_way(subscriptions, sender(20_000)) == sender(9001)
    assert len(subscriptions) == MAX_OF_A_HOST
    for port in range(MAX_SUBSCRIBERS - MAX_OF_A_HOST):
        assert gave_way(subscriptions, sender(9000 + port, "192.168.1.9")) is None
    # A machine that has few loses none to another.
    assert gave_way(subscriptions, sender(20_000, "192.168.1.10")) == sender(9002)
    assert len(subscriptions) == MAX_SUBSCRIBERS


def test_answers_go_where_they_should_however_many_others_renew(subscriptions: Subscriptions) -> None:
    one = sender(20_000, "127.0.0.2")
    subscriptions.add(one, EAR, 60)
    for port in range(21_000, 22_000):
        subscriptions.add(sender(port), EAR + port % 8, 60)
    assert subscriptions.reply_to(one) == one._replace(port=EAR)
    assert subscriptions.reply_to(sender(21_999)) == sender(EAR + 21_999 % 8)
    subscriptions.add(one, EAR + 1, 60)  # it hears elsewhere from now on
    assert subscriptions.reply_to(one) == one._replace(port=EAR + 1)


def test_a_connection_gets_its_feedback_itself(subscriptions: Subscriptions) -> None:
    one = sender(20_000, transport="tcp")
    subscriptions.add(one, EAR, 60)
    assert subscriptions.targets() == [one]
    subscriptions.remove(one)
    assert not subscriptions.targets()
