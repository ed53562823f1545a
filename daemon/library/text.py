"""The text index: one row for each asset, found by prefixes of the words of its name, tags and folders."""

from __future__ import annotations

from pathlib import PurePath
from typing import Any

from daemon.library.spelling import learn, signs
from daemon.library.tables import AssetRow

FOLDERS = 3  # the nearest folders say what a file is; the ones above are the same for everything

# A scan comes through here for every file, and peewee's building of a statement takes longer than SQLite's work.
_ASSET = 'SELECT rowid, name, bpm, kind, stem, class, "key" FROM asset WHERE id = ?'
_PATHS = "SELECT path FROM path WHERE asset_id = ?"
_TAGS = "SELECT label FROM tag WHERE asset_id = ?"
_FORGET = "DELETE FROM asset_text WHERE rowid = ?"
_INDEX = "INSERT INTO asset_text (rowid, name, words, tags, folders) VALUES (?, ?, ?, ?, ?)"
_TOUCH = "INSERT OR REPLACE INTO touched (number) VALUES (?)"


def sql(statement: str, *values: Any) -> Any:
    """Run a statement as it stands, on this thread's connection."""
    return AssetRow._meta.database.execute_sql(statement, values)


def number_of(asset: str) -> int | None:
    """The asset's rowid, by which indexes name it; None for an unknown one. Inside a read or write."""
    found = sql("SELECT rowid FROM asset WHERE id = ?", asset).fetchone()
    return None if found is None else int(found[0])


def index_text(asset: str) -> None:
    """Make an asset findable by its words and facets as they are now; inside a write."""
    found = sql(_ASSET, asset).fetchone()
    if found is None:
        return
    number, name, bpm, *facets = found
    paths = [PurePath(path) for (path,) in sql(_PATHS, asset)]
    tags = " ".join(label for (label,) in sql(_TAGS, asset))
    folders = " ".join(dict.fromkeys(part for path in paths for part in path.parts[-FOLDERS - 1 : -1]))
    names = " ".join(dict.fromkeys([name, *(path.name for path in paths)]))
    said = " ".join(
        [*(str(word) for word in facets if word), *tempo_words(bpm), *signs(f"{names} {tags} {folders}")]
    )
    sql(_FORGET, number)
    sql(_INDEX, number, names, said, tags, folders)
    learn(" ".join((names, said, tags, folders)))
    sql(_TOUCH, number)


def tempo_words(bpm: float | None) -> list[str]:
    """By what a tempo is looked for as text: "128 bpm" and "128bpm"."""
    return [] if bpm is None else [f"{bpm:.0f}", "bpm", f"{bpm:.0f}bpm"]


def forget_text(asset: str) -> None:
    """Take an asset out of the index; inside a write, before its row goes."""
    number = number_of(asset)
    if number is not None:
        sql(_FORGET, number)
        sql(_TOUCH, number)
