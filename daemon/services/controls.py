"""What a controller's keys do: bindings of triggers to commands, and learning them."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from daemon.jobs.uncut import to_its_end
from daemon.kernel.errors import BadParameter, Conflict, NotFound
from daemon.library.state import State
from daemon.services.control_commands import COMMANDS, command_of
from daemon.services.recipes import RecipesService
from daemon.services.types_controls import BindingSpec, BindingView, ControlsView

_STATE = "midi.bindings"

Check = Callable[[str, str], object]
"""A trigger, which as text is written in one way only, and a command. Raises BadParameter for a trigger that is none,
or that the command cannot be bound to."""


class ControlsService:
    def __init__(self, state: State, recipes: RecipesService) -> None:
        self._state = state
        self._recipes = recipes
        self._check: Check | None = None
        self._changed: Callable[[dict[str, str]], None] | None = None
        self._has_keys: Callable[[], bool] = lambda: False
        self._learning: tuple[str, asyncio.Future[str]] | None = None
        self._changing = asyncio.Lock()  # or a key that is learnt while others are set is lost, or they are

    def know(self, check: Check) -> None:
        """What a trigger is, whether or not there are keys to press here."""
        self._check = check

    def attach(self, changed: Callable[[dict[str, str]], None], has_keys: Callable[[], bool]) -> None:
        """A bridge is there. changed: called with every binding, trigger to command, when they change. has_keys:
        whether there are keys to press now."""
        self._changed, self._has_keys = changed, has_keys

    async def bindings(self) -> dict[str, str]:
        stored = await self._state.get(_STATE)
        return {str(on): str(do) for on, do in stored.items()} if isinstance(stored, dict) else {}

    async def view(self) -> ControlsView:
        bound, recipes = await self.bindings(), await self._recipe_names()
        wrong = {on: self._problem(on, do, recipes) for on, do in bound.items()}
        return ControlsView(
            bindings=[BindingView(on=on, do=do) for on, do in bound.items()], commands=COMMANDS,
            problems={on: problem for on, problem in wrong.items() if problem is not None},
        )  # fmt: skip

    async def replace(self, bindings: list[BindingSpec]) -> ControlsView:
        """Raises BadParameter for a trigger or a command that is none, and for a trigger that is there twice. What is
        bound already may stay as it is, also where its recipe has gone: or no other key could be changed."""
        recipes = await self._recipe_names()
        async with self._changing:
            before = await self.bindings()
            stored: dict[str, str] = {}
            for each in bindings:
                on, do = each.on, each.do
                if before.get(on) != do:
                    do = command_of(do, recipes)
                    on = self._checked(on, do)
                if on in stored:
                    raise BadParameter(
                        f"{on!r} is bound twice", hint="A key does one thing: leave one of them out"
                    )
                stored[on] = do
            await to_its_end(self._store(stored))
        return await self.view()

    async def learn(self, do: str, wait_s: float) -> BindingView:
        """Bind the next key. Raises BadParameter for a command that is none, or not for the key that came, NotFound
        when there is no MIDI or no key came, Conflict while another is learnt. Cancelled, it waits for no key any more
        and binds none, or has bound it."""
        do = command_of(do, await self._recipe_names())
        if not self._has_keys():
            raise NotFound("there is no MIDI here", hint="`roadie doctor` says why")
        if self._learning is not None:
            raise Conflict("another key is being learnt", where=self._learning[0])
        answer: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        self._learning = (do, answer)
        try:
            on = await asyncio.wait_for(answer, wait_s)
        except TimeoutError as error:
            raise NotFound(f"no key came within {wait_s:g} s", hint="Press one while this waits") from error
        finally:
            self._learning = None
        on = self._checked(on, do)
        await to_its_end(self._bind(on, do))
        return BindingView(on=on, do=do)

    @property
    def learning(self) -> bool:
        return self._learning is not None

    def pressed(self, on: str) -> bool:
        """A key was pressed; whether that was for learning and means nothing else."""
        if self._learning is None or self._learning[1].done():
            return False
        self._learning[1].set_result(on)
        return True

    def _checked(self, on: str, do: str) -> str:
        return on if self._check is None else str(self._check(on, do))

    def _problem(self, on: str, do: str, recipes: list[str]) -> str | None:
        try:
            self._checked(on, command_of(do, recipes))
        except BadParameter as error:
            return error.what
        return None

    async def _bind(self, on: str, do: str) -> None:
        async with self._changing:
            await self._store({**await self.bindings(), on: do})

    async def _store(self, bindings: dict[str, str]) -> None:
        await self._state.put(_STATE, dict(bindings))
        if self._changed is not None:
            self._changed(bindings)

    async def _recipe_names(self) -> list[str]:
        return [each.name for each in await self._recipes.list()]
