"""Headers on every answer that keep a browser from doing more with it than was meant."""

from __future__ import annotations

from aiohttp import web

API_POLICY = "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'; sandbox"
PAGE_POLICY = (
    "default-src 'none'; connect-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'"
)

_ALWAYS = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Server": "roadie",
}
_UNLESS_SAID = {"Cache-Control": "no-store", "Content-Security-Policy": API_POLICY}


async def secure(_: web.BaseRequest, response: web.StreamResponse) -> None:
    add_security_headers(response)


def add_security_headers(response: web.StreamResponse) -> None:
    response.headers.update(_ALWAYS)
    for name, value in _UNLESS_SAID.items():
        response.headers.setdefault(name, value)
