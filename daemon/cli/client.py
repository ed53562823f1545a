"""Speaks HTTP with the daemon: JSON in and out, problem+json as exceptions, server-sent events as an iterator."""

from __future__ import annotations

import http.client
import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urlencode

from daemon.kernel.addresses import url
from daemon.kernel.errors import ErrorInfo, RoadieError

BASE = "/api/v1"
ANSWER_TIMEOUT_S = 60.0
HEALTH_TIMEOUT_S = 5.0
QUIET_STREAM_S = 25.0
"""How long the event stream may say nothing before the follower looks for itself."""


class DaemonGone(RoadieError):
    """Nothing answers at the daemon's address, or it stopped answering half way."""

    code = "daemon_gone"


class Refused(RoadieError):
    """The daemon answered with an error; `error` is that error as data, `status` the HTTP status."""

    code = "refused"

    def __init__(self, status: int, error: ErrorInfo) -> None:
        self.status = status
        self.error = error
        super().__init__(error.message)

    def info(self, traceback: str | None = None) -> ErrorInfo:  # noqa: ARG002 - the error brings its own
        return self.error


@dataclass(frozen=True, slots=True)
class Address:
    """Where a daemon listens, and what it asks for."""

    host: str
    port: int
    token: str

    @property
    def url(self) -> str:
        return url(self.host, self.port)


class Client:
    """One daemon. Every call opens its own connection, so a client may be used from several threads."""

    def __init__(self, address: Address) -> None:
        self.address = address

    def health(self) -> dict[str, Any]:
        """Asked without the token: whoever listens there now need not be the daemon."""
        with self._answer("GET", "/health", None, HEALTH_TIMEOUT_S, token=None) as answer:
            told = json.loads(answer.read())
        if not isinstance(told, dict) or "status" not in told or "version" not in told:
            raise DaemonGone("something else than roadie answers", where=self.address.url)
        return told

    def get(self, path: str, query: Mapping[str, object] | None = None) -> Any:
        return self._call("GET", path_with(path, query))

    def post(self, path: str, body: object = None) -> Any:
        return self._call("POST", path, {} if body is None else body)

    def patch(self, path: str, body: object) -> Any:
        return self._call("PATCH", path, body)

    def put(self, path: str, body: object) -> Any:
        return self._call("PUT", path, body)

    def delete(self, path: str, query: Mapping[str, object] | None = None) -> Any:
        return self._call("DELETE", path_with(path, query))

    def _call(self, method: str, path: str, body: object = None) -> Any:
        """The answer's JSON, None for an empty one. Raises Refused, DaemonGone."""
        with self._answer(method, path, body, ANSWER_TIMEOUT_S, self.address.token) as answer:
            content = answer.read()
        return json.loads(content) if content else None

    def events(self, quiet_s: float = QUIET_STREAM_S) -> Iterator[dict[str, Any] | None]:
        """What happens from now on, one dict per event; None as soon as the stream is open, and whenever it
        was quiet. Ends when the daemon ends the stream or is gone."""
        with self._answer("GET", "/events/stream", None, quiet_s, self.address.token) as answer:
            yield None
            yield from _server_sent(answer)

    @contextmanager
    def _answer(
        self, method: str, path: str, body: object, timeout_s: float, token: str | None
    ) -> Iterator[http.client.HTTPResponse]:
        headers = {"Accept": "application/json, */*", "Roadie-Client": "cli"}
        if token is not None:
            headers["Authorization"] = f"Bearer {token}"
        content = None
        if body is not None:
            content = json.dumps(body).encode()
            headers["Content-Type"] = "application/json"
        connection = http.client.HTTPConnection(self.address.host, self.address.port, timeout=timeout_s)
        try:
            connection.request(method, BASE + path, content, headers)
            answer = connection.getresponse()
            if answer.status >= 400:
                raise Refused(answer.status, _problem(answer.status, answer.reason, answer.read()))
            yield answer
        except (OSError, ValueError, http.client.HTTPException) as error:
            raise DaemonGone(
                "the daemon does not answer", where=self.address.url, why=str(error) or type(error).__name__
            ) from error
        finally:
            connection.close()


def path_with(path: str, query: Mapping[str, object] | None) -> str:
    """The path with its query string; values of None are left out."""
    given = {} if query is None else {key: value for key, value in query.items() if value is not None}
    return f"{path}?{urlencode(given)}" if given else path


def part(name: str) -> str:
    """A name as one part of a path."""
    return quote(name, safe="")


def _problem(status: int, reason: str, content: bytes) -> ErrorInfo:
    """RFC 9457: the stable code and what to do are members of our own."""
    try:
        problem = json.loads(content)
    except ValueError:
        problem = None
    if not isinstance(problem, dict):
        return ErrorInfo("http", f"the daemon answered {status} {reason}")
    message = problem.get("detail") or problem.get("message") or problem.get("title") or f"{status} {reason}"
    return ErrorInfo(
        str(problem.get("code") or "http"), str(message), _text(problem, "where"), _text(problem, "hint")
    )


def _text(problem: Mapping[str, object], key: str) -> str | None:
    value = problem.get(key)
    return None if value is None else str(value)


def _server_sent(answer: http.client.HTTPResponse) -> Iterator[dict[str, Any] | None]:
    """Events of a text/event-stream body (WHATWG HTML, 9.2.6): only `data` matters here, a comment is quiet."""
    data: list[bytes] = []
    while line := answer.readline():
        line = line.rstrip(b"\r\n")
        if line.startswith(b"data:"):
            data.append(line[5:].removeprefix(b" "))
        elif not line and data:
            yield json.loads(b"\n".join(data))
            data.clear()
        elif line.startswith(b":"):
            yield None
