"""From what came over the wire to the types of the services, or to an error that says where it was wrong."""

from __future__ import annotations

import asyncio
import math
from typing import Any

import msgspec
from aiohttp import web
from aiohttp.web_exceptions import HTTPRequestEntityTooLarge

from bridges.http.refusals import BadJson, BodyTooSlow, Invalid, TooLarge, WrongContentType
from bridges.http.settings import HttpSettings
from bridges.http.table import Body, Route


class NoBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The body of a route that needs none: absent, or an empty object."""


def check_content(request: web.Request, route: Route | None) -> None:
    """Raises WrongContentType for a body of a type that this route does not take.

    A form or plain text is what a foreign page can send without asking first; it is refused everywhere.
    """
    coding = request.headers.get("Content-Encoding", "identity").lower()
    if coding != "identity":
        raise WrongContentType("compressed bodies are not taken", where=f"Content-Encoding: {coding}")
    if not request.body_exists:
        return  # clients name a type for an empty body too
    said = request.headers.get("Content-Type")
    wanted = route.takes if route else Body.JSON
    if request.content_type != wanted.value or said is None:
        raise WrongContentType(
            "this content type is not taken here", where=f"Content-Type: {said}", hint=f"Send {wanted.value}"
        )


def query_of(request: web.Request, route: Route) -> Any:
    """The query as the route's type; raises Invalid for an unknown, repeated or malformed parameter."""
    given = request.query
    repeated = sorted({name for name in given if len(given.getall(name)) > 1})
    if repeated:
        raise Invalid("given more than once", where=f"query parameter {repeated[0]}")
    try:
        query: Any = msgspec.convert(dict(given), route.query or NoBody, strict=False)
    except msgspec.ValidationError as error:
        raise _invalid(error, "query") from error
    return _finite(query)


def _finite(query: Any) -> Any:
    """JSON has no NaN or infinity; a query has none either."""
    for name in query.__struct_fields__:
        value = getattr(query, name)
        if isinstance(value, float) and not math.isfinite(value):
            raise Invalid("is not a finite number", where=f"query parameter {name}")
    return query


async def body_of(request: web.Request, route: Route, settings: HttpSettings) -> Any:
    """The JSON body as the route's type.

    Raises TooLarge, BodyTooSlow, BadJson (not JSON), Invalid (JSON of another shape).
    """
    data = await _read(request, settings)
    try:
        return msgspec.json.decode(data or b"{}", type=route.body or NoBody)
    except msgspec.ValidationError as error:
        raise _invalid(error, "body") from error
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise BadJson("the body is not JSON", why=error) from error
    except RecursionError as error:
        raise BadJson("the body is nested too deeply") from error


async def _read(request: web.Request, settings: HttpSettings) -> bytes:
    try:
        async with asyncio.timeout(settings.body_idle_s):
            return await request.read()
    except TimeoutError as error:
        raise BodyTooSlow("the body did not arrive in time", why=f"{settings.body_idle_s:g} s") from error
    except HTTPRequestEntityTooLarge as error:
        raise TooLarge("the body is too large", why=f"at most {settings.max_json_bytes} bytes") from error


def _invalid(error: msgspec.ValidationError, part: str) -> Invalid:
    """msgspec says "Expected `int`, got `str` - at `$.inputs[0].path`": the place becomes `where`."""
    what, _, place = str(error).partition(" - at ")
    where = place.strip("`").removeprefix("$").lstrip(".") or part
    if part == "query":
        where = f"query parameter {where}" if place else part
    return Invalid(what, where=where)
