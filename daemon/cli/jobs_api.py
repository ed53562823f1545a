"""Jobs over HTTP, typed."""

from __future__ import annotations

import msgspec

from daemon.cli.client import Client, part
from daemon.cli.paging import items
from daemon.services.types import Page
from daemon.services.types_jobs import JobAck, JobRequest, JobView, UndoView


def submit(client: Client, request: JobRequest) -> JobAck:
    return msgspec.convert(client.post("/jobs", msgspec.to_builtins(request)), JobAck)


def listed(client: Client, state: str | None, limit: int) -> list[JobView]:
    """The newest `limit` jobs."""
    return list(items(client, "/jobs", Page[JobView], {"state": state}, limit))


def cancel(client: Client, job_id: str) -> JobAck:
    return msgspec.convert(client.post(f"/jobs/{part(job_id)}/cancel"), JobAck)


def retry(client: Client, job_id: str) -> JobAck:
    return msgspec.convert(client.post(f"/jobs/{part(job_id)}/retry"), JobAck)


def undo(client: Client, job_id: str) -> UndoView:
    return msgspec.convert(client.post(f"/jobs/{part(job_id)}/undo"), UndoView)
