"""DAW projects: what they use, and what they miss."""

from __future__ import annotations

from bridges.http.table import BASE, Call, Route
from daemon.services.types import Page
from daemon.services.types_jobs import JobAck
from daemon.services.types_library import ScanRequest
from daemon.services.types_projects import (
    ProjectRequest,
    ProjectSummary,
    ProjectView,
    UsedAtRequest,
    UsedByView,
)


async def list_projects(call: Call[None, None]) -> Page[ProjectSummary]:
    return Page(items=await call.services.projects.all())


async def read(call: Call[None, ProjectRequest]) -> ProjectView:
    return await call.services.projects.read(call.body)


async def scan(call: Call[None, ScanRequest]) -> JobAck:
    return await call.services.projects.scan(call.body, call.client)


async def get(call: Call[None, None]) -> ProjectView:
    return await call.services.projects.get(call.path["id"])


async def forget(call: Call[None, None]) -> None:
    await call.services.projects.forget(call.path["id"])


async def used_by(call: Call[None, None]) -> Page[UsedByView]:
    return Page(items=await call.services.projects.used_by(call.path["id"]))


async def used_at(call: Call[None, UsedAtRequest]) -> Page[UsedByView]:
    return Page(items=await call.services.projects.used_at(call.body))


_ALL = f"{BASE}/projects"
_ONE = f"{_ALL}/{{id}}"
_NONE = ((404, "no such project"),)

ROUTES = (
    Route("GET", _ALL, list_projects, "Projects that were read", answer=Page[ProjectSummary]),
    Route("POST", _ALL, read, "Read a project file, if it changed", body=ProjectRequest, answer=ProjectView),
    Route("POST", f"{_ALL}/scans", scan, "Read every project below a folder, as a job", body=ScanRequest,
          answer=JobAck, status=202),
    Route("GET", _ONE, get, "A project as it was last read", answer=ProjectView, also=_NONE),
    Route("DELETE", _ONE, forget, "No longer heed a project; its file stays", status=204, also=_NONE),
    Route("POST", f"{_ALL}/used-by", used_at, "Projects that use a file", body=UsedAtRequest, answer=Page[UsedByView]),
    Route("GET", f"{BASE}/assets/{{id}}/used-by", used_by, "Projects that use it", answer=Page[UsedByView],
          also=((404, "no such asset"),)),
)  # fmt: skip
