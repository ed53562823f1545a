"""Tags into the user's own files, on request."""

from __future__ import annotations

from bridges.http.table import BASE, Call, Route
from daemon.services.types_jobs import JobAck
from daemon.services.types_tags import WriteTagsOptions, WriteTagsRequest


async def write_one(call: Call[None, WriteTagsOptions]) -> JobAck:
    request = WriteTagsRequest(
        assets=[call.path["id"]], overwrite=call.body.overwrite, dry_run=call.body.dry_run
    )
    await call.services.library.get(call.path["id"])
    return await call.services.tags.start(request, call.client)


async def write_many(call: Call[None, WriteTagsRequest]) -> JobAck:
    return await call.services.tags.start(call.body, call.client)


ROUTES = (
    Route(
        "POST",
        f"{BASE}/assets/{{id}}/write-tags",
        write_one,
        "Write what is known of it into its file",
        body=WriteTagsOptions,
        answer=JobAck,
        status=202,
        also=((404, "no such asset"),),
    ),
    Route(
        "POST",
        f"{BASE}/write-tags",
        write_many,
        "Write what is known of assets, of files or of what a search finds into their files",
        body=WriteTagsRequest,
        answer=JobAck,
        status=202,
    ),
)
