"""Tables from which assets are found: embeddings, what changed since an index was made, the vocabulary, the map."""

from __future__ import annotations

from typing import Any

from peewee import BlobField, CharField, CompositeKey, FloatField, ForeignKeyField, IntegerField, Model
from playhouse.sqlite_ext import AutoIncrementField

from daemon.library.tables import AssetRow


class EmbeddingRow(Model):
    """How an asset sounds to one version of a model. seq is never used twice: a vector that is replaced gets a new
    one, so what an index holds of it is known to be old. number: the asset's rowid. vector: little-endian float16.
    """

    seq = AutoIncrementField()
    asset = ForeignKeyField(AssetRow, on_delete="CASCADE", index=False)
    model = CharField()
    number = IntegerField()
    vector = BlobField()

    class Meta:
        table_name = "embedding"
        indexes = ((("asset", "model"), True),)


class TouchedRow(Model):
    """The latest change of each asset, by its rowid (`number`): who keeps a copy asks for what came after its own
    last `seq`. The row stays when the asset goes."""

    seq = AutoIncrementField()
    number = IntegerField(unique=True)

    class Meta:
        table_name = "touched"


class WordRow(Model):
    """Every word by which an asset can be found."""

    word = CharField(primary_key=True)

    class Meta:
        table_name = "word"
        without_rowid = True


class TermRow(Model):
    """What the text index holds that begins with a letter and is no word of `WordRow`: with digits in it, longer, or
    with other than plain letters. The empty one stands for that none is missing, as in a library that an older roadie
    began."""

    term = CharField(primary_key=True)

    class Meta:
        table_name = "term"
        without_rowid = True


class MisspellingRow(Model):
    """What is left of a word when letters are taken out; two words that share one are a typo apart."""

    form = CharField()
    word = CharField()

    class Meta:
        table_name = "misspelling"
        primary_key = CompositeKey("form", "word")
        without_rowid = True


class MapPointRow(Model):
    """Where an asset stands on the map, in 0..1. seq: of the change that put it there."""

    seq = AutoIncrementField()
    asset = ForeignKeyField(AssetRow, on_delete="CASCADE", unique=True)
    x = FloatField()
    y = FloatField()

    class Meta:
        table_name = "map_point"


class LikenessRow(Model):
    """Near-duplicates: assets of one group hold the same hit. best: the one to keep. sound_s: how long it sounds, by a
    measure that is the same for all of a group."""

    asset = ForeignKeyField(AssetRow, on_delete="CASCADE", primary_key=True)
    group = CharField(index=True, column_name="grp")
    best = IntegerField(default=0)
    sound_s = FloatField(null=True)

    class Meta:
        table_name = "likeness"


TABLES: list[type[Any]] = [EmbeddingRow, TouchedRow, WordRow, TermRow, MisspellingRow, MapPointRow, LikenessRow]
