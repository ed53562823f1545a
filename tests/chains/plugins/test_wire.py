"""Messages between a host and its child arrive whole and in order, whatever pieces the pipe makes of them."""

from __future__ import annotations

import os
import struct
import sys
from multiprocessing import Pipe
from threading import Thread

import pytest

from daemon.chains.plugins.wire import wire

MESSAGES = [b"", b"one", bytes(200_000), *(str(n).encode() for n in range(5000))]


def test_messages_of_any_size_arrive_whole_and_in_order() -> None:
    ours, theirs = (wire(end) for end in Pipe())

    def say() -> None:
        for message in MESSAGES:
            theirs.send(message)
        theirs.close()

    speaker = Thread(target=say)
    speaker.start()
    assert [ours.receive() for _ in MESSAGES] == MESSAGES
    speaker.join()
    assert ours.has(5)
    with pytest.raises(EOFError):
        ours.receive()
    ours.close()


@pytest.mark.skipif(sys.platform == "win32", reason="its pipes keep messages apart by themselves")
def test_what_a_broken_child_writes_is_never_waited_for() -> None:
    """A length and half of the message, then nothing: no message. A length that cannot be: an error, at once."""
    end, child = Pipe()
    ours = wire(end)
    os.write(child.fileno(), struct.pack("<I", 8) + b"half")
    assert not ours.has(0) and not ours.has(0)
    os.write(child.fileno(), b"half" + b"\xff\xff\xff\xff")
    assert ours.has(0) and ours.receive() == b"halfhalf"
    assert ours.has(0)
    with pytest.raises(ValueError):
        ours.receive()
    child.close()
    ours.close()


def test_an_end_that_goes_with_messages_unread_ends_like_any_other() -> None:
    """Orders are sent ahead: a child that crashes has not read them all. What it said before is still heard."""
    end, child = Pipe()
    ours, theirs = wire(end), wire(child)
    ours.send(b"never read")
    theirs.send(b"said before")
    theirs.close()
    assert ours.has(5) and ours.receive() == b"said before"
    assert ours.has(5)
    with pytest.raises(EOFError):
        ours.receive()
    ours.close()
