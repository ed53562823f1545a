"""What needs a daemon to which nothing has happened yet, or two of them in a row: the tables of one process belong to
one daemon at a time, so none of these may run beside another."""

from __future__ import annotations

import asyncio
import json
import os
import socket
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import aiohttp
import psutil
import pytest
from pythonosc.osc_message import OscMessage

from bridges.osc.listening import family_of
from bridges.osc.slip import frame
from daemon.kernel.addresses import url
from daemon.services.jobs import JobsService
from daemon.services.types_jobs import JobAck, JobRequest
from tests.bridges.osc.conftest import Client, Stage, message, stage


@pytest.fixture
async def session() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession() as opened:
        yield opened


async def test_a_repeat_reaches_the_same_job_after_a_restart(tmp_path: Path):
    async with stage(tmp_path) as first:
        surface = first.surface()
        song = first.song()
        surface.send("/roadie/run", "light", str(song), "ref=r")
        job = (await surface.next("/roadie/queued")).args[1]
    async with stage(tmp_path) as second:
        surface = second.surface()
        surface.send("/roadie/run", "light", str(song), "ref=r")
        assert (await surface.next("/roadie/queued")).args[1] == job


async def test_a_ref_with_many_jobs_behind_it_is_not_walked_through(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    async with stage(tmp_path, pause_heavy="playing") as first:
        surface, song = first.surface("127.0.0.1"), str(first.song())
        surface.send("/roadie/transport", 1, 0, 120.0)
        jobs = []
        for _ in range(12):  # more than nine: the tenth key follows the ninth also as a text
            surface.send("/roadie/run", "stems", song, "ref=1")
            jobs.append((await surface.next("/roadie/queued")).args[1])
            surface.send("/roadie/job/cancel", jobs[-1])
            await surface.until("/roadie/job/state", jobs[-1], "cancelled")
        surface.send("/roadie/run", "stems", song, "ref=1")
        open_job = (await surface.next("/roadie/queued")).args[1]
        assert len({*jobs, open_job}) == 13

    submit, asked = JobsService.submit, 0

    async def counted(
        service: JobsService, request: JobRequest, client: str, *, newest: bool
    ) -> tuple[JobAck, bool]:
        nonlocal asked
        asked += 1
        return await submit(service, request, client, newest=newest)

    monkeypatch.setattr(JobsService, "submit", counted)
    async with stage(tmp_path, pause_heavy="playing") as second:
        surface = second.surface("127.0.0.1")
        surface.send("/roadie/transport", 1, 0, 120.0)
        surface.send("/roadie/run", "stems", song, "ref=1")
        assert (await surface.next("/roadie/queued")).args[1] == open_job and asked == 1
        surface.send("/roadie/job/cancel", open_job)
        await surface.until("/roadie/job/state", open_job, "cancelled")
    async with stage(tmp_path, pause_heavy="playing") as third:
        surface = third.surface("127.0.0.1")
        surface.send("/roadie/transport", 1, 0, 120.0)
        surface.send("/roadie/run", "stems", song, "ref=1")
        job = (await surface.next("/roadie/queued")).args[1]
        assert job not in {*jobs, open_job} and asked == 3
        surface.send("/roadie/job/cancel", job)
        await surface.until("/roadie/job/state", job, "cancelled")


async def test_tcp_is_off_unless_asked_for_and_a_second_daemon_says_that_the_port_is_taken(tmp_path: Path):
    async with stage(tmp_path / "one") as first:
        with pytest.raises(OSError, match=r"refused|Connect"):
            await asyncio.open_connection("127.0.0.1", first.port)
        home = tmp_path / "two"
        home.mkdir()
        (home / "config.toml").write_text(
            f"[http]\nport = 0\n[osc]\nport = {first.port}\nquery_port = 0\n[midi]\nenabled = false\n"
        )
        second = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "daemon.cli", "serve", env={**os.environ, "ROADIE_HOME": str(home)},
            stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT,
        )  # fmt: skip
        assert second.stdout is not None
        try:
            said = ""
            async with asyncio.timeout(60):
                while "OSC is not there" not in said:
                    line = (await second.stdout.readline()).decode()
                    assert line, said
                    said += line
            assert (
                f"127.0.0.1:{first.port}" in said and "the OSC port is taken" in said and "osc.port 0" in said
            )
            runtime = json.loads((home / "runtime.json").read_text())  # without OSC, everything else is there
            assert runtime["osc_port"] is None
            health = f"http://127.0.0.1:{runtime['http_port']}/health"
            async with aiohttp.ClientSession() as session, session.get(health) as answer:
                assert answer.status == 200
        finally:
            second.terminate()
            await second.wait()


@pytest.mark.skipif(not socket.has_dualstack_ipv6(), reason="this machine has no IPv6")
@pytest.mark.parametrize("client", ["127.0.0.1", "::1"])
async def test_everything_listens_where_it_is_told_to(
    tmp_path: Path, session: aiohttp.ClientSession, client: str
):
    """At "::", which is every address of IPv4 and IPv6."""
    async with stage(tmp_path, **{"osc.host": "::", "osc.tcp": True}) as staged:
        async with asyncio.timeout(60):
            loop = asyncio.get_running_loop()
            with socket.socket(family_of(client), socket.SOCK_DGRAM) as surface:
                surface.setblocking(False)
                surface.connect((client, staged.port))
                await loop.sock_sendall(surface, message("/roadie/ping"))
                assert OscMessage(await loop.sock_recv(surface, 65_536)).address == "/roadie/pong"
            reader, writer = await asyncio.open_connection(client, staged.port)
            writer.write(frame(message("/roadie/ping")))
            assert b"/roadie/pong" in await reader.read(65_536)
            writer.close()
            async with session.get(f"{url(client, staged.runtime.osc_query_port)}/?HOST_INFO") as answer:
                assert (await answer.json())["OSC_IP"] == client


@pytest.mark.parametrize(("host", "why"), [("nowhere.invalid", "not known"), ("192.0.2.1", "assign")])
async def test_a_host_that_is_not_of_this_machine_is_said_and_what_to_do(tmp_path: Path, host: str, why: str):
    async with stage(tmp_path, **{"osc.host": host}) as staged:
        (warning,) = [each for each in staged.runtime.warnings if each.startswith("OSC is not there")]
    assert why in warning and warning.endswith("Set osc.host to an address of this machine, or leave it out")


def _in_the_network() -> str:
    found = [
        each.address
        for interface in psutil.net_if_addrs().values()
        for each in interface
        if each.family == socket.AF_INET and not each.address.startswith("127.")
    ]
    return found[0] if found else pytest.skip("this machine has no address in a network")


async def test_a_host_without_allow_is_for_this_machine_alone_and_that_is_said(
    tmp_path: Path, session: aiohttp.ClientSession
):
    host = _in_the_network()
    async with stage(tmp_path, **{"osc.host": host, "osc.tcp": True}) as staged:
        async with asyncio.timeout(60):
            loop = asyncio.get_running_loop()
            with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as surface:
                surface.setblocking(False)
                surface.connect((host, staged.port))  # and so from that address
                await loop.sock_sendall(surface, message("/roadie/ping"))
                assert OscMessage(await loop.sock_recv(surface, 65_536)).address == "/roadie/pong"
            async with session.get(f"{url(host, staged.runtime.osc_query_port)}/?HOST_INFO") as answer:
                assert (await answer.json())["OSC_IP"] == host
        (warning,) = [each for each in staged.runtime.warnings if "osc.allow" in each]
        assert host in warning and "roadie config set osc.allow" in warning
        headers = {"Authorization": f"Bearer {staged.token}"}
        doctor = f"http://127.0.0.1:{staged.runtime.http_port}/api/v1/doctor"
        async with session.get(doctor, headers=headers) as answer:
            (check,) = [each for each in (await answer.json())["items"] if each["name"] == "OSC"]
        assert not check["ok"] and "osc.allow is empty" in check["found"] and "osc.allow" in check["mend"]


@pytest.mark.parametrize("settings", [{}, {"osc.host": "localhost"}, {"osc.allow": ["192.0.2.0/24"]}])
async def test_where_nothing_was_forgotten_nothing_is_said(tmp_path: Path, settings: dict[str, Any]):
    async with stage(tmp_path, **settings) as staged:
        assert not [each for each in staged.runtime.warnings if "osc.allow" in each]


async def test_listen_and_ignore(fresh: Stage, session: aiohttp.ClientSession):
    client = Client(session, fresh.runtime.osc_query_port)
    async with client.session.ws_connect(client.base + "/") as socket:
        await socket.send_str("no json")
        await socket.send_json({"COMMAND": "LISTEN", "DATA": "/roadie/nonsense"})
        await socket.send_bytes(message("/roadie/select", "/etc/passwd"))  # read-only: nothing comes of it
        for name in ("name", "state", "progress"):
            await socket.send_json({"COMMAND": "LISTEN", "DATA": f"/roadie/slot/1/{name}"})
        first = [await _next(socket) for _ in range(3)]
        assert first == [
            ("/roadie/slot/1/name", [""]),
            ("/roadie/slot/1/state", [""]),
            ("/roadie/slot/1/progress", [0.0]),
        ]

        surface = fresh.surface()
        surface.send("/roadie/run", "light", str(fresh.song()))
        heard = []
        while ("/roadie/slot/1/state", ["done"]) not in heard:
            heard.append(await _next(socket))
        assert ("/roadie/slot/1/name", ["light: song.wav"]) in heard
        assert (await client.get("/roadie/slot/1/progress?VALUE"))[1] == {"VALUE": [1.0]}

        for name in ("name", "state", "progress"):
            await socket.send_json({"COMMAND": "IGNORE", "DATA": f"/roadie/slot/1/{name}"})
        await asyncio.sleep(0.2)
        surface.send("/roadie/run", "light", str(fresh.song("b.wav")), "ref=2")
        await surface.until("/roadie/job/state", "2", "done")
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(_next(socket, only="/roadie/slot/2/state"), 0.3)


async def _next(socket: aiohttp.ClientWebSocketResponse, only: str = "") -> tuple[str, list[Any]]:
    while True:
        read = OscMessage(await socket.receive_bytes(timeout=60))
        if not only or read.address == only:
            return read.address, list(read.params)
