"""The table of files that could not be read."""

from __future__ import annotations

from peewee import CharField, IntegerField, Model, TextField


class UnreadableRow(Model):
    """A file that is no sound, or a damaged one, and what it looked like then. why: as it is told. reader: what read
    it; another may know better."""

    path = TextField(primary_key=True)
    size = IntegerField()
    mtime_ns = IntegerField()
    inode = IntegerField()
    why = TextField()
    reader = CharField()

    class Meta:
        table_name = "unreadable"


TABLES: list[type[Model]] = [UnreadableRow]
