"""One SQLite file, one thread that writes, a few that read.

Writes are queued and committed in batches: whatever waits when the writer comes round shares one transaction and
so one fsync. Each write has a savepoint of its own, so that one that fails takes nothing else with it.
"""

from __future__ import annotations

import asyncio
import queue
import sqlite3
import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any, TypeVar

import peewee

from daemon.kernel.errors import DiskError, DiskFull, RoadieError
from daemon.kernel.failpoints import declare, failpoint
from daemon.library.schema import TABLES, migrate

T = TypeVar("T")
Job = tuple[Callable[[], Any], "Future[Any]"]

READERS = 3
BATCH = 500

declare("library.commit.before", "library.commit.after")


class Database:
    """The library's file. `open()` first; `write` and `read` from any thread; `close()` last."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._sqlite = peewee.SqliteDatabase(
            str(path),
            pragmas={"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1, "busy_timeout": 5000,
                     "cache_size": -4096},
        )  # fmt: skip
        self._queue: queue.Queue[Job | None] = queue.Queue()
        self._writer = threading.Thread(target=self._write_loop, name="library-writer", daemon=True)
        self._readers = ThreadPoolExecutor(READERS, "library-reader", initializer=self._open_reader)
        self._listeners: list[Callable[[], None]] = []
        self._closed = False
        self.commits = 0
        """How often something was committed since it was opened."""

    def open(self) -> None:
        """Create or migrate the file and start the writer. Raises DiskError when it cannot be opened."""
        # One process has one library, so the tables are bound to it once, here.
        self._sqlite.bind(TABLES)
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            with self._sqlite.connection_context():
                migrate(self._sqlite, self.path)
        except (peewee.DatabaseError, sqlite3.Error, OSError) as error:
            raise DiskError(
                "the library cannot be opened", where=self.path, why=error,
                hint="Check that the folder is writable and the disk not full; "
                "a damaged file can be set aside, roadie then starts an empty library",
            ) from error  # fmt: skip
        self._writer.start()

    def close(self) -> None:
        """Commit what is queued, then stop. Idempotent."""
        if self._closed:
            return
        self._closed = True
        self._queue.put(None)
        if self._writer.is_alive():
            self._writer.join()
        self._readers.shutdown(wait=True)

    def on_commit(self, listener: Callable[[], None]) -> None:
        """Call `listener`, on the writer thread, after every commit."""
        self._listeners.append(listener)

    def submit(self, work: Callable[[], T]) -> Future[T]:
        """Queue a write; the future is done when it is committed."""
        future: Future[T] = Future()
        if self._closed:
            future.set_exception(RoadieError("the library is closed"))
            return future
        # From here on it cannot be cancelled: whoever waits for it may be, what was asked for is written.
        future.set_running_or_notify_cancel()
        self._queue.put((work, future))
        return future

    async def write(self, work: Callable[[], T]) -> T:
        """Run `work` in a transaction and return its result once committed.

        The commit happens even when the caller is cancelled meanwhile.
        """
        return await asyncio.wrap_future(self.submit(work))

    async def read(self, work: Callable[[], T]) -> T:
        """Run `work` on a read-only connection."""
        return await asyncio.get_running_loop().run_in_executor(self._readers, work)

    def read_now(self, work: Callable[[], T]) -> T:
        """As `read`, for threads that may block."""
        return self._readers.submit(work).result()

    @property
    def version(self) -> str:
        """SQLite's."""
        return sqlite3.sqlite_version

    def check(self) -> str:
        """SQLite's own integrity check: "ok" or what is wrong."""
        return str(self.read_now(lambda: self._sqlite.execute_sql("PRAGMA integrity_check").fetchone()[0]))

    def _open_reader(self) -> None:
        self._sqlite.connect(reuse_if_open=True)
        self._sqlite.execute_sql("PRAGMA query_only=ON")

    def _write_loop(self) -> None:
        self._sqlite.connect(reuse_if_open=True)
        try:
            while (first := self._queue.get()) is not None:
                batch, last = self._gather(first)
                self._commit(batch)
                if last:
                    return
        finally:
            self._sqlite.close()

    def _gather(self, first: Job) -> tuple[list[Job], bool]:
        batch = [first]
        while len(batch) < BATCH:
            try:
                job = self._queue.get_nowait()
            except queue.Empty:
                break
            if job is None:
                return batch, True
            batch.append(job)
        return batch, False

    def _commit(self, batch: list[Job]) -> None:
        results: list[tuple[Future[Any], Any, BaseException | None]] = []
        try:
            with self._sqlite.atomic("IMMEDIATE"):
                for work, future in batch:
                    try:
                        with self._sqlite.savepoint():
                            results.append((future, work(), None))
                    except peewee.OperationalError as error:
                        if not self._sqlite.connection().in_transaction:
                            raise  # SQLite has taken the whole batch back
                        results.append((future, None, _disk_error(self.path, error)))
                    except Exception as error:  # noqa: BLE001 - handed to whoever asked
                        results.append((future, None, error))
                failpoint("library.commit.before")
            failpoint("library.commit.after")
        except (peewee.DatabaseError, sqlite3.Error) as error:
            failure = _disk_error(self.path, error)
            results = [(future, None, failure) for _, future in batch]
        else:
            self.commits += 1
            for listener in self._listeners:
                listener()
        for future, result, problem in results:
            if problem is not None:
                future.set_exception(problem)
            else:
                future.set_result(result)


def _disk_error(path: Path, error: BaseException) -> DiskError:
    while isinstance(error.__context__, (peewee.DatabaseError, sqlite3.Error)):
        # On a full disk SQLite rolls back by itself; that peewee then cannot is no news.
        error = error.__context__
    if "full" in str(error):
        return DiskFull(
            "the library could not be written",
            where=path,
            why=error,
            hint="Make room on this disk and ask again",
        )
    return DiskError(
        "the library could not be written",
        where=path,
        why=error,
        hint="Check its folder's permissions and disk",
    )
