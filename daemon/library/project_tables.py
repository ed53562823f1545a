"""Tables of DAW projects: what each says of itself, and every file that it uses."""

from __future__ import annotations

from peewee import AutoField, CharField, FloatField, ForeignKeyField, IntegerField, Model, TextField

from daemon.library.tables import JsonField


class ProjectRow(Model):
    """id: hash of its path. problem: why the newest version could not be read; the rest is then of the last that
    could be."""

    id = CharField(primary_key=True)
    path = TextField(unique=True)
    kind = CharField()
    written_by = TextField()
    size = IntegerField()
    mtime_ns = IntegerField()
    read_at = FloatField()
    rate_hz = IntegerField(null=True)
    key = CharField(null=True)
    tempo_map = JsonField()
    tracks = JsonField()
    warnings = JsonField(default=list)
    problem = TextField(null=True)

    class Meta:
        table_name = "project"


class ReferenceRow(Model):
    """place: the path as the system compares paths. asset: what stood there when the project was read. others: where
    else the DAW would look."""

    id = AutoField()
    project = ForeignKeyField(ProjectRow, backref="reference_rows", on_delete="CASCADE")
    place = TextField(index=True)
    path = TextField()
    written = TextField()
    others = JsonField(default=list)
    size = IntegerField(null=True)
    uses = JsonField()
    asset = CharField(null=True, index=True)

    class Meta:
        table_name = "project_reference"


TABLES: list[type[Model]] = [ProjectRow, ReferenceRow]
