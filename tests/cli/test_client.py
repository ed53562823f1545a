from __future__ import annotations

import socket

import pytest
from aiohttp import web

from daemon.cli.client import Address, Client, DaemonGone, Refused, path_with
from tests.fakes.daemon import TOKEN, FakeDaemon, event, problem


def test_an_answer_is_its_json(client: Client, fake: FakeDaemon) -> None:
    fake.routes["GET /recipes"] = {"items": [], "next_cursor": None}
    assert client.get("/recipes") == {"items": [], "next_cursor": None}


def test_the_token_is_sent_to_the_api_and_not_to_health(client: Client, fake: FakeDaemon) -> None:
    fake.routes["GET /recipes"] = {"items": []}
    client.health()
    client.get("/recipes")
    assert fake.authorizations == [None, f"Bearer {TOKEN}"]


def test_a_body_arrives_as_json(client: Client, fake: FakeDaemon) -> None:
    fake.routes["POST /jobs"] = {"id": "j1", "state": "preparing"}
    client.post("/jobs", {"recipe": "stems", "name": "Größe"})
    assert fake.asked == [("POST", "/jobs", {"recipe": "stems", "name": "Größe"})]


def test_no_content_is_none(client: Client, fake: FakeDaemon) -> None:
    fake.routes["DELETE /models/m"] = lambda _: web.Response(status=204)
    assert client.delete("/models/m") is None


def test_a_problem_keeps_code_where_and_hint(client: Client, fake: FakeDaemon) -> None:
    fake.routes["GET /jobs/x"] = lambda _: problem(
        404, "not_found", "there is no job x", where="x", hint="List them"
    )
    with pytest.raises(Refused) as raised:
        client.get("/jobs/x")
    info = raised.value.info()
    assert (raised.value.status, info.code, info.message, info.where, info.hint) == (
        404,
        "not_found",
        "there is no job x",
        "x",
        "List them",
    )


def test_an_error_that_is_no_problem_document_is_still_told(client: Client, fake: FakeDaemon) -> None:
    fake.routes["GET /x"] = lambda _: web.Response(status=502, reason="Bad Gateway", text="<html>")
    with pytest.raises(Refused, match="502 Bad Gateway"):
        client.get("/x")


def test_nobody_there() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # bound and not listening: connections are refused
        client = Client(Address("127.0.0.1", taken.getsockname()[1], TOKEN))
        with pytest.raises(DaemonGone, match="does not answer"):
            client.get("/jobs")


def test_another_program_at_the_port_is_not_the_daemon() -> None:
    listener = socket.create_server(("127.0.0.1", 0))
    with listener:
        client = Client(Address("127.0.0.1", listener.getsockname()[1], TOKEN))
        import threading

        def speak() -> None:
            connection, _ = listener.accept()
            with connection:
                connection.recv(4096)
                connection.sendall(b"SSH-2.0-OpenSSH_9.6\r\n")

        speaker = threading.Thread(target=speak)
        speaker.start()
        with pytest.raises(DaemonGone):
            client.health()
        speaker.join()


def test_events_are_read_as_the_standard_says(client: Client, fake: FakeDaemon) -> None:
    # WHATWG HTML 9.2.6: comments, several data lines joined by a line feed, one optional space after the colon.
    fake.events = [": beat\n\n", 'data: {"type":\ndata:"a"}\n\n', event(type="job.state"), "data: unfinished"]
    assert list(client.events()) == [None, None, {"type": "a"}, {"type": "job.state", "job": "j1"}]


def test_a_quiet_stream_ends_as_gone(client: Client, fake: FakeDaemon) -> None:
    fake.events = [": beat\n\n"] * 100
    with pytest.raises(DaemonGone):
        list(client.events(quiet_s=0.01))


def test_queries_leave_out_what_is_not_given() -> None:
    assert path_with("/assets", {"q": "a b&c", "tag": None, "limit": 5}) == "/assets?q=a+b%26c&limit=5"
    assert path_with("/assets", {"q": None}) == "/assets"


def test_ipv6_addresses_are_bracketed() -> None:
    assert Address("::1", 7700, "t").url == "http://[::1]:7700"
