"""Embeddings: how each asset sounds to a model, as 128 numbers."""

from __future__ import annotations

import math
import struct
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from peewee import fn

from daemon.kernel.errors import BadParameter, NotFound
from daemon.kernel.work import EMBEDDING_DIMS
from daemon.library.database import Database
from daemon.library.finding_tables import EmbeddingRow
from daemon.library.tables import AssetRow
from daemon.library.text import number_of, sql

DIMENSIONS = EMBEDDING_DIMS
BYTES = 2 * DIMENSIONS
_PACK = struct.Struct(f"<{DIMENSIONS}e")
_PUT = "INSERT OR REPLACE INTO embedding (asset_id, model, number, vector) VALUES (?, ?, ?, ?)"
_SAME = """SELECT 1 FROM embedding WHERE asset_id = ? AND model = ? AND vector = ?
AND model = (SELECT model FROM embedding ORDER BY seq DESC LIMIT 1)"""


@dataclass(frozen=True, slots=True)
class Stored:
    """One row. number: the asset's rowid. vector: DIMENSIONS little-endian float16 of length 1."""

    seq: int
    number: int
    vector: bytes


def packed(vector: Sequence[float]) -> bytes:
    """A vector as it is kept: of length 1, float16 (3 digits, more than likeness needs).

    Raises BadParameter for another number of dimensions, for zero, and for what is not finite.
    """
    if len(vector) != DIMENSIONS:
        raise BadParameter(f"an embedding has {DIMENSIONS} numbers, not {len(vector)}")
    length = math.hypot(*vector)
    if not math.isfinite(length) or length == 0:
        raise BadParameter("an embedding is not zero and has neither NaN nor infinity")
    return _PACK.pack(*(float(x) / length for x in vector))


def put(asset: str, model: str, vector: Sequence[float]) -> None:
    """Keep an asset's embedding, instead of an earlier one by the same model; inside a write. One that is the same
    stays as it is, so that nothing made of it (an index, pairs that were compared) has to be made again.

    model: name and version of the network that made it; only vectors of one model are compared. Raises NotFound,
    BadParameter.
    """
    number = number_of(asset)
    if number is None:
        raise NotFound("there is no such asset", where=asset)
    new = packed(vector)
    if sql(_SAME, asset, model, new).fetchone() is None:
        sql(_PUT, asset, model, number, new)


class Embeddings:
    """Takes embeddings in, and hands them out to whoever builds an index."""

    def __init__(self, db: Database) -> None:
        self._db = db

    async def put(self, asset: str, model: str, vector: Sequence[float]) -> None:
        """See `put` above."""
        await self._db.write(lambda: put(asset, model, vector))

    async def put_many(self, model: str, vectors: Iterable[tuple[str, Sequence[float]]]) -> None:
        """(asset, vector) pairs, in one transaction."""
        pairs = list(vectors)

        def work() -> None:
            for asset, vector in pairs:
                put(asset, model, vector)

        await self._db.write(work)

    async def get(self, asset: str) -> tuple[str, tuple[float, ...]] | None:
        """(model, vector) that came last for this asset; None when it has none."""

        def work() -> tuple[str, tuple[float, ...]] | None:
            row = (
                EmbeddingRow.select()
                .where(EmbeddingRow.asset == asset)
                .order_by(EmbeddingRow.seq.desc())
                .first()
            )
            return None if row is None else (row.model, _PACK.unpack(row.vector))

        return await self._db.read(work)

    async def without(self, model: str, limit: int) -> list[str]:
        """Assets of one sound that this model has not heard yet, oldest first."""

        def work() -> list[str]:
            heard = EmbeddingRow.select(EmbeddingRow.asset).where(EmbeddingRow.model == model)
            rows = AssetRow.select(AssetRow.id).where(AssetRow.id.not_in(heard)).limit(limit)
            return [row.id for row in rows]

        return await self._db.read(work)


def newest_model() -> str | None:
    """The model whose embeddings are in use: the one that wrote last; inside a read."""
    row = EmbeddingRow.select(EmbeddingRow.model).order_by(EmbeddingRow.seq.desc()).first()
    return None if row is None else str(row.model)


def latest_seq() -> int:
    """The newest embedding's seq, 0 when there is none; inside a read."""
    return int(EmbeddingRow.select(fn.MAX(EmbeddingRow.seq)).scalar() or 0)


def after(model: str, seq: int, limit: int) -> list[Stored]:
    """A model's embeddings that came after `seq`, oldest first; inside a read."""
    rows = (
        EmbeddingRow.select(EmbeddingRow.seq, EmbeddingRow.number, EmbeddingRow.vector)
        .where((EmbeddingRow.model == model) & (EmbeddingRow.seq > seq))
        .order_by(EmbeddingRow.seq)
        .limit(limit)
        .tuples()
    )
    return [Stored(seq, number, bytes(vector)) for seq, number, vector in rows]
