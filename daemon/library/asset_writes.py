"""Changes to assets, their paths and tags, each inside a write of the caller's."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import msgspec

from daemon.engines.classifier.classes import CLASSES, UNSURE
from daemon.kernel.errors import InputError, NotFound, RoadieError
from daemon.kernel.events import AssetAdded, AssetChanged, AssetRemoved, AssetTagged
from daemon.kernel.meta import NOTE, OF_ONE_PATH
from daemon.kernel.types import Json
from daemon.library.asset_records import COLUMNS, FILE_NAME, MODEL, Heard, NewAsset, Tag
from daemon.library.class_names import spelt
from daemon.library.database import Database
from daemon.library.embeddings import put as put_embedding
from daemon.library.events import append
from daemon.library.tables import AssetRow, PathRow, TagRow
from daemon.library.text import forget_text, index_text, sql
from daemon.library.written_tags import carry_written

log = logging.getLogger(__name__)

_SAID = 0.5  # confidence in what a file name says

# A scan comes through `record` for every file, and peewee's building of a statement takes ten times SQLite's work.
_NEW = (
    "INSERT INTO asset (id, kind, name, parent, source, job, meta, added_at, rating, "
    + ", ".join(f'"{"class" if column == "label" else column}"' for column in COLUMNS.values())
    + f") VALUES (?, ?, ?, ?, ?, ?, ?, ?, 0{', ?' * len(COLUMNS)})"
)
_STANDS = (
    "INSERT OR REPLACE INTO path (path, asset_id, size, mtime_ns, inode, byte_hash, facts, made, missing) "
    "VALUES (?, ?, ?, ?, ?, ?, ?, ?, 0)"
)
_KEPT = "INSERT OR REPLACE INTO heard (asset_id, network, path, kept) VALUES (?, ?, ?, ?)"
_PLACES = "SELECT path FROM path WHERE asset_id = ? ORDER BY missing, path"
_TAG = "INSERT OR REPLACE INTO tag (asset_id, label, origin, confidence) VALUES (?, ?, ?, ?)"


def record(new: NewAsset) -> bool:
    """Know an asset and where it stands; inside a write. Returns whether it was new.

    A known payload at a new path gains a path. A path whose content changed moves to the other asset: what stood
    there before keeps its other paths, or is missing from now on.
    """
    new = replace(new, meta=_spelt(new.meta))
    fresh = sql("SELECT 1 FROM asset WHERE id = ?", new.id).fetchone() is None
    path, stat = str(new.path), new.stat
    if fresh:
        _insert(new)
    before = sql("SELECT asset_id, made FROM path WHERE path = ?", path).fetchone()
    moved = before is not None and before[0] != new.id
    if before is None and not fresh:
        carry_written(new.id, path, stat)
    made = new.made or (before is not None and bool(before[1]) and not moved)
    sql(_STANDS, path, new.id, stat.size, stat.mtime_ns, stat.inode, new.byte_hash, _facts(new), made)
    if new.heard is not None:
        _hear(new, new.heard, fresh)
    index_text(new.id)
    if fresh:
        append(AssetAdded(new.id, path, new.kind))
    elif before is None or moved:
        append(AssetChanged(new.id, new.job or ""))
    if moved:
        index_text(before[0])
        append(AssetChanged(before[0]))
    return fresh


def _spelt(meta: Mapping[str, Json]) -> Mapping[str, Json]:
    """With the class as the library spells it: what the tagger was taught before may spell it otherwise."""
    label = meta.get("class")
    if not isinstance(label, str) or label in CLASSES or label == UNSURE:
        return meta
    return {**meta, "class": spelt(label)}


def _facts(new: NewAsset) -> str | None:
    """What was read of the file itself, as JSON; None for one that was not read but is known to hold the sound."""
    if new.made or new.meta.get("payload") != new.id:
        return None
    return msgspec.json.encode({key: new.meta[key] for key in OF_ONE_PATH if key in new.meta}).decode()


async def record_each(
    db: Database, files: Sequence[tuple[Path, Callable[[], object]]]
) -> dict[Path, InputError]:
    """(path, what knows it) of each file: all in one transaction. Where something about a file keeps that from being
    stored, each is written by itself, so that it costs that file alone. Returns what is wrong with such files.

    Raises DiskError, of which no file is to blame.
    """

    def work() -> None:
        for _, know in files:
            know()

    try:
        await db.write(work)
    except RoadieError:
        raise
    except Exception as error:
        if len(files) == 1:
            path = files[0][0]
            log.exception("cannot know %s", path)
            return {path: InputError("the library cannot hold this file", where=path, why=error)}
        wrong: dict[Path, InputError] = {}
        for each in files:
            wrong |= await record_each(db, [each])
        return wrong
    return {}


def _hear(new: NewAsset, heard: Heard, fresh: bool) -> None:
    """Keep what was heard. Of an asset that roadie made, what its own job told of it stays: this is a copy of its
    file, which is not heard again either."""
    made = sql("SELECT 1 FROM asset WHERE id = ? AND job IS NOT NULL", new.id).fetchone() is not None
    if not made:
        _keep_told(new, heard, fresh)
    sql("UPDATE asset SET heard = ? WHERE id = ?", heard.mark, new.id)
    if heard.embedding is not None:
        put_embedding(new.id, heard.network, heard.embedding)
    if heard.kept is not None:
        sql(_KEPT, new.id, heard.network, str(new.path), heard.kept)


def _keep_told(new: NewAsset, heard: Heard, fresh: bool) -> None:
    if not fresh:
        sql(
            "UPDATE asset SET kind = ? WHERE id = ? AND kind IN ('source', 'one-shot', 'loop')",
            new.kind,
            new.id,
        )
        tell(new.id, new.meta)
    for word in heard.said:
        put_tag(new.id, Tag(word, _SAID, FILE_NAME))


def tell(asset: str, meta: Mapping[str, Json]) -> None:
    """What the tagger says of a known asset takes the place of what it said before; inside a write."""
    meta = _spelt(meta)
    sql("DELETE FROM tag WHERE asset_id = ? AND origin = ?", asset, MODEL)
    _put_class(asset, meta)
    learn(asset, meta, instead_of=NOTE)


def _insert(new: NewAsset) -> None:
    columns = [new.meta.get(key) for key in COLUMNS]
    # Of what roadie made, the place on the timeline is a part of how it was made, and the same wherever it is written.
    own = new.meta if new.made else {key: new.meta[key] for key in new.meta if key not in OF_ONE_PATH}
    meta = msgspec.json.encode(dict(own)).decode()
    sql(_NEW, new.id, new.kind, new.path.name, new.parent, new.source, new.job, meta, time.time(), *columns)
    _put_class(new.id, new.meta)


def _put_class(asset: str, meta: Mapping[str, Json]) -> None:
    """The class that the tagger says is a tag as well."""
    label = meta.get("class")
    if isinstance(label, str):
        confidence = meta.get("confidence")
        put_tag(asset, Tag(label, float(confidence) if isinstance(confidence, int | float) else 0.0, MODEL))


def put_tag(asset: str, tag: Tag) -> None:
    """Set one tag; inside a write."""
    sql(_TAG, asset, tag.label, tag.origin, tag.confidence)


def learn(asset: str, meta: Mapping[str, Json], instead_of: Iterable[str] = ()) -> None:
    """Add what was measured or classified to a known asset; inside a write. The user's own word stays. instead_of: keys
    that go, unless they are told anew."""
    row = AssetRow.get_or_none(AssetRow.id == asset)
    if row is None:
        return
    meta = _spelt(meta)
    row.meta = {**{key: value for key, value in row.meta.items() if key not in set(instead_of)}, **meta}
    named = row.meta.get("class_by_user")
    for key, column in COLUMNS.items():
        if key in meta and not (named and key in ("class", "confidence")):
            setattr(row, column, meta[key])
    row.save()
    index_text(asset)
    append(AssetChanged(asset))
    if "class" in meta:
        tell_tags(asset)


def tell_tags(asset: str) -> None:
    """Tell that the tags of an asset changed; inside a write."""
    labels = {row.label for row in TagRow.select(TagRow.label).where(TagRow.asset == asset)}
    append(AssetTagged(asset, sorted(labels)))


def forget_path(path: str) -> None:
    """The file at `path` is gone; inside a write. An asset that roadie made and that stands nowhere goes too."""
    row = PathRow.get_or_none(PathRow.path == path)
    if row is None:
        return
    asset = row.asset_id
    row.delete_instance()
    # A path of the user's that is missing may come back, a drive be connected again: its tags wait for it.
    left = PathRow.select().where(PathRow.asset == asset).exists()
    if not left and row.made:
        remove(asset)
    else:
        index_text(asset)
        append(AssetChanged(asset))


def remove_path(asset: str, path: str) -> None:
    """A person wants one of the places of an asset forgotten; inside a write. The asset goes with its last one, also
    one that is missing. Raises NotFound."""
    if sql("DELETE FROM path WHERE path = ? AND asset_id = ?", path, asset).rowcount == 0:
        raise NotFound("this sound does not stand there", where=path)
    left = [Path(other) for (other,) in sql(_PLACES, asset)]
    if not left:
        remove(asset)
        return
    row = AssetRow.get(AssetRow.id == asset)
    if row.name == Path(path).name and row.name not in {other.name for other in left}:
        row.name = left[0].name  # it was called after the file that is forgotten
        row.save()
    index_text(asset)
    append(AssetChanged(asset))


def remove(asset: str) -> None:
    """Forget an asset with its paths and tags; inside a write. No file is touched."""
    forget_text(asset)
    AssetRow.delete().where(AssetRow.id == asset).execute()
    append(AssetRemoved(asset))
