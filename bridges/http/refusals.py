"""Errors that exist only in HTTP: how a request was refused before any service saw it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from daemon.kernel.errors import RoadieError


class Refusal(RoadieError):
    """A request that is answered with `status` and, besides the usual words, some headers."""

    status: ClassVar[int] = 400
    code = "bad_request"

    def __init__(
        self,
        what: str,
        *,
        where: object = None,
        why: object = None,
        hint: str | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(what, where=where, why=why, hint=hint)
        self.headers = dict(headers or {})


class BadRequest(Refusal): ...


class BadJson(Refusal):
    code = "bad_json"


class NotSignedIn(Refusal):
    status = 401
    code = "not_signed_in"


class BadCode(Refusal):
    status = 403
    code = "bad_code"


class WrongOrigin(Refusal):
    status = 403
    code = "wrong_origin"


class CrossSite(Refusal):
    status = 403
    code = "cross_site"


class NoSuchPath(Refusal):
    status = 404
    code = "no_such_path"


class MethodNotAllowed(Refusal):
    status = 405
    code = "method_not_allowed"


class BodyTooSlow(Refusal):
    status = 408
    code = "body_too_slow"


class OffsetMismatch(Refusal):
    status = 409
    code = "offset_mismatch"


class WrongTusVersion(Refusal):
    status = 412
    code = "wrong_tus_version"


class TooLarge(Refusal):
    status = 413
    code = "too_large"


class WrongContentType(Refusal):
    status = 415
    code = "wrong_content_type"


class NoSuchRange(Refusal):
    status = 416
    code = "no_such_range"


class Precondition(Refusal):
    status = 412
    code = "precondition_failed"


class Gone(Refusal):
    """The thing is known, its file is not there any more."""

    status = 404
    code = "file_missing"


class WrongHost(Refusal):
    status = 421
    code = "wrong_host"


class Invalid(Refusal):
    """Well-formed, but not what this route takes: an unknown field, a wrong type, a value out of range."""

    status = 422
    code = "invalid"


class UpgradeRequired(Refusal):
    status = 426
    code = "upgrade_required"


class HeadersTooLarge(Refusal):
    status = 431
    code = "headers_too_large"
