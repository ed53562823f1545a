"""Learning a key, without a controller."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from bridges.midi.trigger import bindable
from daemon.jobs.recipes import Recipes
from daemon.kernel.errors import BadParameter
from daemon.library.database import Database
from daemon.library.state import State
from daemon.services.controls import ControlsService
from daemon.services.recipes import RecipesService


@pytest.fixture
def controls(db: Database, tmp_path: Path) -> ControlsService:
    made = ControlsService(State(db), RecipesService(Recipes(tmp_path)))
    made.know(bindable)
    made.attach(lambda bindings: None, lambda: True)
    return made


async def _learnt(controls: ControlsService, do: str, on: str) -> str:
    learning = asyncio.create_task(controls.learn(do, 30))
    async with asyncio.timeout(30):
        while not controls.learning:  # noqa: ASYNC110
            await asyncio.sleep(0)
    assert controls.pressed(on)
    return (await learning).on


async def test_a_program_change_is_not_learnt_for_what_it_cannot_show(controls: ControlsService) -> None:
    with pytest.raises(BadParameter, match="cannot show progress"):
        await _learnt(controls, "progress", "program 1 3")
    assert await controls.bindings() == {}
    assert await _learnt(controls, "progress", "cc 1 3") == "cc 1 3"
    assert await _learnt(controls, "next", "program 1 3") == "program 1 3"
    assert await controls.bindings() == {"cc 1 3": "progress", "program 1 3": "next"}
