"""The text index: one row for each asset, found by prefixes of the words of its name, tags and folders, and of the
parts of those words."""

from __future__ import annotations

from pathlib import PurePath
from typing import Any

from daemon.library.parts import parts
from daemon.library.spelling import learn, plain, signs
from daemon.library.tables import AssetRow, StateRow

VERSION = 2
"""Rises when the text of an asset is indexed in another way; see `index_again`."""

_TELLING_DIGITS = 3  # of a number in a folder's name
FOLDERS = 3  # the nearest folders say what a file is; the ones above are the same for everything

# A scan comes through here for every file, and peewee's building of a statement takes longer than SQLite's work.
_ASSET = 'SELECT rowid, name, bpm, kind, stem, class, "key" FROM asset WHERE id = ?'
_PATHS = "SELECT path FROM path WHERE asset_id = ?"
_TAGS = "SELECT label FROM tag WHERE asset_id = ?"
_FORGET = "DELETE FROM asset_text WHERE rowid = ?"
_INDEX = "INSERT INTO asset_text (rowid, name, words, tags, folders) VALUES (?, ?, ?, ?, ?)"
_TOUCH = "INSERT OR REPLACE INTO touched (number) VALUES (?)"
_BELOW = "SELECT rowid, id FROM asset WHERE rowid < ? ORDER BY rowid DESC LIMIT ?"
_INDEXED = "text.indexed"  # [VERSION, number]: the assets from this number on are indexed as VERSION does it
_ABOVE_ALL = 2**63 - 1


def sql(statement: str, *values: Any) -> Any:
    """Run a statement as it stands, on this thread's connection."""
    return AssetRow._meta.database.execute_sql(statement, values)


def number_of(asset: str) -> int | None:
    """The asset's rowid, by which indexes name it; None for an unknown one. Inside a read or write."""
    found = sql("SELECT rowid FROM asset WHERE id = ?", asset).fetchone()
    return None if found is None else int(found[0])


def index_text(asset: str) -> None:
    """Make an asset findable by its words and facets as they are now; inside a write."""
    number = _write_text(asset)
    if number is not None:
        sql(_TOUCH, number)


def index_again(limit: int) -> int:
    """Index the text of assets whose text was indexed by an older roadie, the newest first; inside a write. Returns how
    many it were, at most `limit`; 0 when all are done. Their facets are as they were, so they do not count as touched.
    """
    done = StateRow.get_or_none(StateRow.name == _INDEXED)
    version, start = done.value if done is not None else (None, 0)
    if version != VERSION:
        start = _ABOVE_ALL
    if not start:
        return 0
    rows = sql(_BELOW, start, limit).fetchall()
    for _, asset in rows:
        _write_text(asset)
    StateRow.replace(name=_INDEXED, value=[VERSION, rows[-1][0] if rows else 0]).execute()
    return len(rows)


def _write_text(asset: str) -> int | None:
    """Returns the asset's number, None for an unknown one."""
    found = sql(_ASSET, asset).fetchone()
    if found is None:
        return None
    number, name, bpm, *facets = found
    paths = [PurePath(path) for (path,) in sql(_PATHS, asset)]
    tags = " ".join(label for (label,) in sql(_TAGS, asset))
    folders = " ".join(dict.fromkeys(part for path in paths for part in path.parts[-FOLDERS - 1 : -1]))
    names = list(dict.fromkeys([name, *(path.name for path in paths)]))
    # The tempo stands first: behind a key, "C 120", it would be taken for the number of a note, "C1".
    said = " ".join(
        [*tempo_words(bpm), *(str(word) for word in facets if word), *signs(" ".join([*names, tags, folders]))]
    )
    stems = [each.removesuffix(PurePath(each).suffix) for each in names]  # that "mp3" has a 3 says nothing
    glued = [*parts(" ".join([*stems, tags])), *(part for part in parts(folders) if not _counts(part))]
    texts = [plain(text) for text in (" ".join(names), said, tags, " ".join([folders, *glued]))]
    sql(_FORGET, number)
    sql(_INDEX, number, *texts)
    learn(" ".join(texts))
    return int(number)


def _counts(part: str) -> bool:
    """Whether it is a number by which folders are told apart ("Pack2"): it is of no sound, as that of a TR808 is."""
    return part.isdecimal() and len(part) < _TELLING_DIGITS


def tempo_words(bpm: float | None) -> list[str]:
    """By what a tempo is looked for as text: "128 bpm" and "128bpm"."""
    return [] if bpm is None else [f"{bpm:.0f}", "bpm", f"{bpm:.0f}bpm"]


def forget_text(asset: str) -> None:
    """Take an asset out of the index; inside a write, before its row goes."""
    number = number_of(asset)
    if number is not None:
        sql(_FORGET, number)
        sql(_TOUCH, number)
