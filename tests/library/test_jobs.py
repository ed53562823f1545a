from __future__ import annotations

from dataclasses import replace

import pytest

from daemon.kernel.errors import Conflict, ErrorInfo, NotFound
from daemon.library.database import Database
from daemon.library.events import EventLog
from daemon.library.job_records import Artifact
from daemon.library.jobs import Jobs, NewInput, NewJob
from daemon.library.runs import Runs


def job(name: str, key: str | None = None, body: str = "b", client: str = "cli") -> NewJob:
    return NewJob(name, "stems", {"name": "stems"}, {}, client, [NewInput("/a"), NewInput("/b")], body, key)


async def test_an_idempotency_key_belongs_to_a_client_and_a_body(db: Database) -> None:
    jobs = Jobs(db)
    assert await jobs.insert(job("one", "k")) == ("one", "preparing", True)
    assert await jobs.insert(job("two", "k")) == ("one", "preparing", False)
    assert await jobs.insert(job("three", "k", client="reaper")) == ("three", "preparing", True)
    with pytest.raises(Conflict, match="used for another request"):
        await jobs.insert(job("four", "k", body="other"))
    assert await jobs.insert(job("five")) == ("five", "preparing", True)
    assert await jobs.insert(job("six")) == ("six", "preparing", True)


async def test_of_keys_that_follow_one_another_the_newest_is_found_also_when_the_first_is_gone(
    db: Database,
) -> None:
    jobs = Jobs(db)
    for name, key in (("one", "k"), ("two", "k:0000000001"), ("three", "k:0000000002"), ("other", "l")):
        await jobs.insert(job(name, key))
    db.submit(lambda: db._sqlite.execute_sql("DELETE FROM job WHERE id IN ('one', 'two')")).result()
    assert await jobs.insert(replace(job("four", "k"), newest=True)) == ("three", "preparing", False)
    assert await jobs.asked_before("cli", "k", "b", True) == ("three", "preparing")
    assert await jobs.asked_before("cli", "k", "b", False) is None
    assert await jobs.last_key("cli", "k") == "k:0000000002"
    assert await jobs.insert(replace(job("five", "k", client="osc"), newest=True)) == (
        "five",
        "preparing",
        True,
    )
    assert await jobs.asked_before("osc", "m", "b", True) is None


async def test_a_finished_job_closes_its_steps_and_tells_each_state_once(db: Database) -> None:
    jobs = Jobs(db)
    await jobs.insert(job("j"))
    await jobs.set_state("j", "running")
    rows = await jobs.plan_steps("j", "j.0", [("stems", "separate"), ("midi", "midi")])
    await jobs.set_step(rows["stems"], "running")
    await jobs.set_state("j", "failed", error=ErrorInfo("disk_full", "full", traceback="secret"))
    await jobs.set_state("j", "failed")
    record = await jobs.get("j")
    assert {step.state for step in record.steps} == {"failed"}
    assert record.error is not None and record.error.code == "disk_full"
    told = [event.body for event in await EventLog(db).since(0) if event.body["type"] == "job.state"]
    assert [body["state"] for body in told] == ["running", "failed"]


async def test_artifacts_are_not_doubled_when_a_step_answers_again(db: Database) -> None:
    jobs = Jobs(db)
    await jobs.insert(job("j"))
    rows = await jobs.plan_steps("j", "j.0", [("stems", "separate")])
    made = Artifact("j.0.stems:0:drums.wav", "j.0", rows["stems"], "stem", "drums.wav", "p", "/c/1", None, {})
    await jobs.put_artifacts("j", "j.0", rows["stems"], [made])
    moved = Artifact(
        made.id, made.input, made.step, made.kind, made.name, made.payload, "/c/2", None, {"stem": "drums"}
    )
    await jobs.put_artifacts("j", "j.0", rows["stems"], [moved])
    artifacts = (await jobs.get("j")).artifacts
    assert [(each.path, each.meta) for each in artifacts] == [("/c/2", {"stem": "drums"})]


async def test_only_the_attempt_that_holds_the_claim_commits(db: Database) -> None:
    runs = Runs(db, "boot-1")
    assert await runs.claim("key", "separate", "first") == 1
    assert await runs.claim("key", "separate", "second") == 2
    assert not await runs.commit("key", "first", {"from": "orphan"}, 1)
    assert await runs.finished("key") is None
    assert await runs.commit("key", "second", {"from": "second"}, 1)
    await runs.give_up("key", "first", "failed", ErrorInfo("x", "late"))
    record = await runs.finished("key")
    assert record is not None and record.result == {"from": "second"} and record.token == "second"


async def test_claims_of_another_boot_are_freed_and_fenced(db: Database) -> None:
    await Runs(db, "boot-1").claim("key", "separate", "old")
    later = Runs(db, "boot-2")
    assert await later.release_orphans() == 1
    assert not await Runs(db, "boot-1").commit("key", "old", {}, 0)
    assert await later.claim("key", "separate", "new") == 2
    assert await later.release_orphans() == 0


async def test_reopening_keeps_inputs_that_are_done(db: Database) -> None:
    jobs = Jobs(db)
    await jobs.insert(job("j"))
    await jobs.set_input("j.0", "done")
    await jobs.set_input("j.1", "failed", error=ErrorInfo("unreadable_audio", "no"))
    await jobs.set_state("j", "done", warnings=["b failed"])
    await jobs.reopen("j")
    record = await jobs.get("j")
    assert [each.state for each in record.inputs] == ["done", "preparing"]
    assert (record.state, record.warnings) == ("queued", ())
    with pytest.raises(NotFound):
        await jobs.get("nothing")


async def test_how_long_a_job_took_is_told_of_its_last_attempt(db: Database) -> None:
    jobs = Jobs(db)
    await jobs.insert(job("j"))
    await jobs.set_state("j", "running")
    first = (await jobs.get("j")).started_at
    await jobs.set_state("j", "failed")
    await jobs.reopen("j")
    assert (await jobs.get("j")).started_at is None
    await jobs.set_state("j", "running")
    second = (await jobs.get("j")).started_at
    assert first is not None and second is not None and second > first


async def test_open_jobs_are_claimed_oldest_first(db: Database) -> None:
    jobs = Jobs(db)
    for name in ("one", "two", "three"):
        await jobs.insert(job(name))
    await jobs.set_state("two", "cancelled")
    assert await jobs.claim_open("boot-2") == ["one", "three"]
    assert [each.id for each in await jobs.page("open", None, 10)] == ["three", "one"]
    assert [each.id for each in await jobs.page(None, None, 2)] == ["three", "two"]


async def test_a_cancel_that_comes_too_late_changes_nothing(db: Database) -> None:
    jobs = Jobs(db)
    await jobs.insert(job("j"))
    await jobs.set_state("j", "done")
    await jobs.set_state("j", "cancelled")
    assert (await jobs.get("j")).state == "done"


async def test_an_ended_job_begins_again_only_when_it_is_asked_again(db: Database) -> None:
    jobs = Jobs(db)
    await jobs.insert(job("j"))
    assert await jobs.set_state("j", "cancelled")
    assert not await jobs.set_state("j", "running"), "a runner that comes late began a cancelled job"
    assert (await jobs.get("j")).state == "cancelled"
    await jobs.reopen("j")
    assert await jobs.set_state("j", "running")


async def test_of_two_who_ask_again_at_once_one_is_told_that_it_runs(db: Database) -> None:
    jobs = Jobs(db)
    await jobs.insert(job("j"))
    await jobs.set_state("j", "failed")
    await jobs.reopen("j")
    await jobs.set_state("j", "running")
    with pytest.raises(Conflict, match="still running"):
        await jobs.reopen("j")
    assert (await jobs.get("j")).state == "running"


async def test_an_undo_and_a_job_under_way_exclude_each_other(db: Database) -> None:
    jobs = Jobs(db)
    await jobs.insert(job("j"))
    with pytest.raises(Conflict, match="still running"):
        await jobs.begin_undo("j")
    await jobs.set_state("j", "done")
    await jobs.begin_undo("j")
    with pytest.raises(Conflict, match="being undone"):
        await jobs.reopen("j")
    await jobs.undone("j", [], 0, 0)
    await jobs.reopen("j")


async def test_an_end_without_a_result_takes_nothing_from_a_run_that_has_one(db: Database) -> None:
    runs = Runs(db, "boot")
    await runs.claim("key", "separate", "token")
    assert await runs.commit("key", "token", {"from": "it"}, 1)
    await runs.give_up("key", "token", "cancelled", None)
    assert await runs.finished("key") is not None


async def test_a_run_that_was_used_since_it_was_looked_at_is_not_forgotten(db: Database) -> None:
    runs = Runs(db, "boot")
    await runs.claim("key", "separate", "token")
    await runs.commit("key", "token", {}, 1)
    (seen,) = await runs.least_recently_used()
    assert await runs.finished("key") is not None  # another job takes it
    assert not await runs.forget(seen)
    (seen,) = await runs.least_recently_used()
    assert await runs.forget(seen)
    assert await runs.finished("key") is None


async def test_what_an_input_warned_of_outlives_a_restart_and_goes_when_it_is_done_again(db: Database) -> None:
    jobs = Jobs(db)
    await jobs.insert(job("j"))
    await jobs.set_input("j.0", "done", warnings=["a: lyrics was skipped"])
    assert [each.warnings for each in (await jobs.get("j")).inputs] == [("a: lyrics was skipped",), ()]
    await jobs.set_input("j.1", "failed", warnings=["b: odd"])
    await jobs.set_state("j", "failed")
    await jobs.reopen("j")
    assert [each.warnings for each in (await jobs.get("j")).inputs] == [("a: lyrics was skipped",), ()]


async def test_an_input_of_which_a_step_was_skipped_is_asked_again(db: Database) -> None:
    jobs = Jobs(db)
    await jobs.insert(job("j"))
    rows = await jobs.plan_steps("j", "j.0", [("lyrics", "lyrics")])
    await jobs.set_step(rows["lyrics"], "skipped", reason="no Whisper model is installed")
    await jobs.set_input("j.0", "done")
    await jobs.set_input("j.1", "done")
    await jobs.set_state("j", "done")
    await jobs.reopen("j")
    assert [each.state for each in (await jobs.get("j")).inputs] == ["preparing", "done"]
