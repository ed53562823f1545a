"""Requests that are no HTTP, or too large to be read, get a problem as well."""

from __future__ import annotations

import logging

from aiohttp import web
from aiohttp.http_exceptions import LineTooLong

from bridges.http.headers import add_security_headers
from bridges.http.problems import refuse, response_of, unexpected_problem
from bridges.http.refusals import BadRequest, HeadersTooLarge

log = logging.getLogger(__name__)


class Protocol(web.RequestHandler):
    """aiohttp answers these by itself before the application sees them, as plain text."""

    __slots__ = ()

    def handle_error(
        self,
        request: web.BaseRequest,
        status: int = 500,
        exc: BaseException | None = None,
        message: str | None = None,
    ) -> web.StreamResponse:
        if request.writer.output_size > 0:  # an answer is on its way already: only the connection can end
            raise ConnectionError("the answer had begun when it failed") from exc
        response = self._problem(status, exc, message)
        add_security_headers(response)
        response.force_close()
        return response

    def _problem(self, status: int, exc: BaseException | None, message: str | None) -> web.Response:
        if isinstance(exc, LineTooLong):
            return refuse(HeadersTooLarge("the request line or a header is too long"))
        if status < 500:
            log.debug("malformed request: %s", message)
            return refuse(BadRequest("the request is malformed"))
        return response_of(unexpected_problem(exc or RuntimeError(message), "answering"))
