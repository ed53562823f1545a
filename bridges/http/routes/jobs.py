"""Jobs and what can be asked of roadie."""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta

from bridges.http.table import BASE, Call, Reply, Route
from daemon.services.types import Page, Request
from daemon.services.types_jobs import JobAck, JobRequest, JobStateName, JobView, RecipeView, UndoView
from daemon.services.types_library import ExportRequest, ScanRequest
from daemon.services.types_system import ModelView


class JobsQuery(Request, frozen=True):
    state: JobStateName | Literal["open"] | None = None
    cursor: str | None = None
    limit: Annotated[int, Meta(ge=1, le=1000)] = 50


def job_reply(ack: JobAck, status: int = 202) -> Reply:
    """An accepted job, and where to follow it."""
    return Reply(ack, status, {"Location": f"{BASE}/jobs/{ack.id}"})


async def submit(call: Call[None, JobRequest]) -> Reply:
    ack, created = await call.services.jobs.submit(call.body, call.client)
    return job_reply(ack, 202 if created else 200)


async def list_jobs(call: Call[JobsQuery, None]) -> Page[JobView]:
    return await call.services.jobs.list(call.query.state, call.query.cursor, call.query.limit)


async def get(call: Call[None, None]) -> JobView:
    return await call.services.jobs.get(call.path["id"])


async def cancel(call: Call[None, None]) -> JobAck:
    return await call.services.jobs.cancel(call.path["id"])


async def retry(call: Call[None, None]) -> Reply:
    return job_reply(await call.services.jobs.retry(call.path["id"]))


async def undo(call: Call[None, None]) -> UndoView:
    return await call.services.jobs.undo(call.path["id"])


async def export(call: Call[None, ExportRequest]) -> Reply:
    return job_reply(await call.services.exports.export(call.body, call.client))


async def scan(call: Call[None, ScanRequest]) -> Reply:
    return job_reply(await call.services.library.scan(call.body, call.client))


async def pull(call: Call[None, None]) -> Reply:
    return job_reply(await call.services.models.pull(call.path["name"], call.client))


async def recipes(call: Call[None, None]) -> Page[RecipeView]:
    return Page(items=await call.services.recipes.list())


async def models(call: Call[None, None]) -> Page[ModelView]:
    return Page(items=await call.services.models.list())


JOBS = f"{BASE}/jobs"
_NO_JOB = (404, "no such job")

ROUTES = (
    Route(
        "POST",
        JOBS,
        submit,
        "Ask for a job; acknowledged at once",
        body=JobRequest,
        answer=JobAck,
        status=202,
        also=(
            (200, "the same job, for a repeated idempotency key"),
            (404, "no such recipe, asset or place to deliver to"),
            (409, "the key was used with another body"),
        ),
    ),
    Route("GET", JOBS, list_jobs, "Jobs, newest first", query=JobsQuery, answer=Page[JobView]),
    Route("GET", f"{JOBS}/{{id}}", get, "One job, whole", answer=JobView, also=(_NO_JOB,)),
    Route("POST", f"{JOBS}/{{id}}/cancel", cancel, "Cancel a job", answer=JobAck, also=(_NO_JOB,)),
    Route(
        "POST",
        f"{JOBS}/{{id}}/retry",
        retry,
        "Try again what failed",
        answer=JobAck,
        status=202,
        also=(_NO_JOB,),
    ),
    Route(
        "POST",
        f"{JOBS}/{{id}}/undo",
        undo,
        "Take back what a job delivered",
        answer=UndoView,
        also=(_NO_JOB,),
    ),
    Route(
        "POST",
        f"{BASE}/exports",
        export,
        "Copy part of the library below a folder",
        body=ExportRequest,
        answer=JobAck,
        status=202,
    ),
    Route(
        "POST", f"{BASE}/scans", scan, "Index a folder in place", body=ScanRequest, answer=JobAck, status=202
    ),
    Route("GET", f"{BASE}/recipes", recipes, "What can be asked", answer=Page[RecipeView]),
    Route("GET", f"{BASE}/models", models, "Models: size, licence, installed or not", answer=Page[ModelView]),
    Route(
        "POST",
        f"{BASE}/models/{{name}}/pull",
        pull,
        "Install a model",
        answer=JobAck,
        status=202,
        also=((404, "no such model"),),
    ),
)
