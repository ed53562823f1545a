"""From the route table to a running application: check, decode, call, encode; every error a problem."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

import msgspec
from aiohttp import web
from aiohttp.typedefs import Handler as WebHandler

from bridges.http.decode import body_of, check_content, query_of
from bridges.http.headers import secure
from bridges.http.page import locked_page
from bridges.http.problems import problem_of, refuse, response_of, status_of, unexpected_problem
from bridges.http.protocol import Protocol
from bridges.http.refusals import MethodNotAllowed, NoSuchPath, NotSignedIn
from bridges.http.table import Access, Body, Call, Context, Reply, Route
from bridges.http.tus import stamp
from daemon.kernel.errors import RoadieError

CONTEXT = web.AppKey("context", Context)
TABLE = web.AppKey("table", dict[WebHandler, Route])

_CLIENT_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,39}")


def build_app(routes: Iterable[Route], context: Context) -> web.Application:
    """The application for this table. It is bound to one event loop once it is started."""
    app = web.Application(middlewares=[_problems, _let_in], client_max_size=context.settings.max_json_bytes)
    app[CONTEXT] = context
    table: dict[WebHandler, Route] = {}
    for route in routes:
        handler = _serve(route)
        table[handler] = route
        if route.method == "GET" and not route.is_stream:
            app.router.add_get(route.path, handler)  # HEAD too
        else:
            app.router.add_route(route.method, route.path, handler)
    app[TABLE] = table
    app.on_response_prepare.extend((secure, stamp))
    return app


def _serve(route: Route) -> WebHandler:
    async def serve(request: web.Request) -> web.StreamResponse:
        context = request.app[CONTEXT]
        call = Call(
            context=context,
            request=request,
            path=request.match_info,
            query=query_of(request, route),
            body=await body_of(request, route, context.settings) if route.takes is Body.JSON else None,
            client=client_of(request),
        )
        return _encode(route, await route.handler(call))

    return serve


def client_of(request: web.Request) -> str:
    """Who says it is asking: the Roadie-Client header, or "http". A label for people, and the owner of
    idempotency keys; never a permission."""
    name = request.headers.get("Roadie-Client", "")
    return name if _CLIENT_NAME.fullmatch(name) else "http"


def _encode(route: Route, answer: Any) -> web.StreamResponse:
    if isinstance(answer, web.StreamResponse):
        return answer
    reply = answer if isinstance(answer, Reply) else Reply(answer)
    status = reply.status or route.status
    if reply.value is None:
        return web.Response(status=status, headers=reply.headers)
    body = msgspec.json.encode(reply.value)
    return web.Response(body=body, status=status, headers=reply.headers, content_type="application/json")


@web.middleware
async def _problems(request: web.Request, handler: WebHandler) -> web.StreamResponse:
    try:
        return await handler(request)
    except ConnectionError:
        raise  # the client has gone; nobody is left to tell
    except Exception as error:  # noqa: BLE001 - the last net: what nobody foresaw is logged whole
        return _problem_response(request, error)


def _problem_response(request: web.Request, error: Exception) -> web.Response:
    if isinstance(error, web.HTTPMethodNotAllowed):
        allow = {"Allow": ", ".join(sorted(error.allowed_methods))}
        return refuse(MethodNotAllowed("is not allowed here", where=request.method, headers=allow))
    if isinstance(error, web.HTTPNotFound):
        return refuse(NoSuchPath("there is nothing here", where=request.path))
    if _wants_page(request, error):
        return locked_page()
    if isinstance(error, RoadieError) and status_of(error) != 500:
        return refuse(error)
    unexpected = unexpected_problem(error, f"{request.method} {request.path}")
    if isinstance(error, RoadieError):  # a failure with a name: the client gets the name, the log everything
        return response_of(msgspec.structs.replace(problem_of(error), instance=unexpected.instance))
    return response_of(unexpected)


def _wants_page(request: web.Request, error: Exception) -> bool:
    route = _route_of(request)
    return isinstance(error, NotSignedIn) and route is not None and route.access is Access.PAGE


@web.middleware
async def _let_in(request: web.Request, handler: WebHandler) -> web.StreamResponse:
    """A path that does not exist is only said to be missing to those who are let in."""
    guard, route = request.app[CONTEXT].guard, _route_of(request)
    if isinstance(request.protocol, Protocol):
        request.protocol.heard()
    guard.check_addressed_to_us(request)
    access = route.access if route else Access.SIGNED_IN
    if access is Access.CODE:
        guard.check_from_our_page_or_program(request)
    elif access is not Access.ANYONE:
        guard.check_signed_in(request)
    check_content(request, route)
    return await handler(request)


def _route_of(request: web.Request) -> Route | None:
    return request.app[TABLE].get(request.match_info.handler)
