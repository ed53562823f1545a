"""Requests about tags in files."""

from __future__ import annotations

from daemon.services.types import Request
from daemon.services.types_library import AssetQuery


class WriteTagsRequest(Request, frozen=True):
    """Exactly one of assets (ids), paths (files) and query. overwrite: genre, key, tempo and root note that stand in
    a file give way; otherwise only what is empty is filled. dry_run: say what would be written, and write nothing."""

    assets: list[str] | None = None
    paths: list[str] | None = None
    query: AssetQuery | None = None
    overwrite: bool = False
    dry_run: bool = False


class WriteTagsOptions(Request, frozen=True):
    """The same for one asset that the address names."""

    overwrite: bool = False
    dry_run: bool = False
