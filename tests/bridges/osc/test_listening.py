"""One port for UDP and TCP."""

from __future__ import annotations

import socket
from contextlib import ExitStack

import pytest

from bridges.osc import listening
from daemon.kernel.errors import AlreadyRunning


def _holding(port: int) -> socket.socket:
    """Another program, which listens for TCP there."""
    return socket.create_server(("127.0.0.1", port))


def test_any_free_port_is_one_that_tcp_has_free_too(monkeypatch: pytest.MonkeyPatch) -> None:
    taken: list[int] = []
    with ExitStack() as others:
        bind_udp = listening.bind_udp

        def and_another_has_it_for_tcp(host: str, port: int) -> socket.socket:
            sock = others.enter_context(bind_udp(host, port))
            if len(taken) < 3:
                taken.append(sock.getsockname()[1])
                others.enter_context(_holding(taken[-1]))
            return sock

        monkeypatch.setattr(listening, "bind_udp", and_another_has_it_for_tcp)
        udp, tcp = (others.enter_context(each) for each in listening.bind_both("127.0.0.1", 0))
        assert udp.getsockname() == tcp.getsockname()
        assert len(set(taken)) == 3 and udp.getsockname()[1] not in taken


def test_a_port_that_was_named_is_not_another_and_nothing_is_kept_of_the_try() -> None:
    with _holding(0) as other:
        port = other.getsockname()[1]
        with pytest.raises(AlreadyRunning, match=r"OSC \(TCP\) port is taken"):
            listening.bind_both("127.0.0.1", port)
        listening.bind_udp("127.0.0.1", port).close()
