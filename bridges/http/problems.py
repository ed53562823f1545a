"""Errors as `application/problem+json` (RFC 9457), with roadie's stable code."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from http import HTTPStatus
from uuid import uuid4

import msgspec
from aiohttp import web

from bridges.http.refusals import Refusal
from daemon.kernel import errors as e

log = logging.getLogger(__name__)

CONTENT_TYPE = "application/problem+json"

STATUS_OF: Mapping[type[e.RoadieError], int] = {
    e.RoadieError: 500,
    e.UsageError: 400,
    e.BadParameter: 422,
    e.BadRecipe: 422,
    e.BadRule: 422,
    e.NotFound: 404,
    e.Conflict: 409,
    e.AlreadyRunning: 409,
    e.Forbidden: 403,
    e.InputError: 422,
    e.NotInstalled: 409,
    e.DiskFull: 507,
    e.TooSlow: 504,
    e.PathTaken: 409,
}


class ProblemView(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """title: the status in words. code: stable. detail: one line for a person. instance: names this happening
    in the log, when it was roadie's own mistake."""

    type: str
    title: str
    status: int
    code: str
    detail: str
    where: str | None = None
    hint: str | None = None
    instance: str | None = None


def status_of(error: e.RoadieError) -> int:
    """The status of the nearest class that has one; for what a step said, the status of that. A step's or a
    worker's own failure is a 500."""
    if isinstance(error, Refusal):
        return error.status
    kind = _class_of(error.error.code) if isinstance(error, e.StepFailed) else type(error)
    return next(STATUS_OF[cls] for cls in kind.__mro__ if cls in STATUS_OF)


def _class_of(code: str) -> type[e.RoadieError]:
    """The kind of an error that came from a worker as data."""
    waiting: list[type[e.RoadieError]] = [e.RoadieError]
    for kind in waiting:
        if kind.code == code:
            return kind
        waiting += kind.__subclasses__()
    return e.RoadieError


def problem_of(error: e.RoadieError) -> ProblemView:
    status, info = status_of(error), error.info()
    return ProblemView(
        type="about:blank",
        title=HTTPStatus(status).phrase,
        status=status,
        code=info.code,
        detail=info.message,
        where=info.where,
        hint=info.hint,
    )


def unexpected_problem(error: BaseException, what: str) -> ProblemView:
    """An error nobody foresaw: its traceback goes to the log under the `instance`, never to the client."""
    instance = uuid4().urn
    log.error("%s failed unexpectedly (%s)", what, instance, exc_info=error)
    return ProblemView(
        type="about:blank",
        title=HTTPStatus.INTERNAL_SERVER_ERROR.phrase,
        status=500,
        code=e.RoadieError.code,
        detail="roadie made a mistake; its log says where, under this instance",
        instance=instance,
    )


def response_of(problem: ProblemView, headers: Mapping[str, str] | None = None) -> web.Response:
    return web.Response(
        body=msgspec.json.encode(problem) + b"\n",
        status=problem.status,
        content_type=CONTENT_TYPE,
        headers=headers,
    )


def refuse(error: e.RoadieError) -> web.Response:
    """The response that says this error."""
    return response_of(problem_of(error), error.headers if isinstance(error, Refusal) else None)
