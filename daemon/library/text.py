"""The text index: one row for each asset, found by prefixes of the words of its name, tags and folders."""

from __future__ import annotations

import re
from pathlib import PurePath

from peewee import SQL

from daemon.library.tables import AssetRow, AssetText, PathRow, TagRow

FOLDERS = 3  # the nearest folders say what a file is; the ones above are the same for everything


def _rowid(asset: str) -> int | None:
    found = AssetRow.select(SQL("rowid")).where(AssetRow.id == asset).tuples().first()
    return None if found is None else int(found[0])


def index_text(asset: str) -> None:
    """Make an asset findable by its words as they are now; inside a write."""
    rowid = _rowid(asset)
    if rowid is None:
        return
    row = AssetRow.get_by_id(asset)
    paths = [path.path for path in PathRow.select(PathRow.path).where(PathRow.asset == asset)]
    tags = " ".join(tag.label for tag in TagRow.select(TagRow.label).where(TagRow.asset == asset))
    folders = " ".join(" ".join(PurePath(path).parts[-FOLDERS - 1 : -1]) for path in paths)
    names = " ".join(dict.fromkeys([row.name, *(PurePath(path).name for path in paths)]))
    words = " ".join(str(word) for word in (row.kind, row.stem, row.label, row.key) if word)
    AssetText.delete().where(AssetText.rowid == rowid).execute()
    AssetText.insert(rowid=rowid, name=names, words=words, tags=tags, folders=folders).execute()


def forget_text(asset: str) -> None:
    """Take an asset out of the index; inside a write, before its row goes."""
    rowid = _rowid(asset)
    if rowid is not None:
        AssetText.delete().where(AssetText.rowid == rowid).execute()


def match_expression(text: str) -> str | None:
    """An FTS5 expression in which every word must begin a word of the asset; None when there is no word."""
    words = re.findall(r"\w+", text, re.UNICODE)
    return " AND ".join(f'"{word}"*' for word in words) or None
