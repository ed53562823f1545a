"""Bundles: in one piece, in order, at their time."""

from __future__ import annotations

import asyncio
import struct
import time
from collections.abc import Iterator
from typing import Any

import pytest

from bridges.osc.later import MAX_OF_ONE, Later, by_time
from bridges.osc.packet import Message
from bridges.osc.peers import Peer
from tests.bridges.osc.conftest import Stage, message

ONE, OTHER = Peer("udp", "127.0.0.1", 9001), Peer("udp", "127.0.0.1", 9002)
_1900_TO_1970_S = 2_208_988_800
NOW = 1


def bundle(tag: int, *messages: bytes) -> bytes:
    return (
        b"#bundle\0"
        + struct.pack(">Q", tag)
        + b"".join(struct.pack(">i", len(each)) + each for each in messages)
    )


def ahead(seconds: float) -> int:
    return int((time.time() + seconds + _1900_TO_1970_S) * 2**32)


@pytest.mark.asyncio(loop_scope="module")
@pytest.mark.parametrize("seconds", [0.0, 0.3])
async def test_what_is_selected_in_a_bundle_is_what_its_run_takes(staged: Stage, seconds: float):
    """At once and at a time to come: the selection is cleared by the last message of the bundle, after the run."""
    surface = staged.surface()
    song = staged.song(f"bundle {seconds}.wav")
    surface.send("/roadie/subscribe", 0, 60)
    tag = ahead(seconds) if seconds else NOW
    for _ in range(5):
        surface.send_raw(bundle(
            tag, message("/roadie/select", str(song)), message("/roadie/selected/run/light", 1.0),
            message("/roadie/select", ""),
        ))  # fmt: skip
    states = await surface.until("/roadie/job/state", "done")
    assert not [each.args for each in states if each.address == "/roadie/error"]
    assert any(each.args == [f"light: {song.name}"] for each in states)


@pytest.mark.asyncio(loop_scope="module")
@pytest.mark.parametrize(
    "wrong", [("/roadie/select", "/etc/passwd"), ("/roadie/select", 5), ("/roadie/selekt", "x")]
)
async def test_a_bundle_whose_select_fails_runs_nothing(staged: Stage, wrong: tuple[str, Any]):
    surface = staged.surface()
    surface.send("/roadie/subscribe", 0, 60)
    old = staged.song("old selection.wav")
    surface.send("/roadie/select", str(old))
    await surface.until("/roadie/selection", str(old))
    surface.send_raw(bundle(NOW, message(*wrong), message("/roadie/selected/run/light", 1.0)))
    said = [(await surface.next("/roadie/error")).args for _ in range(2)]
    assert (
        "something before it in its bundle failed" in said[1][2] and said[1][3] == "/roadie/selected/run/light"
    )
    assert not [each for each in await surface.silence(0.5) if each.args == [f"light: {old.name}"]]


@pytest.mark.asyncio(loop_scope="module")
async def test_what_is_quick_waits_for_what_stands_before_it(staged: Stage):
    surface = staged.surface()
    jobs, ping = message("/roadie/jobs", "ref=first"), message("/roadie/ping", "ref=second")
    surface.send_raw(bundle(NOW, jobs, ping))
    heard = await surface.until("/roadie/pong")
    assert heard[-2].address == "/roadie/jobs/done"


@pytest.mark.asyncio(loop_scope="module")
@pytest.mark.parametrize(
    "value", ["9" * 5000, "0x" + "F" * 3000, "{" + ".".join("a" * 30_000) + "=1}", "[" * 4000, "9" * 4000]
)
async def test_an_option_beyond_measure_is_told_and_costs_nobody(staged: Stage, value: str):
    surface, other = staged.surface(), staged.surface()
    other.send_raw(bundle(ahead(0.5), message("/roadie/ping", "ref=later")))
    song = str(staged.song("options.wav"))
    surface.send_raw(
        bundle(ahead(0.2), message("/roadie/run", "light", song, f"slices.x={value}", "ref=timed"))
    )
    surface.send("/roadie/run", "light", song, f"slices.x={value}", "ref=odd")
    surface.send("/roadie/ping", "ref=after")
    heard = [await surface.next("/roadie/error", "/roadie/pong", timeout_s=20) for _ in range(3)]
    assert sorted(each.args[0] for each in heard) == ["after", "odd", "timed"]
    assert (await other.next("/roadie/pong")).args[0] == "later"


@pytest.mark.asyncio(loop_scope="module")
async def test_a_bundle_within_another_is_not_done_before_it(staged: Stage):
    surface = staged.surface()
    begun = time.time()
    surface.send_raw(bundle(ahead(0.5), bundle(NOW, message("/roadie/ping", "ref=inner"))))
    await surface.next("/roadie/pong")
    assert time.time() - begun > 0.4


@pytest.mark.asyncio(loop_scope="module")
async def test_a_bundle_that_ends_with_a_ping_is_answered_where_it_says(staged: Stage):
    sender, ear = staged.surface("127.0.0.1"), staged.surface("127.0.0.1")
    subscribe = message("/roadie/subscribe", ear.own_port, 5)
    sender.send_raw(bundle(NOW, subscribe, message("/roadie/ping", "ref=in order")))
    assert (await ear.next("/roadie/pong")).args[0] == "in order"
    assert await sender.silence(0.2) == []


@pytest.mark.asyncio(loop_scope="module")
async def test_a_long_bundle_is_taken_and_one_that_is_too_long_is_told(staged: Stage):
    surface = staged.surface()
    selects = [message("/roadie/select", "") for _ in range(200)]
    surface.send_raw(bundle(NOW, *selects, message("/roadie/jobs", "ref=end")))
    heard = await surface.until("/roadie/jobs/done", "end")
    assert not [each.args for each in heard if each.address == "/roadie/error"]
    surface.send_raw(bundle(NOW, *selects, *selects))
    error = await surface.next("/roadie/error")
    assert error.args[1] == "bad_parameter" and "400 things" in error.args[2]


@pytest.mark.asyncio(loop_scope="module")
async def test_after_a_refused_message_what_may_rely_on_it_is_refused_too(staged: Stage):
    """A burst in which the selection finds no room must not run its recipe on another file."""
    surface = staged.surface()
    wrong, right = staged.song("wrong.wav"), staged.song("right.wav")
    surface.send("/roadie/subscribe", 0, 60)
    surface.send("/roadie/select", str(wrong))
    await surface.until("/roadie/selection", str(wrong))
    for _ in range(600):
        surface.send("/roadie/jobs")
    surface.send("/roadie/select", str(right))
    surface.send("/roadie/selected/run/light", 1.0)
    heard = await surface.silence(3.0)
    assert [each for each in heard if each.address == "/roadie/error" and each.args[1] == "busy"]
    assert not [each for each in heard if each.args == [f"light: {wrong.name}"]]


@pytest.fixture
def later() -> Iterator[tuple[Later, list[tuple[str, Peer]]]]:
    taken: list[tuple[str, Peer]] = []
    waiting = Later(lambda messages, peer: taken.extend((each.address, peer) for each in messages))
    yield waiting, taken
    waiting.close()


def words(*addresses: str) -> list[Message]:
    return [Message(each) for each in addresses]


async def test_groups_of_one_time_come_in_the_order_in_which_they_came(
    later: tuple[Later, list[tuple[str, Peer]]],
) -> None:
    waiting, taken = later
    at_s = time.time() + 0.2
    waiting.put(words("/late"), at_s + 0.1, ONE)
    for number in range(20):
        assert waiting.put(words(f"/{number}a", f"/{number}b"), at_s, ONE) == ""
    waiting.put(words("/early"), at_s - 0.1, OTHER)
    async with asyncio.timeout(30):
        while len(taken) < 42:  # noqa: ASYNC110 - it comes by the clock
            await asyncio.sleep(0.02)
    groups = [f"/{number}{part}" for number in range(20) for part in "ab"]
    assert [address for address, _ in taken] == ["/early", *groups, "/late"]


async def test_a_sender_that_fills_its_share_leaves_the_others_theirs(
    later: tuple[Later, list[tuple[str, Peer]]],
) -> None:
    waiting, taken = later
    at_s = time.time() + 0.3
    many = words(*["/x"] * MAX_OF_ONE)
    assert waiting.put(many, at_s, ONE) == ""
    assert "too many messages" in waiting.put(words("/y"), at_s, ONE)
    assert waiting.put(words("/z"), at_s, OTHER) == ""
    assert "3700 s ahead, more than an hour" in waiting.put(words("/z"), time.time() + 3700.4, OTHER)
    await asyncio.sleep(0.5)
    assert len(taken) == MAX_OF_ONE + 1
    assert waiting.put(many, time.time() + 60, ONE) == ""  # its share is free again


def test_messages_are_grouped_by_their_time_and_keep_their_order() -> None:
    sent = [
        Message("/a", at_s=5.0),
        Message("/b"),
        Message("/c", at_s=9.0),
        Message("/d", at_s=5.0),
        Message("/e", at_s=1.0),
    ]
    groups = {at_s: [each.address for each in group] for at_s, group in by_time(sent, 2.0).items()}
    assert groups == {5.0: ["/a", "/d"], 0.0: ["/b", "/e"], 9.0: ["/c"]}
