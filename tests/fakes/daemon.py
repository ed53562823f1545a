"""A daemon's HTTP side as the command line sees it: real sockets, answers written down beforehand."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import Callable
from typing import Any

from aiohttp import web

TOKEN = "ab" * 32
Handler = Callable[[web.Request], Any]


def job_view(state: str = "running", **changes: Any) -> dict[str, Any]:
    """A JobView of one song through a recipe of two steps."""
    steps = changes.pop(
        "steps", [step_view("stems", "done"), step_view("slices", "waiting" if state == "preparing" else state)]
    )
    return {
        "id": "j1",
        "recipe": "samples",
        "client": "cli",
        "state": state,
        "progress": 1.0 if state == "done" else 0.5,
        "eta_s": None if state == "done" else 12.0,
        "created_at": 1000.0,
        "started_at": 1001.0,
        "finished_at": 1064.0 if state == "done" else None,
        "warnings": [],
        "error": None,
        "inputs": [
            {
                "id": "j1.0",
                "path": "/music/song.flac",
                "asset": "a1",
                "region": None,
                "state": state,
                "error": None,
            }
        ],
        "steps": steps,
        "artifacts": [],
        **changes,
    }


def step_view(step: str, state: str, **changes: Any) -> dict[str, Any]:
    return {
        "id": f"j1.0.{step}",
        "step": step,
        "use": step,
        "input": "j1.0",
        "state": state,
        "progress": 1.0 if state == "done" else 0.0,
        "attempt": 1,
        "device": "cpu",
        "reason": None,
        "error": None,
        "artifacts": [],
        **changes,
    }


def artifact_view(path: str, **changes: Any) -> dict[str, Any]:
    return {
        "id": path,
        "kind": "stem",
        "name": path.rpartition("/")[2],
        "stem": None,
        "class": None,
        "path": path,
        "asset": "a2",
        "delivered": True,
        **changes,
    }


class FakeDaemon:
    """Answers `routes` ("GET /jobs/j1" -> value or handler); anything else is a 404 problem.

    views: what GET /jobs/j1 answers; the first is dropped whenever an event is sent, the last stays.
    events: lines sent to each who opens the stream, then the stream ends. None: there is no stream (404).
    """

    def __init__(self) -> None:
        self.routes: dict[str, Any] = {}
        self.views: list[dict[str, Any]] = []
        self.events: list[str] | None = []
        self.asked: list[tuple[str, str, Any]] = []
        self.authorizations: list[str | None] = []
        self.port = 0
        self._loop = asyncio.new_event_loop()
        self._runner: web.AppRunner | None = None
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)

    def __enter__(self) -> FakeDaemon:
        self._thread.start()
        asyncio.run_coroutine_threadsafe(self._start(), self._loop).result(10)
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def stop(self) -> None:
        if self._runner is None:
            return
        asyncio.run_coroutine_threadsafe(self._runner.cleanup(), self._loop).result(10)
        self._runner = None
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)
        self._loop.close()

    async def _start(self) -> None:
        app = web.Application()
        app.router.add_route("*", "/{tail:.*}", self._answer)
        self._runner = web.AppRunner(app, shutdown_timeout=0.1)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", 0)
        await site.start()
        self.port = self._runner.addresses[0][1]

    async def _answer(self, request: web.Request) -> web.StreamResponse:
        path = request.path.removeprefix("/api/v1")
        body = await request.json() if request.can_read_body else None
        self.asked.append((request.method, path, body if body is not None else dict(request.query)))
        self.authorizations.append(request.headers.get("Authorization"))
        if path == "/health":
            return web.json_response({"status": "ok", "version": "0.1.0", "uptime_s": 1.0})
        if request.headers.get("Authorization") != f"Bearer {TOKEN}":
            return problem(401, "not_signed_in", "a token is needed")
        if path == "/events/stream" and self.events is not None:
            return await self._stream(request)
        if (request.method, path) == ("GET", "/jobs/j1") and self.views:
            return web.json_response(self.views[0])
        answer = self.routes.get(f"{request.method} {path}")
        if callable(answer):
            answer = answer(request)
        if isinstance(answer, web.StreamResponse):
            return answer
        if answer is None:
            return problem(404, "not_found", f"there is nothing at {path}", hint="Look elsewhere")
        return web.json_response(answer)

    async def _stream(self, request: web.Request) -> web.StreamResponse:
        stream = web.StreamResponse(headers={"Content-Type": "text/event-stream"})
        await stream.prepare(request)
        for line in self.events or ():
            # The client looks at the job as soon as the stream is open; only then does something happen.
            await asyncio.sleep(0.05)
            if len(self.views) > 1 and "progress" not in line:
                self.views.pop(0)
            await stream.write(line.encode())
        return stream


def event(**body: Any) -> str:
    """One server-sent event as it stands on the wire."""
    return f"id: 7\ndata: {json.dumps({'job': 'j1', **body})}\n\n"


def problem(status: int, code: str, detail: str, **more: str) -> web.Response:
    body = {"type": "about:blank", "title": "Oh", "status": status, "code": code, "detail": detail, **more}
    return web.Response(body=json.dumps(body).encode(), status=status, content_type="application/problem+json")
