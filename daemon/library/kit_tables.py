"""Tables of kits: samples on notes."""

from __future__ import annotations

from peewee import AutoField, CharField, FloatField, ForeignKeyField, IntegerField, Model

from daemon.library.tables import AssetRow


class KitRow(Model):
    id = CharField(primary_key=True)
    name = CharField(unique=True)
    job = CharField(null=True)
    made_at = FloatField()

    class Meta:
        table_name = "kit"


class KitSlotRow(Model):
    """One sample on one note, for velocities low to high."""

    id = AutoField()
    kit = ForeignKeyField(KitRow, backref="slot_rows", on_delete="CASCADE")
    asset = ForeignKeyField(AssetRow, on_delete="CASCADE")
    note = IntegerField()
    low = IntegerField(default=1)
    high = IntegerField(default=127)

    class Meta:
        table_name = "kit_slot"


TABLES: list[type[Model]] = [KitRow, KitSlotRow]
