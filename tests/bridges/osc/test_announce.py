"""Announced by zeroconf, and found by a client of it."""

from __future__ import annotations

import asyncio
import socket
from pathlib import Path

import aiohttp
import pytest
from zeroconf import ServiceStateChange
from zeroconf.asyncio import AsyncServiceBrowser, AsyncServiceInfo, AsyncZeroconf

from bridges.osc.announce import Announcement, NotAnnounced
from bridges.osc.settings import OscSettings
from tests.bridges.osc.conftest import Stage, stage


async def test_a_client_finds_both_ports(tmp_path: Path):
    async with AsyncZeroconf(interfaces=["127.0.0.1"]) as zeroconf:
        found: dict[str, asyncio.Queue[str]] = {
            "_osc._udp.local.": asyncio.Queue(),
            "_oscjson._tcp.local.": asyncio.Queue(),
        }

        def changed(zeroconf: object, service_type: str, name: str, state_change: ServiceStateChange) -> None:
            if state_change is ServiceStateChange.Added:
                found[service_type].put_nowait(name)

        browser = AsyncServiceBrowser(zeroconf.zeroconf, list(found), handlers=[changed])
        try:
            async with stage(tmp_path, **{"osc.announce": True}) as staged:
                ports = {}
                for kind, names in found.items():
                    async with asyncio.timeout(60):
                        while kind not in ports:  # another roadie on this machine announces itself as well
                            name = await names.get()
                            info = AsyncServiceInfo(kind, name)
                            if not await info.async_request(zeroconf.zeroconf, 3000):  # one that has just gone
                                names.put_nowait(name)
                                continue
                            if info.port in (staged.port, staged.runtime.osc_query_port):
                                ports[kind] = info.port
                                assert info.parsed_addresses() == ["127.0.0.1"]
                                name = f"roadie on {socket.gethostname()} port {staged.port}"
                                assert info.name == f"{name}.{kind}"
                assert list(ports.values()) == [staged.port, staged.runtime.osc_query_port]
        finally:
            await browser.async_cancel()


async def test_where_it_cannot_be_announced_the_reason_is_told():
    nowhere = OscSettings("192.0.2.1", 0, 0, "", ())  # an address for documentation: no interface has it
    announcement = Announcement(nowhere)
    with pytest.raises(NotAnnounced, match=r"192\.0\.2\.1"):
        await announcement.start(7701, 7702)
    await announcement.stop()


async def test_a_host_by_its_name_is_announced_by_its_address(tmp_path: Path):
    async with stage(tmp_path, **{"osc.host": "localhost", "osc.announce": True}) as staged:
        async with asyncio.timeout(60):
            while not {"zeroconf", "MIDI"} <= (found := await _checks(staged)).keys():  # noqa: ASYNC110
                await asyncio.sleep(0.1)
    assert "are announced" in found["zeroconf"]


async def test_a_host_that_nobody_knows_is_said():
    announcement = Announcement(OscSettings("nowhere.invalid", 0, 0, "", ()))
    with pytest.raises(NotAnnounced, match=r"nowhere\.invalid"):
        await announcement.start(7701, 7702)


async def _checks(staged: Stage) -> dict[str, str]:
    headers = {"Authorization": f"Bearer {staged.token}"}
    url = f"http://127.0.0.1:{staged.runtime.http_port}/api/v1/doctor"
    async with aiohttp.ClientSession(headers=headers) as session, session.get(url) as answer:
        return {each["name"]: each["found"] for each in (await answer.json())["items"]}
