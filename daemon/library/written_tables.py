"""The table of what roadie wrote into the user's files."""

from __future__ import annotations

from peewee import AutoField, CharField, ForeignKeyField, Model, TextField

from daemon.library.tables import AssetRow, JsonField


class WrittenTagsRow(Model):
    """One for each job that wrote into a file, the newest last. facts: as `daemon.steps.retag` writes them, with those
    of earlier jobs that stand there still."""

    id = AutoField()
    path = TextField(index=True)
    job = CharField(index=True)
    asset = ForeignKeyField(AssetRow, on_delete="CASCADE")
    facts = JsonField()

    class Meta:
        table_name = "written_tags"


TABLES: list[type[Model]] = [WrittenTagsRow]
