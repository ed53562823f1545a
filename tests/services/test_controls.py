"""Binding keys and learning them, without a controller."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from bridges.midi.trigger import bindable
from daemon.jobs.recipes import Recipes
from daemon.kernel.errors import BadParameter
from daemon.kernel.types import Json
from daemon.library.database import Database
from daemon.library.state import State
from daemon.services.controls import ControlsService
from daemon.services.recipes import RecipesService
from daemon.services.types_controls import BindingSpec

RECIPE = 'name = "{}"\n[[step]]\nid = "slices"\nuse = "slice"\nfrom = "input"\n'


class PausingState(State):
    """What is read is handed over when a test lets it."""

    def __init__(self, db: Database) -> None:
        super().__init__(db)
        self.go_on = asyncio.Event()
        self.go_on.set()
        self.was_read = asyncio.Event()

    async def get(self, name: str) -> Json:
        value = await super().get(name)
        self.was_read.set()
        await self.go_on.wait()
        return value


@pytest.fixture
def state(db: Database) -> PausingState:
    return PausingState(db)


@pytest.fixture
def controls(state: State, tmp_path: Path) -> ControlsService:
    made = ControlsService(state, RecipesService(Recipes(tmp_path)))
    made.know(bindable)
    made.attach(lambda bindings: None, lambda: True)
    return made


async def _learning(controls: ControlsService, do: str) -> asyncio.Task[str]:
    async def learn() -> str:
        return (await controls.learn(do, 30)).on

    task = asyncio.create_task(learn())
    async with asyncio.timeout(30):
        while not controls.learning:  # noqa: ASYNC110
            await asyncio.sleep(0)
    return task


async def _learnt(controls: ControlsService, do: str, on: str) -> str:
    learning = await _learning(controls, do)
    assert controls.pressed(on)
    return await learning


async def test_a_program_change_is_not_learnt_for_what_it_cannot_show(controls: ControlsService) -> None:
    with pytest.raises(BadParameter, match="cannot show progress"):
        await _learnt(controls, "progress", "program 1 3")
    assert await controls.bindings() == {}
    assert await _learnt(controls, "progress", "cc 1 3") == "cc 1 3"
    assert await _learnt(controls, "next", "program 1 3") == "program 1 3"
    assert await controls.bindings() == {"cc 1 3": "progress", "program 1 3": "next"}


async def test_keys_are_forgotten_one_by_one_also_where_their_recipes_have_gone(
    controls: ControlsService, tmp_path: Path
) -> None:
    for name in ("one", "two"):
        (tmp_path / f"{name}.toml").write_text(RECIPE.format(name))
    bound = {"note 1 1": "run one", "note 1 2": "run two", "note 1 3": "next"}
    await controls.replace([BindingSpec(on, do) for on, do in bound.items()])
    for name in ("one", "two"):
        (tmp_path / f"{name}.toml").unlink()
    with pytest.raises(BadParameter, match="no recipe 'one'"):  # a new key for it is a mistake still
        await controls.replace([BindingSpec("note 1 4", "run one")])
    for forgotten in list(bound):
        del bound[forgotten]
        await controls.replace([BindingSpec(on, do) for on, do in bound.items()])
        assert await controls.bindings() == bound


async def test_a_learn_that_is_given_up_binds_nothing_and_keeps_nobody(controls: ControlsService) -> None:
    given_up = await _learning(controls, "cancel")
    given_up.cancel()
    await asyncio.wait({given_up})
    assert not controls.learning and not controls.pressed("note 1 1")
    assert await _learnt(controls, "next", "note 1 2") == "note 1 2"
    assert await controls.bindings() == {"note 1 2": "next"}


async def test_keys_that_are_set_while_another_is_learnt_are_kept(
    controls: ControlsService, state: PausingState
) -> None:
    learning = await _learning(controls, "next")
    state.was_read.clear()
    state.go_on.clear()
    assert controls.pressed("note 1 1")
    await state.was_read.wait()  # the key that was learnt is about to be added to what was read
    setting = asyncio.create_task(controls.replace([BindingSpec("note 1 2", "previous")]))
    state.was_read.clear()
    await asyncio.wait({setting, asyncio.create_task(state.was_read.wait())}, timeout=0.5)
    state.go_on.set()
    await asyncio.gather(learning, setting)
    assert (await controls.bindings())["note 1 2"] == "previous"
