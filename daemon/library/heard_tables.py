"""The table of what was heard of each sound, besides what it is called."""

from __future__ import annotations

from peewee import BlobField, CharField, ForeignKeyField, Model, TextField

from daemon.library.tables import AssetRow


class HeardRow(Model):
    """network: the mark of the network that heard it: what it said is of use to that one alone. path: the file that was
    heard. kept: as `daemon.steps.hearing.kept` has it, about 400 bytes of a one-shot and up to 3 kB of a loop."""

    asset = ForeignKeyField(AssetRow, on_delete="CASCADE", primary_key=True)
    network = CharField()
    path = TextField()
    kept = BlobField()

    class Meta:
        table_name = "heard"


TABLES: list[type[Model]] = [HeardRow]
