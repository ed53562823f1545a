"""The journal's rows: what `daemon.files` is about to write, and has written, outside roadie's own state."""

from __future__ import annotations

import os
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import msgspec
from peewee import SQL, fn

from daemon.files.intent import Intent, IntentState
from daemon.library.database import Database
from daemon.library.tables import IntentRow


def _path(kind: type, value: Any) -> Any:
    return Path(value) if kind is Path else value


def _intent(row: Any) -> Intent:
    return msgspec.convert(row.body, Intent, dec_hook=_path)


def _columns(intent: Intent) -> dict[str, Any]:
    return {
        "group": intent.group, "owner": intent.owner, "ordinal": intent.ordinal, "state": intent.state.value,
        "path": str(intent.path), "body": msgspec.to_builtins(intent, enc_hook=str),
    }  # fmt: skip


class SqliteJournal:
    """A `JournalStore`; blocking, called from threads of the effects."""

    def __init__(self, db: Database) -> None:
        self._db = db

    def add(self, intent: Intent) -> None:
        self._db.submit(
            lambda: IntentRow.insert(id=intent.id, at=time.time(), **_columns(intent)).execute()
        ).result()

    def settle(self, intent: Intent) -> None:
        self._db.submit(
            lambda: IntentRow.update(**_columns(intent)).where(IntentRow.id == intent.id).execute()
        ).result()

    def open_intents(self) -> Sequence[Intent]:
        return self._all(IntentRow.state == IntentState.OPEN.value)

    def of_group(self, group: str) -> Sequence[Intent]:
        return self._all(IntentRow.group == group)

    def find(self, owner: str, ordinal: int) -> Intent | None:
        found = self._all((IntentRow.owner == owner) & (IntentRow.ordinal == ordinal))
        return found[-1] if found else None

    def made(self, folder: Path) -> bool:
        start = str(folder).rstrip(os.sep) + os.sep
        below = (IntentRow.path > start) & (IntentRow.path < start[:-1] + chr(ord(os.sep) + 1))
        made = fn.json_extract(IntentRow.body, "$.made")
        query = IntentRow.select(made).where(below & made.is_null(False)).distinct().tuples()
        return self._db.read_now(lambda: any(folder.is_relative_to(row[0]) for row in query))

    def of_path(self, path: Path) -> Sequence[Intent]:
        return self._all(IntentRow.path == str(path))

    def wrote(self, path: Path) -> Intent | None:
        """The intent added last for a path, whether or not it has happened yet; None when roadie never wrote there."""
        found = self.of_path(path)
        return found[-1] if found else None

    def _all(self, where: Any) -> list[Intent]:
        # rowid is the order of adding; `at` may go back with the wall clock.
        return self._db.read_now(
            lambda: [_intent(row) for row in IntentRow.select().where(where).order_by(SQL("rowid"))]
        )
