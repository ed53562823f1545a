"""What a route is. From a table of these come routing, validation, access and `openapi.json`."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Generic, Literal, NamedTuple, TypeVar

from aiohttp import web

from bridges.http.guard import Guard
from bridges.http.open_streams import OpenStreams
from bridges.http.ports import Services
from bridges.http.sessions import Sessions
from bridges.http.settings import HttpSettings

BASE = "/api/v1"

Q = TypeVar("Q")
B = TypeVar("B")


class Access(StrEnum):
    """Who may call. CODE: whoever brings a one-time code. PAGE: as SIGNED_IN, but says so as a page."""

    ANYONE = "anyone"
    CODE = "code"
    SIGNED_IN = "signed in"
    PAGE = "page"


class Body(StrEnum):
    """What a request may carry; nothing else is let in."""

    JSON = "application/json"
    MULTIPART = "multipart/form-data"
    TUS = "application/offset+octet-stream"


@dataclass(frozen=True, slots=True)
class Context:
    """What handlers may use."""

    services: Services
    settings: HttpSettings
    sessions: Sessions
    guard: Guard
    streams: OpenStreams


@dataclass(frozen=True, slots=True)
class Call(Generic[Q, B]):
    """One request, checked and decoded. path: the `{...}` parts. client: who says it is asking."""

    context: Context
    request: web.Request
    path: Mapping[str, str]
    query: Q
    body: B
    client: str

    @property
    def services(self) -> Services:
        return self.context.services


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer with another status than the route's own, or with headers. value None: no body."""

    value: Any
    status: int | None = None
    headers: Mapping[str, str] = field(default_factory=dict)


Handler = Callable[[Call[Any, Any]], Awaitable[Any]]


class Header(NamedTuple):
    name: str
    meaning: str
    type: Literal["string", "integer"] = "string"


@dataclass(frozen=True, slots=True)
class Route:
    """One row of the table.

    path: as in openapi, with `{name}` parts. handler: takes a Call; returns what to encode, a Reply, or a
    response of its own. query, body: types to decode; answer: type that is encoded (None: no content).
    also: further (status, meaning) pairs worth saying. media: content type of an answer that is no JSON.
    needs: headers without which it is refused. gives: headers of its answer.
    """

    method: str
    path: str
    handler: Handler
    summary: str
    answer: Any = None
    query: type | None = None
    body: type | None = None
    takes: Body = Body.JSON
    status: int = 200
    access: Access = Access.SIGNED_IN
    media: str = Body.JSON.value
    also: tuple[tuple[int, str], ...] = ()
    needs: tuple[Header, ...] = ()
    gives: tuple[Header, ...] = ()

    @property
    def is_stream(self) -> bool:
        return self.media == "text/event-stream" or self.status == 101

    @property
    def tag(self) -> str:
        parts = self.path.removeprefix(BASE).strip("/").split("/")
        return parts[0] or "page"
