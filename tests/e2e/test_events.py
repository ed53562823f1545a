"""Events of a job as a client follows them: over a WebSocket and as server-sent events, cut off and taken up again."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import aiohttp

from tests.recovery.house import House, write_song

Event = dict[str, Any]


def _client(house: House) -> aiohttp.ClientSession:
    runtime = json.loads((house.home / "runtime.json").read_text())
    token = Path(runtime["token_file"]).read_text().strip()
    return aiohttp.ClientSession(
        f"http://127.0.0.1:{runtime['http_port']}", headers={"Authorization": f"Bearer {token}"}
    )


async def _submit(client: aiohttp.ClientSession, house: House, song: Path, recipe: str = "light") -> str:
    body = {"recipe": recipe, "inputs": [{"path": str(song)}], "deliver": {"folder": str(house.out)}}
    async with client.post("/api/v1/jobs", json=body) as answer:
        assert answer.status == 202
        return str((await answer.json())["id"])


def _ended(event: Event, job: str | None = None) -> bool:
    return event["type"] == "job.state" and event["state"] == "done" and job in (None, event["job"])


async def _hear(
    client: aiohttp.ClientSession, since: int, enough: Callable[[list[Event]], bool]
) -> list[Event]:
    """Durable events after `since` over a WebSocket, until there are enough; then the client hangs up."""
    heard: list[Event] = []
    async with client.ws_connect(f"/api/v1/events?since={since}") as socket:
        async for message in socket:
            event = json.loads(message.data)
            if event["type"] != "step.progress":  # the only one that is not kept: it carries the seq before it
                heard.append(event)
                if enough(heard):
                    return heard
    raise AssertionError("the daemon closed the connection")


async def _stream(client: aiohttp.ClientSession, since: int, last: int) -> list[Event]:
    """The same as server-sent events, read line by line as the standard says, up to the event `last`."""
    heard: list[Event] = []
    async with client.get("/api/v1/events/stream", headers={"Last-Event-ID": str(since)}) as answer:
        assert answer.content_type == "text/event-stream"
        while not heard or heard[-1]["seq"] < last:
            line = await answer.content.readline()
            if line.startswith(b"data:") and (event := json.loads(line[5:]))["type"] != "step.progress":
                heard.append(event)
    return heard


async def test_a_client_that_is_cut_off_again_and_again_misses_nothing_and_hears_nothing_twice(
    house: House, tmp_path: Path
) -> None:
    async with _client(house) as client, asyncio.timeout(60):
        job = await _submit(client, house, write_song(tmp_path / "song.wav", 31))
        heard: list[Event] = []
        while not (heard and _ended(heard[-1], job)):
            since = heard[-1]["seq"] if heard else 0
            heard += await _hear(client, since, lambda part: len(part) == 3 or _ended(part[-1], job))
        sequence = [event["seq"] for event in heard]
        assert sequence == sorted(set(sequence))
        states = [event["state"] for event in heard if event["type"] == "job.state" and event["job"] == job]
        assert states == ["running", "done"]
        last, middle = sequence[-1], sequence[len(sequence) // 2]
        assert await _hear(client, 0, lambda part: part[-1]["seq"] == last) == heard
        assert await _stream(client, middle, last) == [event for event in heard if event["seq"] > middle]


async def test_clients_that_listen_at_once_hear_the_same_while_it_happens(house: House, tmp_path: Path) -> None:
    async with _client(house) as client, asyncio.timeout(60):
        earlier = await _submit(client, house, write_song(tmp_path / "before.wav", 33))
        before = await _hear(client, 0, lambda part: _ended(part[-1], earlier))
        since = before[-1]["seq"]
        listening = [asyncio.create_task(_hear(client, since, lambda part: _ended(part[-1]))) for _ in range(3)]
        job = await _submit(client, house, write_song(tmp_path / "song.wav", 32))
        first, second, third = await asyncio.gather(*listening)
        assert first == second == third
        assert first[0]["type"] == "job.submitted" and first[0]["job"] == job
        delivered = [
            event
            for event in first
            if event["type"] == "asset.added" and str(house.out / "song") in event["path"]
        ]
        assert len(delivered) == sum(name.startswith("song") for name in house.delivered()) > 0


async def test_a_step_is_queued_until_a_worker_begins_with_it(house: House, tmp_path: Path) -> None:
    async with _client(house) as client, asyncio.timeout(60):
        await client.patch("/api/v1/settings", json={"values": {"pause_heavy": "playing"}})
        await client.put("/api/v1/transport", json={"playing": True})
        job = await _submit(client, house, write_song(tmp_path / "held.wav", 34), "stems")
        before = await _hear(client, 0, lambda part: _is_step(part[-1], job, "stems"))
        assert before[-1]["state"] == "queued"
        async with client.get(f"/api/v1/jobs/{job}") as answer:
            steps = (await answer.json())["steps"]
        assert {step["step"]: step["state"] for step in steps}["stems"] == "queued"
        await client.put("/api/v1/transport", json={"playing": False})
        await client.patch("/api/v1/settings", json={"values": {"pause_heavy": "never"}})
        after = await _hear(client, before[-1]["seq"], lambda part: _ended(part[-1], job))
        assert [each["state"] for each in after if _is_step(each, job, "stems")] == ["running", "done"]


def _is_step(event: Event, job: str, step: str) -> bool:
    return event["type"] == "step.state" and event["job"] == job and event["step"] == step


async def test_a_place_that_is_none_is_refused_and_one_from_another_life_starts_anew(house: House) -> None:
    async with _client(house) as client, asyncio.timeout(60):
        for since in ("-1", "abc", "1.5"):
            async with client.get(f"/api/v1/events?since={since}") as answer:
                assert answer.status in (400, 422), since
                assert answer.content_type == "application/problem+json"
        async with client.ws_connect(f"/api/v1/events?since={10**15}") as socket:
            event = json.loads((await socket.receive()).data)
            assert event["type"] == "events.reset"
