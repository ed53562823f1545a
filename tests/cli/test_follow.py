from __future__ import annotations

from collections.abc import Callable

import pytest

from daemon.cli import follow as following
from daemon.cli.client import Client, DaemonGone, Refused
from daemon.cli.follow import Snapshot, follow
from tests.fakes.daemon import FakeDaemon, event, job_view


class Held:
    """A session that holds one client, and another after each reconnection."""

    def __init__(self, client: Client, then: Callable[[], Client] | None = None) -> None:
        self.client = client
        self._then = then
        self.reconnections = 0

    def reconnect(self) -> None:
        self.reconnections += 1
        if self._then is None:
            raise DaemonGone("the daemon is gone for good")
        self.client = self._then()


@pytest.fixture(autouse=True)
def _impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(following, "POLL_EVERY_S", 0.01)
    monkeypatch.setattr(following, "LOOK_AT_MOST_EVERY_S", 0.0)


def states(snapshots: list[Snapshot]) -> list[str]:
    return [snapshot.job.state for snapshot in snapshots]


def test_events_say_when_to_look(client: Client, fake: FakeDaemon) -> None:
    fake.views = [job_view("preparing"), job_view("running"), job_view("done")]
    fake.events = [event(type="job.state", state="running"), event(type="job.state", state="done")]
    assert states(list(follow(Held(client), "j1"))) == ["preparing", "running", "done"]


def test_progress_comes_from_the_event_itself(client: Client, fake: FakeDaemon) -> None:
    fake.views = [job_view("running"), job_view("done")]
    told = {"type": "step.progress", "step": "j1.0.slices", "progress": 0.3, "job_progress": 0.7, "eta_s": 9.0}
    fake.events = [event(**told, note="bar 3"), event(type="job.state", state="done")]
    second = list(follow(Held(client), "j1"))[1]
    assert (second.progress, second.eta_s) == (0.7, 9.0)
    assert (second.doing["j1.0.slices"].progress, second.doing["j1.0.slices"].note) == (0.3, "bar 3")


def test_events_of_other_jobs_are_passed_over(client: Client, fake: FakeDaemon) -> None:
    fake.views = [job_view("running"), job_view("running"), job_view("done")]
    other = event(type="job.state", state="done").replace('"j1"', '"j2"')
    fake.events = [other, event(type="job.state", state="done")]
    assert states(list(follow(Held(client), "j1"))) == ["running", "done"]


def test_a_job_that_has_ended_already_needs_no_event(client: Client, fake: FakeDaemon) -> None:
    fake.views = [job_view("failed")]
    assert states(list(follow(Held(client), "j1"))) == ["failed"]


def test_without_a_stream_the_job_is_asked_again_and_again(client: Client, fake: FakeDaemon) -> None:
    fake.events = None
    answers = [job_view("running"), job_view("running"), job_view("done")]
    fake.routes["GET /jobs/j1"] = lambda _: _json(answers.pop(0))
    assert states(list(follow(Held(client), "j1"))) == ["running", "running", "done"]


def test_a_stream_that_ends_is_opened_again(client: Client, fake: FakeDaemon) -> None:
    fake.views = [job_view("running"), job_view("running"), job_view("done")]
    fake.events = [event(type="step.state", state="running")]
    assert states(list(follow(Held(client), "j1")))[-1] == "done"
    assert sum(path == "/events/stream" for _, path, _ in fake.asked) > 1


def test_the_next_daemon_on_the_home_is_followed(client: Client, fake: FakeDaemon) -> None:
    fake.views = [job_view("running")]
    fake.events = [event(type="job.state", state="running")]

    with FakeDaemon() as second:
        second.views = [job_view("done")]

        def next_one() -> Client:
            from daemon.cli.client import Address
            from tests.fakes.daemon import TOKEN

            return Client(Address("127.0.0.1", second.port, TOKEN))

        held = Held(client, next_one)
        seen = []
        for snapshot in follow(held, "j1"):
            seen.append(snapshot.job.state)
            if len(seen) == 1:
                fake.stop()
        assert seen[0], seen[-1] == ("running", "done")
        assert held.reconnections == 1


def test_a_daemon_that_stays_away_is_told(client: Client, fake: FakeDaemon) -> None:
    fake.views = [job_view("running")]
    snapshots = follow(Held(client), "j1")
    next(snapshots)
    fake.stop()
    with pytest.raises(DaemonGone, match="for good"):
        list(snapshots)


def test_no_such_job(client: Client) -> None:
    with pytest.raises(Refused) as raised:
        list(follow(Held(client), "j1"))
    assert raised.value.status == 404


def _json(body: object) -> object:
    from aiohttp import web

    return web.json_response(body)
