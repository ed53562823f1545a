"""Why a search found nothing, where that is the library's doing: the folder or the song it is narrowed to is none that
the library knows."""

from __future__ import annotations

from pathlib import Path

from daemon.library.query import Query
from daemon.library.scope import Scope


async def why_nothing(scope: Scope, query: Query) -> str | None:
    """What, why and what to do next; None where the library knows what the search is narrowed to."""
    if query.folder is not None and (why := await _of_folder(scope, query.folder, query.missing)) is not None:
        return why
    return None if query.source is None else await _of_source(scope, query.source)


async def _of_folder(scope: Scope, text: str, missing: bool) -> str | None:
    folder = Path(text)
    if not folder.is_absolute():
        return f"{text}: a folder is named by its absolute path, as the library has it"
    below = await scope.below(folder)
    if not below.known:
        return f"{folder}: the library knows no sound below this folder. If it holds any, scan it first"
    if not below.there and not missing:
        return (
            f"{folder}: all that the library knows below this folder is missing, and found by a search for what is "
            "missing. If it is back, scan it again"
        )
    return None


async def _of_source(scope: Scope, asset: str) -> str | None:
    song = await scope.made_from(asset)
    if song.made:
        return None
    if song.name is None:
        return (
            f"{asset}: the library knows no such song, and nothing that was made from one. A song is named by its "
            "asset's id"
        )
    return f"{song.name}: nothing in the library was made from this song. Run a recipe on it first"
