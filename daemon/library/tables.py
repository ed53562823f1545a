"""The tables. Times are seconds since the epoch; JSON columns are text."""

from __future__ import annotations

from typing import Any, ClassVar

import msgspec
from peewee import (
    AutoField,
    BooleanField,
    CharField,
    CompositeKey,
    FloatField,
    ForeignKeyField,
    IntegerField,
    Model,
    TextField,
)
from playhouse.sqlite_ext import FTS5Model, RowIDField, SearchField


class JsonField(TextField):
    """Any JSON value, kept as text."""

    def db_value(self, value: Any) -> str | None:
        return None if value is None else msgspec.json.encode(value).decode()

    def python_value(self, value: str | None) -> Any:
        return None if value is None else msgspec.json.decode(value)


class EventRow(Model):
    """What happened, in order. `seq` never goes back and is never used twice."""

    seq = AutoField()
    at = FloatField()
    type = CharField()
    body = JsonField()

    class Meta:
        table_name = "event"


class AssetRow(Model):
    """A file that the library knows, by the hash of its payload. heard: the mark of the engine that told its class
    (`EngineChoice.mark`), None before."""

    id = CharField(primary_key=True)
    kind = CharField(index=True)
    name = TextField(index=True)
    stem = CharField(null=True)
    label = CharField(null=True, index=True, column_name="class")
    confidence = FloatField(null=True)
    bpm = FloatField(null=True, index=True)
    key = CharField(null=True, index=True)
    length_s = FloatField(null=True)
    rate_hz = IntegerField(null=True)
    channels = IntegerField(null=True)
    rating = IntegerField(default=0)
    parent = CharField(null=True, index=True)
    source = CharField(null=True, index=True)
    job = CharField(null=True, index=True)
    meta = JsonField(default=dict)
    added_at = FloatField(index=True)
    heard = CharField(null=True)

    class Meta:
        table_name = "asset"


class PathRow(Model):
    """A place where an asset stands, and what an unchanged file looks like there.

    made: roadie wrote it. missing: it was there and is gone. facts: meta that is true of the file at this path and not
    of others with the same sound; None where the file has not been read.
    """

    path = TextField(primary_key=True)
    asset = ForeignKeyField(AssetRow, backref="path_rows", on_delete="CASCADE")
    size = IntegerField()
    mtime_ns = IntegerField()
    inode = IntegerField()
    byte_hash = CharField(null=True)
    facts = JsonField(null=True)
    made = BooleanField(default=False)
    missing = BooleanField(default=False)

    class Meta:
        table_name = "path"


class TagRow(Model):
    asset = ForeignKeyField(AssetRow, backref="tag_rows", on_delete="CASCADE")
    label = CharField(index=True)
    origin = CharField()
    confidence = FloatField()

    class Meta:
        table_name = "tag"
        primary_key = CompositeKey("asset", "label", "origin")


class CollectionRow(Model):
    id = CharField(primary_key=True)
    name = CharField(unique=True)

    class Meta:
        table_name = "collection"


class CollectionAssetRow(Model):
    collection = ForeignKeyField(CollectionRow, backref="members", on_delete="CASCADE")
    asset = ForeignKeyField(AssetRow, on_delete="CASCADE")
    ordinal = IntegerField()

    class Meta:
        table_name = "collection_asset"
        primary_key = CompositeKey("collection", "asset")


class JobRow(Model):
    """One durable request. boot: the start of the daemon that works on it, None while nobody does. undoing: an undo
    was asked for and has not finished. result: what a task came to, in figures; None of a recipe."""

    id = CharField(primary_key=True)
    recipe = CharField()
    recipe_body = JsonField(null=True)
    request = JsonField()
    client = CharField()
    idempotency_key = CharField(null=True)
    body_hash = CharField()
    state = CharField(index=True)
    progress = FloatField(default=0.0)
    warnings = JsonField(default=list)
    error = JsonField(null=True)
    result = JsonField(null=True)
    undone = BooleanField(default=False)
    undoing = BooleanField(default=False)
    boot = CharField(null=True)
    created_at = FloatField()
    started_at = FloatField(null=True)
    finished_at = FloatField(null=True)
    ordinal = IntegerField(index=True)

    class Meta:
        table_name = "job"
        indexes = ((("client", "idempotency_key"), True),)


class InputRow(Model):
    """One input of a job. region: {start_s, length_s} as asked. warnings: of its steps, once it has ended."""

    id = CharField(primary_key=True)
    job = ForeignKeyField(JobRow, backref="input_rows", on_delete="CASCADE")
    ordinal = IntegerField()
    path = TextField()
    asset = CharField(null=True)
    region = JsonField(null=True)
    state = CharField()
    error = JsonField(null=True)
    warnings = JsonField(default=list)

    class Meta:
        table_name = "job_input"


class StepRow(Model):
    """One recipe step for one input of one job."""

    id = CharField(primary_key=True)
    job = ForeignKeyField(JobRow, backref="step_rows", on_delete="CASCADE")
    input = ForeignKeyField(InputRow, backref="step_rows", on_delete="CASCADE")
    ordinal = IntegerField()
    step = CharField()
    use = CharField()
    state = CharField()
    progress = FloatField(default=0.0)
    attempt = IntegerField(default=0)
    device = CharField(null=True)
    reason = TextField(null=True)
    error = JsonField(null=True)
    runs = JsonField(default=list)

    class Meta:
        table_name = "step"


class RunRow(Model):
    """One unit of computing by key. token: the attempt that may commit it; a late orphan's changes nothing."""

    key = CharField(primary_key=True)
    use = CharField()
    state = CharField(index=True)
    boot = CharField(null=True)
    token = CharField(null=True)
    attempt = IntegerField(default=0)
    result = JsonField(null=True)
    error = JsonField(null=True)
    size_bytes = IntegerField(default=0)
    started_at = FloatField(null=True)
    finished_at = FloatField(null=True)
    used_at = FloatField(index=True)

    class Meta:
        table_name = "run"


class ArtifactRow(Model):
    """A file made by a step of a job. path: in the cache. delivered: where it was placed, None before."""

    id = CharField(primary_key=True)
    job = ForeignKeyField(JobRow, backref="artifact_rows", on_delete="CASCADE")
    input = ForeignKeyField(InputRow, on_delete="CASCADE")
    step = ForeignKeyField(StepRow, on_delete="CASCADE")
    ordinal = IntegerField()
    kind = CharField()
    name = TextField()
    payload = CharField()
    path = TextField()
    delivered = TextField(null=True)
    meta = JsonField(default=dict)

    class Meta:
        table_name = "artifact"


class IntentRow(Model):
    """The journal: what was, is being, or was going to be written outside roadie's own state. path: the final name."""

    id = CharField(primary_key=True)
    group = CharField(index=True, column_name="grp")
    owner = CharField(index=True)
    ordinal = IntegerField()
    state = CharField(index=True)
    at = FloatField()
    path = TextField(null=True, index=True)
    body = JsonField()

    class Meta:
        table_name = "intent"


class StateRow(Model):
    """Small single values that outlive a restart: the selection, settings changed while running."""

    name = CharField(primary_key=True)
    value = JsonField(null=True)

    class Meta:
        table_name = "state"


class AssetText(FTS5Model):
    """The text index: one row for each asset, with the asset's rowid (so the file is never VACUUMed). folders: what an
    asset is found by after all else: its folders, and the parts of words (`parts`)."""

    rowid = RowIDField()
    name = SearchField()
    words = SearchField()
    tags = SearchField()
    folders = SearchField()

    class Meta:
        table_name = "asset_text"
        # "re" finds "Ré"; the prefixes are those a person types first.
        options: ClassVar = {"tokenize": "unicode61 remove_diacritics 2", "prefix": "1 2 3"}


TABLES: list[type[Model]] = [
    EventRow, AssetRow, PathRow, TagRow, CollectionRow, CollectionAssetRow, JobRow, InputRow, StepRow, RunRow,
    ArtifactRow, IntentRow, StateRow, AssetText,
]  # fmt: skip
