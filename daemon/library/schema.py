"""All tables, and how a file that an older roadie wrote is brought up to them.

A table, column or index that is missing is added in place, and what stands in the file stays as it is, but for
embeddings (`refiling`) and classes (`class_names`). So a change that only adds needs no version of its own;
SCHEMA_VERSION rises when an older roadie could no longer read the file.
"""

from __future__ import annotations

from pathlib import Path

import peewee
from playhouse.migrate import SqliteMigrator
from playhouse.migrate import migrate as apply
from playhouse.sqlite_ext import VirtualModel

from daemon.kernel.errors import DiskError
from daemon.library import (
    edit_tables,
    finding_tables,
    heard_tables,
    kit_tables,
    project_tables,
    rule_tables,
    spelling,
    tables,
    unreadable_tables,
    watch_tables,
    written_tables,
)
from daemon.library.class_names import unite
from daemon.library.refiling import refile

SCHEMA_VERSION = 1

TABLES: list[type[peewee.Model]] = [
    *tables.TABLES,
    *edit_tables.TABLES,
    *watch_tables.TABLES,
    *project_tables.TABLES,
    *kit_tables.TABLES,
    *finding_tables.TABLES,
    *heard_tables.TABLES,
    *rule_tables.TABLES,
    *written_tables.TABLES,
    *unreadable_tables.TABLES,
]
"""A module of tables adds its list here."""


def migrate(sqlite: peewee.SqliteDatabase, path: Path) -> None:
    """Bring the file to the tables of this version. Refuses a file that a newer roadie wrote."""
    version = sqlite.execute_sql("PRAGMA user_version").fetchone()[0]
    if version > SCHEMA_VERSION:
        raise DiskError(
            "the library was written by a newer roadie", where=path, why=f"schema {version}",
            hint="Update roadie, or set ROADIE_HOME to another folder",
        )  # fmt: skip
    with sqlite.atomic():
        standing = set(sqlite.get_tables())
        for table in TABLES:
            if table._meta.table_name in standing and not issubclass(table, VirtualModel):
                _add_columns(sqlite, table)
        sqlite.create_tables(TABLES)  # with the indexes that are missing
        if finding_tables.TermRow._meta.table_name not in standing:
            spelling.begin()
        refile()
        unite()
        sqlite.execute_sql(f"PRAGMA user_version={SCHEMA_VERSION}")


def _add_columns(sqlite: peewee.SqliteDatabase, table: type[peewee.Model]) -> None:
    """Columns that came later: they are null or have a default, which rows written before then have."""
    name = table._meta.table_name
    standing = {column.name for column in sqlite.get_columns(name)}
    migrator = SqliteMigrator(sqlite)
    for column, field in table._meta.columns.items():
        if column not in standing:
            apply(migrator.add_column(name, column, field))
