"""The page at `/`: a plain one, until there is a panel."""

from __future__ import annotations

import base64
import hashlib
from functools import cache
from importlib.resources import files

from aiohttp import web

from bridges.http.headers import PAGE_POLICY
from bridges.http.table import Call


async def index(_: Call[None, None]) -> web.Response:
    return _static("index.html", 200)


def locked_page() -> web.Response:
    """What a browser without a session sees: how to get one."""
    return _static("locked.html", 401, {"WWW-Authenticate": 'Bearer realm="roadie"'})


def _static(name: str, status: int, headers: dict[str, str] | None = None) -> web.Response:
    body, policy = _content(name)
    return web.Response(
        body=body,
        status=status,
        content_type="text/html",
        charset="utf-8",
        headers={"Content-Security-Policy": policy, **(headers or {})},
    )


@cache
def _content(name: str) -> tuple[bytes, str]:
    """The page and its policy, which names the page's own <style> by hash and allows no other."""
    body = (files("bridges.http") / "static" / name).read_bytes()
    style = body.partition(b"<style>")[2].partition(b"</style>")[0]
    digest = base64.b64encode(hashlib.sha256(style).digest()).decode()
    return body, f"{PAGE_POLICY}; style-src 'sha256-{digest}'"
