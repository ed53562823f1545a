"""Who is let in: host, origin, token, code, session."""

from __future__ import annotations

import aiohttp
import pytest

from bridges.http.hosts import allowed_hosts, is_loopback_name
from bridges.http.sessions import CODE_LIFE_S, SESSION_LIFE_S
from tests.bridges.http.conftest import TOKEN, Served, bearer, serve

SYSTEM = "/api/v1/system"


async def test_health_answers_anyone_under_both_paths(served: Served):
    for path in ("/health", "/api/v1/health"):
        answer = await served.request("GET", path)
        assert answer.status == 200
        assert answer.json == {"status": "ok", "version": "0.1.0", "uptime_s": 1.5}


@pytest.mark.parametrize("name", ["127.0.0.1", "localhost", "LOCALHOST", "[::1]"])
async def test_every_loopback_name_is_ours(served: Served, name: str):
    answer = await served.request("GET", "/health", {"Host": f"{name}:{served.port}"})
    assert answer.status == 200


@pytest.mark.parametrize(
    "host",
    ["127.0.0.1", "127.0.0.1:1", "localhost", "127.0.0.1.nip.io:{port}", "evil.example:{port}", "0.0.0.0:{port}",
     "127.0.0.1:{port}.evil.example", "user@127.0.0.1:{port}", "", "127.1:{port}", "localhost.:{port}"],
)  # fmt: skip
async def test_any_other_name_or_port_is_not(served: Served, host: str):
    answer = await served.request("GET", "/health", {"Host": host.format(port=served.port)})
    assert answer.status == 421


async def test_a_request_without_a_host_is_refused(served: Served):
    answer = await served.raw(b"GET /health HTTP/1.0\r\n\r\n")
    assert answer.status == 421


async def test_two_hosts_are_refused(served: Served):
    host = f"Host: {served.host}\r\n".encode()
    answer = await served.raw(b"GET /health HTTP/1.1\r\nConnection: close\r\n" + host * 2 + b"\r\n")
    assert answer.status in (400, 421)


async def test_a_whole_address_as_target_is_refused(served: Served):
    answer = await served.request("GET", f"http://evil.example:{served.port}/health")
    assert answer.status == 400


@pytest.mark.parametrize(
    "origin", ["null", "http://127.0.0.1", "https://127.0.0.1:{port}", "http://localhost:3000"]
)
async def test_other_origins_are_refused_for_health_too(served: Served, origin: str):
    answer = await served.request("GET", "/health", {"Origin": origin.format(port=served.port)})
    assert answer.status == 403


async def test_our_own_origin_is_let_in(served: Served):
    answer = await served.request("GET", SYSTEM, {"Origin": served.origin, **bearer()})
    assert answer.status == 200


@pytest.mark.parametrize(
    "value",
    ["", "Bearer", "Bearer ", f"Basic {TOKEN}", TOKEN, f"Bearer {TOKEN[:-1]}", f"Bearer {TOKEN}0",
     f"Bearer {TOKEN.upper()}", "Bearer \xe9"],
)  # fmt: skip
async def test_only_the_whole_token_opens(served: Served, value: str):
    answer = await served.request("GET", SYSTEM, {"Authorization": value})
    assert answer.status == 401


async def test_the_scheme_is_read_as_http_says_without_regard_to_case(served: Served):
    answer = await served.request("GET", SYSTEM, {"Authorization": f"bearer {TOKEN}"})
    assert answer.status == 200


async def test_an_unknown_path_is_told_only_to_those_who_are_let_in(served: Served):
    assert (await served.request("GET", "/api/v1/nothing")).status == 401
    known = await served.request("GET", "/api/v1/nothing", bearer())
    assert (known.status, known.json["code"]) == (404, "no_such_path")


async def code_of(served: Served) -> str:
    status, made = await served.call("POST", "/api/v1/session/code")
    assert status == 201
    return str(made["code"])


async def cookie_of(served: Served) -> str:
    answer = await served.request("GET", f"/open?code={await code_of(served)}", {"Sec-Fetch-Site": "none"})
    return answer.headers["set-cookie"].partition(";")[0]


async def test_a_code_is_exchanged_for_a_session_that_is_not_the_token(served: Served):
    answer = await served.request("GET", f"/open?code={await code_of(served)}", {"Sec-Fetch-Site": "none"})
    assert (answer.status, answer.headers["location"]) == (303, "/")
    pair, *attributes = [part.strip() for part in answer.headers["set-cookie"].split(";")]
    assert {"HttpOnly", "SameSite=Strict", "Path=/"} <= set(attributes)
    assert TOKEN not in pair
    page = await served.request("GET", "/", {"Cookie": pair, "Sec-Fetch-Site": "none"})
    assert page.status == 200
    assert page.headers["content-type"].startswith("text/html")


async def test_a_code_works_once(served: Served):
    body = f'{{"code": "{await code_of(served)}"}}'.encode()
    headers = {"Content-Type": "application/json", "Origin": served.origin, "Sec-Fetch-Site": "same-origin"}
    first = await served.request("POST", "/api/v1/session", headers, body)
    assert (first.status, first.json) == (200, {"signed_in": True})
    second = await served.request("POST", "/api/v1/session", headers, body)
    assert (second.status, second.json["code"]) == (403, "bad_code")


async def test_a_look_at_the_address_leaves_the_code_as_it_is(served: Served):
    """Chat programs and browsers look by HEAD before a person opens it."""
    address = f"/open?code={await code_of(served)}"
    looked = await served.request("HEAD", address)
    assert (looked.status, looked.headers.get("set-cookie")) == (303, None)
    opened = await served.request("GET", address)
    assert opened.status == 303 and opened.headers["set-cookie"]


async def test_a_code_does_not_outlive_its_two_minutes(served: Served):
    code = await code_of(served)
    served.clock.advance(CODE_LIFE_S)
    assert (await served.request("GET", f"/open?code={code}")).status == 403


async def test_a_session_ends(served: Served):
    headers = {"Cookie": await cookie_of(served), "Sec-Fetch-Site": "same-origin"}
    assert (await served.request("GET", SYSTEM, headers)).status == 200
    served.clock.advance(SESSION_LIFE_S)
    assert (await served.request("GET", SYSTEM, headers)).status == 401


async def test_signing_out_ends_the_session(served: Served):
    headers = {"Cookie": await cookie_of(served), "Sec-Fetch-Site": "same-origin"}
    answer = await served.request("DELETE", "/api/v1/session", headers)
    assert answer.status == 204
    assert "Max-Age=0" in answer.headers["set-cookie"]
    assert (await served.request("GET", SYSTEM, headers)).status == 401


async def test_a_wrong_token_is_not_rescued_by_a_session(served: Served):
    headers = {"Cookie": await cookie_of(served), "Sec-Fetch-Site": "same-origin", **bearer("0" * 64)}
    assert (await served.request("GET", SYSTEM, headers)).status == 401


@pytest.mark.parametrize(
    ("method", "site", "status"),
    [
        ("GET", "same-origin", 200),
        ("GET", "none", 200),
        ("GET", "same-site", 403),  # a page on another port of this machine: SameSite=Strict lets it through
        ("GET", "cross-site", 403),
        ("GET", None, 403),
        ("POST", "same-origin", 404),
        ("POST", "none", 403),
        ("POST", "same-site", 403),
        ("POST", None, 403),
    ],
)
async def test_a_session_counts_only_from_our_own_page(
    served: Served, method: str, site: str | None, status: int
):
    headers = {"Cookie": await cookie_of(served)}
    if site:
        headers["Sec-Fetch-Site"] = site
    path = SYSTEM if method == "GET" else "/api/v1/jobs/nothing/cancel"
    answer = await served.request(method, path, headers)
    assert answer.status == status
    if status == 403:
        assert answer.json["code"] == "cross_site"


async def test_a_session_counts_for_a_websocket_whose_browser_names_only_its_origin(served: Served):
    handshake = {"Upgrade": "websocket", "Connection": "Upgrade", "Sec-WebSocket-Version": "13"}
    handshake |= {"Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==", "Cookie": await cookie_of(served)}
    for origin, status in ((served.origin, 101), ("http://localhost:3000", 403), (None, 403)):
        named = {"Origin": origin} if origin else {}
        url = served.url("/api/v1/events")
        async with aiohttp.ClientSession() as bare, bare.get(url, headers={**handshake, **named}) as answer:
            assert answer.status == status


async def test_a_foreign_page_cannot_sign_its_visitor_in(served: Served):
    code = await code_of(served)
    for site in ("cross-site", "same-site"):
        answer = await served.request("GET", f"/open?code={code}", {"Sec-Fetch-Site": site})
        assert (answer.status, answer.json["code"]) == (403, "cross_site")
        assert "set-cookie" not in answer.headers


async def test_without_a_session_the_page_says_how_to_get_one(served: Served):
    answer = await served.request("GET", "/")
    assert answer.status == 401
    assert b"roadie serve --open" in answer.body
    assert TOKEN.encode() not in answer.body


async def test_cookies_of_two_daemons_on_one_machine_do_not_collide(settings):
    async with serve(settings) as one, serve(settings) as other:
        first, second = await cookie_of(one), await cookie_of(other)
        assert first.partition("=")[0] != second.partition("=")[0]


async def test_names_given_in_the_settings_are_let_in(settings):
    async with serve(settings, allow_hosts=("studio.local",)) as served:
        answer = await served.request("GET", "/health", {"Host": f"studio.local:{served.port}"})
        assert answer.status == 200


def test_a_daemon_on_every_interface_knows_its_own_names_only():
    hosts = allowed_hosts("0.0.0.0", 7700, ())
    assert {"127.0.0.1:7700", "localhost:7700"} <= hosts
    assert "0.0.0.0:7700" not in hosts


def test_port_80_may_be_left_out():
    assert "localhost" in allowed_hosts("127.0.0.1", 80, ())
    assert "localhost" not in allowed_hosts("127.0.0.1", 7700, ())


def test_a_lan_address_is_not_reachable_under_loopback_names():
    assert allowed_hosts("192.168.1.5", 7700, ()) == {"192.168.1.5:7700"}


@pytest.mark.parametrize(
    ("host", "expected"),
    [("127.0.0.1:7700", True), ("localhost:7700", True), ("[::1]:7700", True), ("[::1]", True),
     ("192.168.1.5:7700", False), ("studio.local:7700", False)],
)  # fmt: skip
def test_loopback_names(host: str, expected: bool):
    assert is_loopback_name(host) is expected
