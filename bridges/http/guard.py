"""Who is let in. Each question is asked of every request, in this order, before any of it is acted upon."""

from __future__ import annotations

import hmac

from aiohttp import web

from bridges.http.hosts import is_loopback_name
from bridges.http.refusals import (
    BadRequest,
    CrossSite,
    NotSignedIn,
    WrongHost,
    WrongOrigin,
)
from bridges.http.sessions import Sessions

_HOW_TO_GET_IN = (
    "Send `Authorization: Bearer <token>` (runtime.json names the token file), "
    "or open the panel with `roadie serve --open`"
)
_SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})


class Guard:
    """hosts: every `Host` header that names this daemon. port: separates its cookie from that of another
    daemon on this machine, because browsers do not tell ports apart in cookies."""

    def __init__(self, hosts: frozenset[str], port: int, token: str, sessions: Sessions) -> None:
        self._hosts = hosts
        self._origins = frozenset(f"http://{host}" for host in hosts)
        self._token = token.encode("ascii")
        self._sessions = sessions
        self.cookie = f"roadie_session_{port}"

    def check_addressed_to_us(self, request: web.Request) -> None:
        """Raises WrongHost, WrongOrigin or BadRequest: for requests that were steered here by someone else."""
        if request.raw_path != "*" and not request.raw_path.startswith("/"):
            raise BadRequest("the request target is a whole address", hint="Send a path: roadie is no proxy")
        hosts = request.headers.getall("Host", [])
        if len(hosts) != 1 or hosts[0].lower() not in self._hosts:
            raise WrongHost(
                "this name is not roadie's",
                where=", ".join(hosts) or "no Host header",
                hint=f"Use one of {', '.join(sorted(self._hosts))}",
            )
        for origin in request.headers.getall("Origin", []):
            if origin.lower() not in self._origins:
                raise WrongOrigin("pages of other origins are not let in", where=origin)

    def check_signed_in(self, request: web.Request) -> str:
        """How the request showed that it may: "token" or "session". Raises NotSignedIn or CrossSite."""
        if request.headers.get("Authorization") is not None:
            self._check_bearer(request)
            return "token"
        self._check_session(request)
        return "session"

    def check_from_our_page(self, request: web.Request) -> None:
        """Raises CrossSite unless the browser says that our own page, or the person, sent this.

        A page on another port of this machine is another origin but the same site, so SameSite=Strict does not
        stop it; Sec-Fetch-Site does. Some browsers leave it out of a WebSocket's handshake, where they always
        send the Origin (compared already), and of everything that goes to an address that is neither loopback
        nor https.
        """
        site = request.headers.get("Sec-Fetch-Site")
        safe = request.method in _SAFE_METHODS
        if site is None:
            allowed = "Origin" in request.headers or (safe and not is_loopback_name(request.headers["Host"]))
        else:
            allowed = site == "same-origin" or (site == "none" and safe)
        if not allowed:
            raise CrossSite("sent by another page than roadie's own", where=f"Sec-Fetch-Site: {site}")

    def check_from_our_page_or_program(self, request: web.Request) -> None:
        """As check_from_our_page for browsers; a program that is no browser sends no Sec-Fetch-Site."""
        if "Sec-Fetch-Site" in request.headers:
            self.check_from_our_page(request)

    def _check_bearer(self, request: web.Request) -> None:
        scheme, _, given = request.headers["Authorization"].partition(" ")
        matches = hmac.compare_digest(given.strip().encode("utf-8", "surrogateescape"), self._token)
        if scheme.lower() != "bearer" or not matches:
            raise NotSignedIn("the token is wrong", hint=_HOW_TO_GET_IN, headers=_challenge("invalid_token"))

    def _check_session(self, request: web.Request) -> None:
        session = request.cookies.get(self.cookie)
        if session is None or not self._sessions.knows(session):
            raise NotSignedIn("a token or a session is needed", hint=_HOW_TO_GET_IN, headers=_challenge())
        self.check_from_our_page(request)


def _challenge(error: str | None = None) -> dict[str, str]:
    detail = f', error="{error}"' if error else ""
    return {"WWW-Authenticate": f'Bearer realm="roadie"{detail}'}
