"""OSCQuery as a client sees it: a walk of the whole namespace in which every address answers as described."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import aiohttp
import pytest
import pytest_asyncio
from pythonosc.osc_message import OscMessage

from bridges.osc.addresses import ADDRESSES
from bridges.osc.names import announced, machine
from bridges.osc.namespace import Namespace
from tests.bridges.osc.conftest import WAIT_S, Client, Heard, Stage, Surface

SHIPPED = Path(__file__).parents[3] / "daemon" / "recipes"

OPTIONAL = {"ACCESS", "VALUE", "RANGE", "CLIPMODE", "DESCRIPTION", "TAGS"}


pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(loop_scope="module")
async def client(staged: Stage) -> AsyncIterator[Client]:
    async with aiohttp.ClientSession() as session:
        yield Client(session, staged.runtime.osc_query_port)


def methods(node: dict[str, Any]) -> Iterator[dict[str, Any]]:
    if "TYPE" in node:
        yield node
    for inner in node.get("CONTENTS", {}).values():
        yield from methods(inner)


async def test_a_walk_of_the_whole_namespace(staged: Stage, client: Client):
    status, root = await client.get("/")
    assert status == 200 and root["FULL_PATH"] == "/"
    space = Namespace(ADDRESSES)
    space.know(["light", *(path.stem for path in SHIPPED.glob("*.toml"))])
    found = {node["FULL_PATH"]: node for node in methods(root)}
    rows = {node.address: node.row for node in space.nodes()}
    assert set(found) == set(rows)

    surface = staged.surface()
    for path, node in found.items():
        assert await client.get(path) == (200, node)
        for attribute in OPTIONAL | {"TYPE", "FULL_PATH", "CONTENTS"}:
            status, answer = await client.get(f"{path}?{attribute}")
            assert (status, answer) == ((200, {attribute: node[attribute]}) if attribute in node else (204, ""))
        assert set(node["TYPE"]) <= set("ifs") and node["DESCRIPTION"]
        assert all(
            len(node[name]) == len(node["TYPE"]) for name in ("RANGE", "CLIPMODE", "VALUE") if name in node
        )
        if node["ACCESS"] & 2:
            await _is_taken_as_described(surface, node, rows[path].replies)
        else:  # what roadie only sends it does not take; what is said to be readable can be read
            assert (node["ACCESS"] == 1) == ("VALUE" in node)
            surface.send(path, *_legal(node))
            assert "takes nothing" in (await surface.next("/roadie/error")).args[2]
        await asyncio.sleep(0.11)  # errors are rate-limited, and this makes many


async def test_what_is_described_as_readable_can_be_listened_to(client: Client):
    _, root = await client.get("/")
    readable = {node["FULL_PATH"]: node for node in methods(root) if node["ACCESS"] & 1}
    assert "/roadie/selection" in readable and "/roadie/slot/8/progress" in readable
    async with client.session.ws_connect(client.base + "/") as socket:
        for path, node in readable.items():
            await socket.send_json({"COMMAND": "LISTEN", "DATA": path})
            heard = OscMessage(await socket.receive_bytes(timeout=WAIT_S))
            assert (heard.address, list(heard.params)) == (path, node["VALUE"])


SILENT = {"/roadie/audition/stop"}
"""The buttons that do nothing and say nothing where there is nothing to do."""


async def _is_taken_as_described(surface: Surface, node: dict[str, Any], replies: tuple[str, ...]) -> None:
    """Legal arguments are understood and answered, where nothing is there with the reason; others are refused with the
    reason. Nothing is selected, searched for or begun yet."""
    path, legal = node["FULL_PATH"], _legal(node)
    surface.send(path, *legal)
    answers = [each.args for each in await _answers(surface, path, replies) if each.address == "/roadie/error"]
    assert all(args[2] and "arguments where" not in args[2] and "Legal" not in args[2] for args in answers), (
        answers
    )
    if "button" in node["TAGS"]:
        assert bool(answers) == (path not in SILENT), path
    for number, limits in enumerate(node.get("RANGE", [])):
        if limits and "MAX" in limits:
            surface.send(path, *legal[:number], limits["MAX"] + 1, *legal[number + 1 :])
            error = await surface.next("/roadie/error")
            assert error.args[1] == "bad_parameter" and f"{limits['MAX']:g}" in error.args[2]


async def _answers(surface: Surface, path: str, replies: tuple[str, ...]) -> list[Heard]:
    """What comes of a message: one of the replies that it is said to have, or an error; where it has none, what comes
    before the answer to the next message."""
    if not replies:
        surface.send("/roadie/jobs", "ref=then")
        return [each for each in await surface.until("/roadie/jobs/done", "then") if path in each.args[3:]]
    while True:
        found = await surface.next("/roadie/error", *replies)
        if found.address != "/roadie/error" or found.args[3] == path:
            return [found]


def _legal(node: dict[str, Any]) -> list[Any]:
    args: list[Any] = []
    for number, tag in enumerate(node["TYPE"]):
        limits = (node.get("RANGE") or [None] * 99)[number] or {}
        if tag == "s":
            args.append((limits.get("VALS") or ["words"])[0])
        elif "button" in node["TAGS"]:
            args.append(1.0)  # 0 would be its release, which does nothing
        else:
            args.append(type({"i": 1, "f": 1.0}[tag])(max(limits.get("MIN", 0), 0)))
    return args


async def test_host_info_names_where_osc_is(staged: Stage, client: Client):
    status, info = await client.get("/?HOST_INFO")
    assert status == 200
    assert info["OSC_PORT"] == staged.port and info["OSC_TRANSPORT"] == "UDP" and info["OSC_IP"] == "127.0.0.1"
    assert info["WS_PORT"] == staged.runtime.osc_query_port
    assert all(info["EXTENSIONS"][name] for name in OPTIONAL | {"LISTEN", "IGNORE"})
    assert await client.get("/roadie/jobs?HOST_INFO") == (200, info)


async def test_what_is_not_there_and_what_is_not_understood(client: Client):
    assert (await client.get("/roadie/nonsense"))[0] == 404
    assert (await client.get("/roadie/jobs?COLOUR"))[0] == 400
    assert (await client.get("/roadie/pong?VALUE"))[0] == 204
    assert await client.get("/roadie/selection?VALUE=") == await client.get("/roadie/selection?VALUE")
    for method in ("POST", "PUT", "DELETE", "PATCH"):
        async with client.session.request(method, client.base + "/roadie/run", data=b"x") as answer:
            assert answer.status == 405


async def test_pages_from_elsewhere_are_not_let_in(client: Client):
    for headers in ({"Host": "evil.example:7702"}, {"Origin": "http://evil.example"}, {"Origin": "null"}):
        assert (await client.get("/", headers=headers))[0] == 403
        with pytest.raises(aiohttp.WSServerHandshakeError):
            await client.session.ws_connect(client.base + "/", headers=headers)
    for host in (
        "localhost:7702",
        "127.0.0.1",
        "[::1]:7702",
        f"{machine()}.local:7702",
        announced(),
        f"{announced()}.:7702",
    ):
        assert (await client.get("/", headers={"Host": host}))[0] == 200
    # Some WebSocket libraries name the server itself.
    async with client.session.ws_connect(client.base + "/", headers={"Origin": client.base}):
        pass
    text = (await client.get("/", headers={"Origin": "http://evil.example"}))[1]
    assert "Origin" in text


async def test_a_recipe_written_meanwhile_is_described(staged: Stage, client: Client):
    assert (await client.get("/roadie/selected/run/mine"))[0] == 404
    (staged.home / "recipes" / "mine.toml").write_text(
        (staged.home / "recipes" / "light.toml").read_text().replace('"light"', '"mine"')
    )
    status, node = await client.get("/roadie/selected/run/mine")
    assert status == 200 and node["TYPE"] == "f" and node["TAGS"] == ["button"]
