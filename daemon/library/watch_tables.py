"""What the watcher must remember over a restart."""

from __future__ import annotations

from peewee import CharField, FloatField, IntegerField, Model, TextField


class ArrivingRow(Model):
    """A folder that is being copied into a watched one. The row goes when it is whole, with the event that says so."""

    path = TextField(primary_key=True)
    root = TextField()
    at = FloatField()

    class Meta:
        table_name = "arriving"


class WatchedRow(Model):
    """A folder to watch, set while the daemon ran. role: inbox, samples or projects."""

    path = TextField(primary_key=True)
    role = CharField()

    class Meta:
        table_name = "watched"


class LookedRow(Model):
    """A watched folder that has been looked through once: what is new in it from then on has come."""

    path = TextField(primary_key=True)

    class Meta:
        table_name = "looked"


class ProjectFileRow(Model):
    """A project file in a watched folder, as it looked when it was last told of."""

    path = TextField(primary_key=True)
    size = IntegerField()
    mtime_ns = IntegerField()
    inode = IntegerField()

    class Meta:
        table_name = "project_file"


TABLES: list[type[Model]] = [ArrivingRow, WatchedRow, LookedRow, ProjectFileRow]
