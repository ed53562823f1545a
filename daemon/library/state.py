"""Small single values that outlive a restart."""

from __future__ import annotations

from daemon.kernel.events import Event
from daemon.kernel.types import Json
from daemon.library.database import Database
from daemon.library.events import append
from daemon.library.tables import StateRow


class State:
    def __init__(self, db: Database) -> None:
        self._db = db

    async def get(self, name: str) -> Json:
        """The value, None when it was never set."""

        def work() -> Json:
            row = StateRow.get_or_none(StateRow.name == name)
            value: Json = None if row is None else row.value
            return value

        return await self._db.read(work)

    async def put(self, name: str, value: Json, event: Event | None = None) -> None:
        """Set a value, and tell of it in the same transaction."""

        def work() -> None:
            StateRow.replace(name=name, value=value).execute()
            if event is not None:
                append(event)

        await self._db.write(work)
