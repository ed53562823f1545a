"""The table of what roadie wrote into the user's files."""

from __future__ import annotations

from peewee import ForeignKeyField, Model, TextField

from daemon.library.tables import AssetRow, JsonField


class WrittenTagsRow(Model):
    """facts: as `daemon.steps.retag` writes them."""

    path = TextField(primary_key=True)
    asset = ForeignKeyField(AssetRow, on_delete="CASCADE")
    facts = JsonField()

    class Meta:
        table_name = "written_tags"


TABLES: list[type[Model]] = [WrittenTagsRow]
