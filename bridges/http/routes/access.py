"""Getting in: the page, the session, what this API is."""

from __future__ import annotations

from typing import Any

from aiohttp import web

from bridges.http.openapi import document
from bridges.http.page import index
from bridges.http.refusals import BadCode
from bridges.http.sessions import CODE_LIFE_S, SESSION_LIFE_S
from bridges.http.table import BASE, Access, Call, Reply, Route
from daemon.services.types import Answer, Request


class CodeRequest(Request, frozen=True):
    code: str


class SessionView(Answer, frozen=True):
    signed_in: bool


class CodeView(Answer, frozen=True):
    """url: opens the panel, once, within life_s."""

    code: str
    url: str
    life_s: float


async def sign_in(call: Call[None, CodeRequest]) -> Reply:
    return Reply(SessionView(signed_in=True), headers={"Set-Cookie": _session_cookie(call, call.body.code)})


async def new_code(call: Call[None, None]) -> CodeView:
    code = call.context.sessions.new_code()
    host = call.request.headers["Host"]
    return CodeView(code=code, url=f"http://{host}/open?code={code}", life_s=CODE_LIFE_S)


async def open_panel(call: Call[CodeRequest, None]) -> web.Response:
    """A HEAD, by which programs look at an address before a person opens it, leaves the code as it is."""
    if call.request.method != "GET":
        return web.Response(status=303, headers={"Location": "/"})
    cookie = _session_cookie(call, call.query.code)
    return web.Response(status=303, headers={"Location": "/", "Set-Cookie": cookie})


def _session_cookie(call: Call[CodeRequest, None] | Call[None, CodeRequest], code: str) -> str:
    session = call.context.sessions.exchange(code)
    if session is None:
        raise BadCode("this code is unknown, used or too old", hint="Get a new one with `roadie serve --open`")
    return f"{call.context.guard.cookie}={session}; HttpOnly; SameSite=Strict; Path=/; Max-Age={SESSION_LIFE_S:.0f}"


async def sign_out(call: Call[None, None]) -> Reply:
    cookie = call.context.guard.cookie
    call.context.sessions.end(call.request.cookies.get(cookie, ""))
    return Reply(None, headers={"Set-Cookie": f"{cookie}=; HttpOnly; SameSite=Strict; Path=/; Max-Age=0"})


async def openapi(_: Call[None, None]) -> dict[str, Any]:
    from bridges.http.routes import ROUTES  # noqa: PLC0415 - the table holds this very function

    return document(ROUTES)


_BAD_CODE = (403, "the code is unknown, used or too old")

ROUTES = (
    Route("GET", "/", index, "The page", media="text/html", access=Access.PAGE),
    Route(
        "GET",
        "/open",
        open_panel,
        "Open the panel with a one-time code",
        query=CodeRequest,
        status=303,
        access=Access.CODE,
        also=(_BAD_CODE,),
    ),
    Route(
        "POST",
        f"{BASE}/session",
        sign_in,
        "Exchange a one-time code for a session cookie",
        body=CodeRequest,
        answer=SessionView,
        access=Access.CODE,
        also=(_BAD_CODE,),
    ),
    Route(
        "POST",
        f"{BASE}/session/code",
        new_code,
        "Make a one-time code that opens the panel",
        answer=CodeView,
        status=201,
    ),
    Route("DELETE", f"{BASE}/session", sign_out, "End this session", status=204),
    Route("GET", f"{BASE}/openapi.json", openapi, "This document", answer=dict[str, Any]),
)
