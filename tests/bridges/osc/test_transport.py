"""While the DAW plays, a separation that has begun stands still between two segments, and goes on when it stops."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import aiohttp
import numpy as np
import psutil
import soundfile

from bridges.osc.slip import frame
from tests.bridges.osc.conftest import Stage, message, stage

STILL_S = 1.5
IDLE_S = 0.02
"""What waiting processes use in that time: looking whether anything is wanted of them."""


def computing_s() -> float:
    """What all processes below this one have computed so far."""
    total = 0.0
    for child in psutil.Process().children(recursive=True):
        try:
            times = child.cpu_times()
        except psutil.NoSuchProcess:
            continue
        total += times.user + times.system
    return total


async def until_still() -> None:
    """Until nothing is computed any more: a segment under way is ended first."""
    before = computing_s()
    async with asyncio.timeout(60):
        while True:
            await asyncio.sleep(STILL_S)
            now = computing_s()
            if now - before < IDLE_S:
                return
            before = now


async def test_a_real_separation_pauses_while_the_daw_plays_and_goes_on(tmp_path: Path):
    async with stage(tmp_path, pause_heavy="playing") as staged:
        await _pauses(staged)


async def test_a_daw_that_is_not_heard_of_any_more_has_stopped(tmp_path: Path):
    async with stage(tmp_path, pause_heavy="playing", **{"osc.tcp": True}) as staged:
        headers = {"Authorization": f"Bearer {staged.token}"}
        async with aiohttp.ClientSession(
            f"http://127.0.0.1:{staged.runtime.http_port}", headers=headers
        ) as session:

            async def until_paused(paused: bool) -> Any:
                async with asyncio.timeout(30):
                    while True:
                        async with session.get("/api/v1/transport") as answer:
                            found = await answer.json()
                        if found["heavy_paused"] is paused:
                            return found
                        await asyncio.sleep(0.02)

            surface = staged.surface("127.0.0.1")
            surface.send("/roadie/subscribe", 0, 60)
            surface.send("/roadie/transport", 1, 0, 120.0)
            assert str(surface.own_port) in (await until_paused(True))["said_by"]
            async with session.get("/api/v1/doctor") as answer:
                lines = {each["name"]: each["found"] for each in (await answer.json())["items"]}
            assert "separations wait" in lines["the DAW"]
            surface.send("/roadie/subscribe", 0, 1)  # the last that is heard of it
            await until_paused(False)

            surface.send("/roadie/subscribe", 0, 60)
            surface.send("/roadie/transport", 1, 0, 120.0)
            await until_paused(True)
            surface.send("/roadie/subscribe", 0, 0)  # it leaves, and says so
            await until_paused(False)

            helper = staged.surface("127.0.0.1")  # another port of the same program looks after its feedback
            surface.send("/roadie/subscribe", surface.own_port, 2)
            surface.send("/roadie/transport", 1, 0, 120.0)
            await until_paused(True)
            helper.send("/roadie/subscribe", surface.own_port, 60)
            await asyncio.sleep(2.5)  # longer than the sender itself subscribed for
            await until_paused(True)
            helper.send("/roadie/subscribe", surface.own_port, 0)
            await until_paused(False)

            _, connection = await asyncio.open_connection("127.0.0.1", staged.port)
            connection.write(frame(message("/roadie/transport", 1, 1, 120.0)))
            await until_paused(True)
            connection.transport.abort()  # the DAW crashed
            await until_paused(False)


async def test_heavy_work_waits_when_the_setting_says_so(tmp_path: Path):
    """It may be changed while the DAW plays."""
    async with stage(tmp_path) as staged:
        headers = {"Authorization": f"Bearer {staged.token}"}
        base = f"http://127.0.0.1:{staged.runtime.http_port}"
        async with aiohttp.ClientSession(base, headers=headers) as session:
            surface, waits = staged.surface(), set()
            for mode in ("playing", "recording", "never"):
                async with session.patch("/api/v1/settings", json={"values": {"pause_heavy": mode}}) as answer:
                    assert answer.ok
                for playing, recording in ((1, 0), (1, 1), (0, 1), (0, 0)):
                    surface.send("/roadie/transport", playing, recording, 120.0)
                    surface.send("/roadie/ping", "ref=said")
                    await surface.until("/roadie/pong", "said")
                    async with session.get("/api/v1/transport") as answer:
                        found = await answer.json()
                    assert (found["playing"], found["recording"]) == (bool(playing), bool(recording))
                    if found["heavy_paused"]:
                        waits.add((mode, playing, recording))
    assert waits == {
        ("playing", 1, 0), ("playing", 1, 1), ("playing", 0, 1), ("recording", 1, 1), ("recording", 0, 1),
    }  # fmt: skip


async def _pauses(staged: Stage) -> None:
    frames = 12 * 44100
    noise = np.random.default_rng(7).standard_normal((frames, 2)).astype(np.float32)
    song = staged.music / "long.wav"
    soundfile.write(song, 0.1 * noise, 44100)
    surface = staged.surface()
    surface.send("/roadie/run", "stems", str(song), "ref=s")
    job = (await surface.next("/roadie/queued")).args[1]
    async with aiohttp.ClientSession(headers={"Authorization": f"Bearer {staged.token}"}) as session:
        base = f"http://127.0.0.1:{staged.runtime.http_port}/api/v1"

        async def ask(path: str) -> Any:
            async with session.get(base + path) as answer:
                return await answer.json()

        async def separation() -> tuple[str, float]:
            steps = (await ask(f"/jobs/{job}"))["steps"]
            return next(
                ((each["state"], each["progress"]) for each in steps if each["step"] == "stems"), ("", 0.0)
            )

        async with asyncio.timeout(120):
            while (await separation())[1] == 0:  # noqa: ASYNC110
                await asyncio.sleep(0.01)
        surface.send("/roadie/transport", 1, 0, 120.0)
        await until_still()
        state, progress = await separation()
        assert state == "running" and 0 < progress < 1
        assert (await ask("/transport"))["heavy_paused"]
        await asyncio.sleep(STILL_S)
        assert await separation() == (state, progress)

        surface.send("/roadie/transport", 0, 0, 120.0)
        await surface.until("/roadie/job/state", "s", "done", timeout_s=120)
        assert (await separation())[0] == "done"
    stems = list(staged.out.rglob("*.wav"))
    assert len(stems) >= 4 and {soundfile.info(path).frames for path in stems} == {frames}
