"""What rules did, and what they changed in the library: from these rows they are undone."""

from __future__ import annotations

from peewee import AutoField, CharField, FloatField, IntegerField, Model, TextField

from daemon.library.tables import JsonField


class RuleRunRow(Model):
    """One answer of one rule to one event. version: of the rule. subjects: [{asset, path}]. depth: 1 unless what set
    it off was made by another run, `parent`. results: for each action that was carried out, its jobs; for the
    one under way, its subjects."""

    id = CharField(primary_key=True)
    rule = CharField(index=True)
    version = CharField()
    event = IntegerField()
    state = CharField(index=True)
    subjects = JsonField()
    depth = IntegerField(default=1)
    parent = CharField(default="")
    results = JsonField(default=list)
    error = TextField(default="")
    at = FloatField(index=True)
    finished_at = FloatField(null=True)

    class Meta:
        table_name = "rule_run"
        indexes = ((("rule", "version", "event"), True),)


class ChangeRow(Model):
    """One change of the library by a rule. what: tags or collection. before, after: how it was and became."""

    id = AutoField()
    group = CharField(index=True, column_name="grp")
    ordinal = IntegerField()
    what = CharField()
    asset = CharField()
    before = JsonField(null=True)
    after = JsonField(null=True)
    undone = IntegerField(default=0)

    class Meta:
        table_name = "change"
        indexes = ((("group", "ordinal", "what", "asset"), True),)


TABLES: list[type[Model]] = [RuleRunRow, ChangeRow]
