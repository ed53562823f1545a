"""A journal store in one file: every change is a line. It outlives its process, which is all the tests ask."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import fields
from pathlib import Path

from daemon.files.intent import Intent, IntentState, Op


class FileStore:
    """commit: called before each line is written."""

    def __init__(self, path: Path, commit: Callable[[], None] = lambda: None) -> None:
        self._path = path
        self._commit = commit
        self._intents: dict[str, Intent] = {}
        if path.exists():
            for line in path.read_text().splitlines():
                intent = _intent(json.loads(line))
                self._intents[intent.id] = intent

    def add(self, intent: Intent) -> None:
        assert intent.id not in self._intents
        self._append(intent)

    def settle(self, intent: Intent) -> None:
        assert intent.id in self._intents
        self._append(intent)

    def open_intents(self) -> Sequence[Intent]:
        return [intent for intent in self._intents.values() if intent.state is IntentState.OPEN]

    def of_group(self, group: str) -> Sequence[Intent]:
        return [intent for intent in self._intents.values() if intent.group == group]

    def find(self, owner: str, ordinal: int) -> Intent | None:
        found = [i for i in self._intents.values() if (i.owner, i.ordinal) == (owner, ordinal)]
        return found[-1] if found else None

    def made(self, folder: Path) -> bool:
        made = [i.made for i in self._intents.values() if i.path.is_relative_to(folder) and i.made is not None]
        return any(folder.is_relative_to(each) for each in made)

    def of_path(self, path: Path) -> Sequence[Intent]:
        return [intent for intent in self._intents.values() if intent.path == path]

    def everything(self) -> Sequence[Intent]:
        return list(self._intents.values())

    def _append(self, intent: Intent) -> None:
        self._commit()
        with self._path.open("a") as file:
            row = {field.name: getattr(intent, field.name) for field in fields(intent)}
            file.write(json.dumps(row, default=str) + "\n")
        self._intents[intent.id] = intent


def _intent(row: dict[str, object]) -> Intent:
    for key in ("path", "temp", "backup", "made"):
        if row[key] is not None:
            row[key] = Path(str(row[key]))
    return Intent(**{**row, "op": Op(row["op"]), "state": IntentState(row["state"])})  # type: ignore[arg-type]
