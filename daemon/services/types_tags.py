"""Requests about tags in files."""

from __future__ import annotations

import msgspec

from daemon.services.types import Answer, Request
from daemon.services.types_library import AssetQuery


class WriteTagsRequest(Request, frozen=True):
    """Exactly one of assets (ids), paths (files) and query. overwrite: genre, key, tempo and root note that stand in
    a file give way; otherwise only what is empty is filled. dry_run: say what would be written, and write nothing."""

    assets: list[str] | None = None
    paths: list[str] | None = None
    query: AssetQuery | None = None
    overwrite: bool = False
    dry_run: bool = False


class NotWritten(Answer, frozen=True):
    path: str
    why: str


class WriteTagsResult(Answer, frozen=True):
    """How many files were written, or in a dry run would be; already: how many stay as they are, since all of it is
    said there, or otherwise by others; how many could not be written, and of the first of these which and why."""

    written: int = 0
    would_write: int = 0
    already: int = 0
    failed: int = 0
    failures: list[NotWritten] = msgspec.field(default_factory=list)


class WriteTagsOptions(Request, frozen=True):
    """The same for one asset that the address names."""

    overwrite: bool = False
    dry_run: bool = False
