"""Other implementations of OSC against a whole daemon: liblo's oscsend and oscdump, python-osc's clients."""

from __future__ import annotations

import asyncio
import json
import shutil
import socket
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from pythonosc.osc_packet import OscPacket
from pythonosc.tcp_client import SimpleTCPClient
from pythonosc.udp_client import SimpleUDPClient

from bridges.osc.listening import bind
from bridges.osc.peers import Peer
from bridges.osc.settings import OscSettings
from bridges.osc.slip import frame
from bridges.osc.tcp import Tcp
from tests.bridges.osc.conftest import Line, Stage, message, stage

SESSION = json.loads((Path(__file__).parent / "session.json").read_text())
"""What liblo 0.31's oscsend put on the wire, recorded with a plain socket: lines of hexadecimal digits."""
TCP_SESSION = json.loads((Path(__file__).parent / "session_tcp.json").read_text())
"""The same of the TCP client of python-osc 1.10.2, in SLIP frames; two of them hold bytes that SLIP escapes."""


pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def with_tcp(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Stage]:
    async with stage(tmp_path_factory.mktemp("tcp"), **{"osc.tcp": True}) as running_stage:
        yield running_stage


async def test_liblo_drives_a_job_and_hears_of_it(with_tcp: Stage):
    for program in ("oscsend", "oscdump"):
        assert shutil.which(program), f"{program} is missing: apt install liblo-tools"
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    dump = await asyncio.create_subprocess_exec(
        "stdbuf", "-oL", "oscdump", str(port), stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.DEVNULL
    )
    assert dump.stdout is not None
    try:
        await asyncio.sleep(0.3)
        # A sender that closes its port at once: answers go where it subscribed, from a port of its own.
        button = with_tcp.surface("127.0.0.1")
        button.send("/roadie/subscribe", port, 60)
        await _oscsend(with_tcp.port, "/roadie/run", "sss", "light", str(with_tcp.song()), "ref=lo")
        lines = []
        async with asyncio.timeout(60):
            while not any("/roadie/job/state" in line and '"done"' in line for line in lines):
                lines.append((await dump.stdout.readline()).decode())
    finally:
        dump.kill()
        await dump.wait()
    states = [line.split(None, 1)[1] for line in lines if "/roadie/job/state" in line]
    assert all(line.startswith("/roadie/job/state ssssf") for line in states)
    assert any("/name s " in line for line in lines)


async def _oscsend(port: int, *arguments: str) -> None:
    sender = await asyncio.create_subprocess_exec("oscsend", "127.0.0.1", str(port), *arguments)
    assert await sender.wait() == 0


async def test_a_session_recorded_from_liblo_replayed(with_tcp: Stage):
    """The recorded packets, byte for byte; the one that names a song names this test's."""
    surface = with_tcp.surface()
    song = with_tcp.song()
    for entry in SESSION:
        packet = bytes.fromhex(entry["packet"])
        if entry.get("names_song"):
            packet = message("/roadie/run", "light", str(song), "ref=rec")
        surface.send_raw(packet)
        answer = await surface.next(entry["answer"], "/roadie/error")
        assert answer.address == entry["answer"], (entry["sent"], answer)
    await surface.until("/roadie/job/state", "done")


async def test_a_session_recorded_from_python_oscs_tcp_client_replayed(with_tcp: Stage):
    """As the one of liblo. Each frame comes in two pieces, as a network may cut it."""
    line, song = await Line.open(with_tcp), with_tcp.song()
    for entry in TCP_SESSION:
        framed = bytes.fromhex(entry["frame"])
        if entry.get("names_song"):
            framed = frame(message("/roadie/run", "light", str(song), "ref=rec"))
        for piece in (framed[: len(framed) // 2], framed[len(framed) // 2 :]):
            line.send_raw(piece)
            await asyncio.sleep(0.01)
        answer = await line.next(entry["answer"], "/roadie/error")
        assert answer.address == entry["answer"], (entry["sent"], answer)
        if entry["answer"] == "/roadie/pong":
            assert f"ref={answer.args[0]}" == entry["sent"][1]
    while (await line.next("/roadie/job/state", "/roadie/error")).args[3] != "done":
        pass
    line.close()


async def test_the_recording_is_what_python_oscs_tcp_client_writes():
    with socket.create_server(("127.0.0.1", 0)) as ear:
        client = SimpleTCPClient(*ear.getsockname(), mode="1.1")
        wire, _ = ear.accept()
        with wire:
            wire.settimeout(10)
            for entry in TCP_SESSION:
                address, *args = entry["sent"]
                client.send_message(address, args)
                recorded = bytes.fromhex(entry["frame"])
                assert wire.recv(len(recorded), socket.MSG_WAITALL) == recorded
        client.close()


async def test_python_oscs_tcp_client(with_tcp: Stage):
    def drive() -> list[str]:
        client = SimpleTCPClient("127.0.0.1", with_tcp.port, mode="1.1")
        try:
            client.send_message("/roadie/ping", ["ref=tcp"])
            client.send_message("/roadie/subscribe", [0, 30])
            client.send_message("/roadie/run", ["light", str(with_tcp.song()), "ref=job"])
            heard: list[str] = []
            while not any("'done', 1.0" in each for each in heard):
                for data in client.receive(60):
                    for timed in OscPacket(data).messages:
                        heard.append(f"{timed.message.address} {timed.message.params}")
            return heard
        finally:
            client.close()

    heard = await asyncio.wait_for(asyncio.to_thread(drive), 90)
    assert heard[0].startswith("/roadie/pong ['tcp'")
    assert any(each.startswith("/roadie/queued ['job'") for each in heard)
    assert any("/roadie/job/state ['job'" in each and "'done', 1.0" in each for each in heard)


async def test_python_oscs_udp_client(with_tcp: Stage):
    def drive() -> object:
        client = SimpleUDPClient("127.0.0.1", with_tcp.port)
        client.send_message("/roadie/transport", [True, False, 120.0])
        client.send_message("/roadie/ping", "ref=u")
        return next(iter(client.get_messages(10))).params

    assert await asyncio.to_thread(drive) == ["u", with_tcp.runtime.version]


@pytest.mark.parametrize(
    "garbage",
    [b"GET / HTTP/1.1\r\n\r\n", b"\xc0\x00", b"\xc0/roadie\xdbx\xc0", b"\0\0\0\x10/roadie/ping\0\0\0\0"],
)
async def test_a_connection_that_is_not_osc_is_closed_at_once(with_tcp: Stage, garbage: bytes):
    reader, writer = await asyncio.open_connection("127.0.0.1", with_tcp.port)
    writer.write(garbage)
    assert await asyncio.wait_for(reader.read(), 5) == b""
    writer.close()
    surface = with_tcp.surface()
    surface.send("/roadie/ping")
    await surface.next("/roadie/pong")


async def test_a_connection_that_does_not_read_is_let_go():
    """Each packet is answered with a large one, which a whole daemon does too seldom to fill the kernel's buffers."""
    gone: list[Peer] = []
    settings = OscSettings("127.0.0.1", 0, 0, "", (), tcp=True)

    def answer(_packet: bytes, peer: Peer) -> bool:
        tcp.send(peer, message("/large", "x" * 60_000))
        return True

    tcp = Tcp(settings, answer, gone.append, lambda _peer: None)
    sock = bind("127.0.0.1", 0, socket.SOCK_STREAM, "OSC (TCP)", "osc.port")
    await tcp.start(sock)
    try:
        _reader, writer = await asyncio.open_connection(*sock.getsockname())
        with pytest.raises(ConnectionError):
            async with asyncio.timeout(60):
                while True:
                    writer.write(b"\xc0" + message("/roadie/ping") + b"\xc0")
                    await writer.drain()
                    await asyncio.sleep(0)
        writer.transport.abort()
        async with asyncio.timeout(60):
            while not gone:  # noqa: ASYNC110
                await asyncio.sleep(0.01)
    finally:
        await tcp.stop()


async def test_the_recording_is_what_oscsend_writes():
    """Recorded once, and the program still writes the same."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as ear:
        ear.bind(("127.0.0.1", 0))
        ear.settimeout(10)
        for entry in SESSION:
            await _oscsend(ear.getsockname()[1], *entry["sent"])
            assert ear.recv(65_536).hex() == entry["packet"]
