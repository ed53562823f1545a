"""What a person made of what was found in an asset: slices, notes, lyrics as they were last put."""

from __future__ import annotations

from peewee import CharField, CompositeKey, FloatField, Model

from daemon.library.tables import JsonField


class EditRow(Model):
    """The newest edit of one kind ("slices", "notes", "lyrics") of an asset. job: what exported it."""

    asset = CharField()
    kind = CharField()
    body = JsonField()
    job = CharField(index=True)
    at = FloatField()

    class Meta:
        table_name = "edit"
        primary_key = CompositeKey("asset", "kind")


TABLES: list[type[Model]] = [EditRow]
