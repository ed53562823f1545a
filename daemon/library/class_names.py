"""How a class is spelt: one that differs from another in case alone is that one, in the spelling that came first."""

from __future__ import annotations

from daemon.engines.classifier.classes import CLASSES, UNSURE
from daemon.library.text import index_text, sql

_OF_TAGGER = {name.casefold(): name for name in (*CLASSES, UNSURE)}

# A million sounds have some dozens of classes: from one to the next in their index, rather than through all of it.
_IN_USE = """WITH RECURSIVE used(class) AS (
    SELECT MIN(class) FROM asset
    UNION ALL
    SELECT (SELECT MIN(class) FROM asset WHERE class > used.class) FROM used WHERE used.class IS NOT NULL
) SELECT class FROM used WHERE class IS NOT NULL"""
_OF_OTHERS = "SELECT 1 FROM asset WHERE class = ? AND id != ? LIMIT 1"
_FIRST_ADDED = "SELECT MIN(added_at) FROM asset WHERE class = ?"
_CALLED = "SELECT id FROM asset WHERE class = ?"
_RENAME = """UPDATE asset SET class = ?1,
meta = CASE WHEN json_extract(meta, '$.class') = ?2 THEN json_set(meta, '$.class', ?1) ELSE meta END WHERE id = ?3"""
_RENAME_TAG = "UPDATE OR REPLACE tag SET label = ? WHERE asset_id = ? AND label = ?"


def spelt(label: str, asset: str = "") -> str:
    """A class as the tagger or sounds of the library spell it; inside a read or write. asset: to which a person gives
    it; where no other sound has the class, its spelling is free."""
    folded = label.casefold()
    if folded in _OF_TAGGER:
        return _OF_TAGGER[folded]
    for (used,) in sql(_IN_USE).fetchall():
        if used.casefold() == folded and sql(_OF_OTHERS, used, asset).fetchone() is not None:
            return str(used)
    return label


def unite() -> None:
    """Make one of classes that an older roadie took for several; inside a write, at each start: it costs as many
    look-ups as there are classes."""
    by_fold: dict[str, list[str]] = {}
    for (used,) in sql(_IN_USE).fetchall():
        by_fold.setdefault(used.casefold(), []).append(used)
    for folded, spellings in by_fold.items():
        kept = _OF_TAGGER.get(folded) or min(spellings, key=lambda each: sql(_FIRST_ADDED, each).fetchone()[0])
        for each in spellings:
            if each != kept:
                _rename(each, kept)


def _rename(before: str, after: str) -> None:
    for (asset,) in sql(_CALLED, before).fetchall():
        sql(_RENAME, after, before, asset)
        sql(_RENAME_TAG, after, asset, before)
        index_text(asset)
