"""Rows read and added by SQL that is made once. Peewee makes it anew for each question, which takes it several times as
long as SQLite takes to answer; where jobs are asked for by the hundred, that is most of what the daemon computes."""

from __future__ import annotations

from collections import namedtuple
from collections.abc import Sequence
from typing import Any

from peewee import BooleanField, Model

from daemon.library.tables import JsonField


class Reader:
    """Reads a table with one question."""

    def __init__(self, table: type[Model], tail: str, names: Sequence[str] = ()) -> None:
        """tail: what follows the table's name in the SQL, a `?` for each value. names: of the fields to read; none:
        all."""
        meta: Any = table._meta
        fields = [meta.fields[name] for name in names] or meta.sorted_fields
        columns = ", ".join(f'"{field.column_name}"' for field in fields)
        self._meta = meta
        self._text = f'SELECT {columns} FROM "{meta.table_name}" {tail}'
        self._row = _row_type(table.__name__, [field.name for field in fields])
        self._converted = [
            (place, field.python_value)
            for place, field in enumerate(fields)
            if isinstance(field, JsonField | BooleanField)
        ]

    def all(self, *values: Any) -> list[Any]:
        """Each row with a field for each name; inside a read or a write."""
        rows = []
        for raw in self._meta.database.execute_sql(self._text, values):
            row = list(raw)
            for place, convert in self._converted:
                row[place] = convert(row[place])
            rows.append(self._row(*row))
        return rows

    def first(self, *values: Any) -> Any:
        """The first row, None when there is none."""
        return next(iter(self.all(*values)), None)

    def one(self, *values: Any) -> Any:
        """The row that is there. Raises LookupError."""
        row = self.first(*values)
        if row is None:
            raise LookupError(f"no {self._row.__name__} for {values}")
        return row


class Adder:
    """Adds rows to a table."""

    def __init__(self, table: type[Model], names: Sequence[str]) -> None:
        """names: of the fields that are given; of the others those that have a default get it."""
        meta: Any = table._meta
        rest = [field for field in meta.sorted_fields if field.name not in names and field.default is not None]
        fields = [meta.fields[name] for name in names] + rest
        columns = ", ".join(f'"{field.column_name}"' for field in fields)
        marks = ", ".join("?" * len(fields))
        self._meta = meta
        self._text = f'INSERT INTO "{meta.table_name}" ({columns}) VALUES ({marks})'
        self._converts = [
            field.db_value if isinstance(field, JsonField) else None for field in fields[: len(names)]
        ]
        self._rest = [
            field.db_value(field.default() if callable(field.default) else field.default) for field in rest
        ]

    def add(self, *values: Any) -> None:
        """One row, its values in the order of the names; inside a write."""
        row = [
            value if convert is None else convert(value)
            for convert, value in zip(self._converts, values, strict=True)
        ]
        self._meta.database.execute_sql(self._text, row + self._rest)


def _row_type(name: str, fields: Sequence[str]) -> Any:
    return namedtuple(name, fields)
