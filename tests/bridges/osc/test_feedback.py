"""What is told of jobs: which, to whom, in which order, and how often."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bridges.osc.addresses import jobs as jobs_addresses
from tests.bridges.osc.conftest import Stage, Surface, stage

LISTED = 4


@pytest.fixture
async def held(tmp_path: Path) -> AsyncIterator[Stage]:
    """A daemon whose separations wait, because the DAW plays, until `let_go`."""
    async with stage(tmp_path, **{"midi.enabled": False, "pause_heavy": "playing"}) as staged:
        surface = staged.surface()
        surface.send("/roadie/transport", 1, 0, 0.0)
        surface.send("/roadie/ping")
        await surface.next("/roadie/pong")
        yield staged


def let_go(surface: Surface) -> None:
    surface.send("/roadie/transport", 0, 0, 0.0)


async def waiting(staged: Stage, surface: Surface, count: int) -> list[str]:
    """So many separations, oldest first, that stay open."""
    jobs = []
    for number in range(count):
        surface.send("/roadie/run", "stems", str(staged.song(f"{number}.wav", 0.5)))
        jobs.append((await surface.next("/roadie/queued")).args[1])
    return jobs


async def ended(staged: Stage, surface: Surface, count: int) -> list[str]:
    """So many jobs that were done, oldest first."""
    jobs = []
    for number in range(count):
        surface.send("/roadie/run", "light", str(staged.song(f"{number}.wav", 0.5)))
        jobs.append((await surface.until("/roadie/job/state", "done"))[-1].args[1])
    return jobs


async def test_every_open_job_is_listed_and_then_those_that_ended_last(
    held: Stage, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(jobs_addresses, "_LISTED", LISTED)
    surface, other = held.surface(), held.surface()

    async def listed() -> list[str]:
        surface.send("/roadie/jobs")
        heard = await surface.until("/roadie/jobs/done")
        jobs = [each.args[1] for each in heard if each.address == "/roadie/job/state"]
        assert heard[-1].args == ["", len(jobs)]
        return jobs

    oldest = await waiting(held, other, 1)
    done = await ended(held, other, LISTED)
    assert await listed() == oldest + done[:0:-1]
    unended = oldest + await waiting(held, other, LISTED)
    assert await listed() == unended[::-1]
