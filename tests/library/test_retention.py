from __future__ import annotations

import time
from pathlib import Path

from daemon.files.intent import Intent, IntentState, Op
from daemon.kernel.errors import NotFound
from daemon.library.database import Database
from daemon.library.job_records import Artifact
from daemon.library.jobs import Jobs, NewInput, NewJob
from daemon.library.journal import SqliteJournal
from daemon.library.retention import DAY_S, Retention
from daemon.library.runs import Runs


def intent(name: str, group: str, state: IntentState, op: Op = Op.WRITE) -> Intent:
    return Intent(name, group, name, 0, op, Path("/out") / name, None, "aa", 1, state=state)


async def ended(jobs: Jobs, name: str, state: str = "done") -> None:
    await jobs.insert(NewJob(name, "stems", {}, {}, "cli", [NewInput("/a")], name))
    await jobs.plan_steps(name, f"{name}.0", [("stems", "separate")])
    await jobs.set_state(name, state)


async def known(jobs: Jobs, names: list[str]) -> list[str]:
    found = []
    for name in names:
        try:
            found.append((await jobs.get(name)).id)
        except NotFound:
            continue
    return found


async def test_old_jobs_go_unless_something_of_theirs_stands(db: Database) -> None:
    jobs, journal = Jobs(db), SqliteJournal(db)
    names = ["failed", "undone", "delivered", "journalled", "undoing", "open"]
    for name in names[:-1]:
        await ended(jobs, name, "failed" if name == "failed" else "done")
    await jobs.insert(NewJob("open", "stems", {}, {}, "cli", [NewInput("/a")], "open"))
    made = Artifact("d", "delivered.0", "delivered.0.stems", "stem", "d.wav", "p", "/c/d.wav", None, {})
    await jobs.put_artifacts("delivered", "delivered.0", "delivered.0.stems", [made])
    db.submit(
        lambda: db._sqlite.execute_sql("UPDATE artifact SET delivered = '/out/d.wav' WHERE id = 'd'")
    ).result()
    journal.add(intent("j", "journalled", IntentState.DONE))
    journal.add(intent("u", "undone", IntentState.UNDONE))
    await jobs.begin_undo("undoing")
    retention = Retention(db)
    assert await retention.trim(time.time() + 89 * DAY_S) == 0
    assert await retention.trim(time.time() + 91 * DAY_S) == 2
    assert await known(jobs, names) == ["delivered", "journalled", "undoing", "open"]
    assert journal.of_group("undone") == [] and len(journal.of_group("journalled")) == 1
    assert [row.id for row in await jobs.page(None, None, 10)] == ["open", "undoing", "journalled", "delivered"]


async def test_settled_entries_of_sidecars_go_and_open_ones_stay(db: Database) -> None:
    journal = SqliteJournal(db)
    journal.add(intent("settled", "", IntentState.DONE, Op.REPLACE))
    journal.add(intent("under way", "", IntentState.OPEN, Op.REPLACE))
    journal.add(intent("of a job", "job", IntentState.DONE))
    await Retention(db).trim()
    assert len(journal.of_group("")) == 2, "not while it is fresh"
    await Retention(db).trim(time.time() + 2 * DAY_S)
    assert [each.id for each in journal.of_group("")] == ["under way"]
    assert len(journal.of_group("job")) == 1


async def test_runs_that_failed_long_ago_go_and_finished_ones_are_the_caches(db: Database) -> None:
    runs = Runs(db, "boot")
    for key in ("failed", "done"):
        await runs.claim(key, "separate", key)
    await runs.give_up("failed", "failed", "failed", None)
    await runs.commit("done", "done", {}, 10)
    await Retention(db).trim(time.time() + 31 * DAY_S)
    rows = await db.read(lambda: db._sqlite.execute_sql("SELECT key FROM run").fetchall())
    assert [key for (key,) in rows] == ["done"]
