"""Every row of the route table obeys the same rules."""

from __future__ import annotations

import re

import pytest

from bridges.http.routes import ROUTES
from bridges.http.table import Access, Body, Route
from tests.bridges.http.conftest import Served, bearer

LOCKED = [route for route in ROUTES if route.access in (Access.SIGNED_IN, Access.PAGE)]
WITH_BODY = [route for route in ROUTES if route.method in ("POST", "PUT", "PATCH", "DELETE")]


def name_of(route: Route) -> str:
    return f"{route.method} {route.path}"


def target(route: Route) -> str:
    return re.sub(r"\{\w+\}", "x1", route.path)


def problem_code(route: Route, answer) -> str | None:
    """The code of the problem; a HEAD's has no body."""
    assert answer.headers["content-type"] == "application/problem+json"
    if route.method == "HEAD":
        assert answer.body == b""
        return None
    assert answer.json["status"] == answer.status
    assert {"type", "title", "code", "detail"} <= answer.json.keys()
    return str(answer.json["code"])


every = pytest.mark.parametrize("route", ROUTES, ids=name_of)


def test_no_two_rows_are_the_same():
    rows = [(route.method, re.sub(r"\{\w+\}", "{}", route.path)) for route in ROUTES]
    assert len(set(rows)) == len(rows)


@pytest.mark.parametrize("route", LOCKED, ids=name_of)
async def test_without_a_token_nobody_gets_in(served: Served, route: Route):
    answer = await served.request(route.method, target(route))
    assert answer.status == 401
    assert answer.headers["www-authenticate"].startswith("Bearer")
    if route.access is not Access.PAGE:
        assert problem_code(route, answer) in (None, "not_signed_in")


@pytest.mark.parametrize("route", LOCKED, ids=name_of)
async def test_with_a_wrong_token_nobody_gets_in(served: Served, route: Route):
    answer = await served.request(route.method, target(route), bearer("f" * 64))
    assert answer.status == 401


@every
async def test_another_host_is_refused_even_with_the_token(served: Served, route: Route):
    rebound = {"Host": f"evil.example:{served.port}", **bearer()}
    answer = await served.request(route.method, target(route), rebound)
    assert answer.status == 421
    assert problem_code(route, answer) in (None, "wrong_host")


@every
async def test_another_origin_is_refused_even_with_the_token(served: Served, route: Route):
    answer = await served.request(route.method, target(route), {"Origin": "http://evil.example", **bearer()})
    assert answer.status == 403
    assert problem_code(route, answer) in (None, "wrong_origin")


@every
async def test_no_answer_allows_other_origins(served: Served, route: Route):
    for headers in ({}, {"Origin": served.origin}, {"Origin": "http://evil.example"}):
        answer = await served.request("OPTIONS", target(route), {**headers, **bearer()})
        assert not [name for name in answer.headers if name.startswith("access-control-")]


@pytest.mark.parametrize("route", WITH_BODY, ids=name_of)
@pytest.mark.parametrize(
    "kind", ["text/plain", "application/x-www-form-urlencoded", "text/plain;application/json"]
)
async def test_a_body_that_a_foreign_page_could_send_is_refused(served: Served, route: Route, kind: str):
    headers = {"Content-Type": kind, **bearer()}
    answer = await served.request(route.method, target(route), headers, b'{"recipe": "stems"}')
    assert answer.status == 415
    assert problem_code(route, answer) == "wrong_content_type"


@every
async def test_security_headers_stand_on_every_answer(served: Served, route: Route):
    answer = await served.request(route.method, target(route))
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["referrer-policy"] == "no-referrer"
    assert "frame-ancestors 'none'" in answer.headers["content-security-policy"]
    assert answer.headers["cross-origin-resource-policy"] == "same-origin"
    assert "python" not in answer.headers["server"].lower()


@pytest.mark.parametrize("route", [r for r in ROUTES if r.body and r.takes is Body.JSON], ids=name_of)
async def test_an_unknown_field_is_an_error(served: Served, route: Route):
    headers = {"Content-Type": "application/json", **bearer()}
    answer = await served.request(route.method, target(route), headers, b'{"surprise": 1}')
    assert answer.status == 422
    assert problem_code(route, answer) == "invalid"


@pytest.mark.parametrize(
    "route", [r for r in ROUTES if r.takes is Body.JSON and r.method != "HEAD"], ids=name_of
)
async def test_an_unknown_query_parameter_is_an_error(served: Served, route: Route):
    answer = await served.request(route.method, f"{target(route)}?surprise=1", bearer())
    assert answer.status == 422
    assert "surprise" in answer.json["detail"]
