"""The table of what roadie wrote into the user's files."""

from __future__ import annotations

from peewee import AutoField, CharField, ForeignKeyField, Model, TextField

from daemon.library.tables import AssetRow, JsonField


class WrittenTagsRow(Model):
    """One for each job that wrote into a file, the newest last. path: where the file stands; nothing where a job was
    undone, of whose content there may be copies. facts, texts: as `daemon.steps.retag` tells them, with those of
    earlier jobs that stand there still. sha256: of the content that the job gave to the file."""

    id = AutoField()
    path = TextField(index=True)
    job = CharField(index=True)
    asset = ForeignKeyField(AssetRow, on_delete="CASCADE")
    facts = JsonField()
    texts = JsonField(null=True)
    sha256 = CharField(null=True)

    class Meta:
        table_name = "written_tags"


TABLES: list[type[Model]] = [WrittenTagsRow]
