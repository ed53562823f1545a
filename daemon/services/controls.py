"""What a controller's keys do: bindings of triggers to commands, and learning them."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from daemon.kernel.errors import BadParameter, Conflict, NotFound
from daemon.library.state import State
from daemon.services.types_controls import BindingSpec, BindingView, ControlsView

COMMANDS = {
    "run RECIPE": "run a recipe on the selection; its light shows how far that is",
    "next": "select the next hit of the last search",
    "previous": "select the hit before",
    "audition": "play the selection, as loud as the key was struck",
    "stop": "stop what plays",
    "cancel": "cancel the newest open job",
    "kit": "put the slices of the newest finished job on the pads",
    "progress": "not pressed: shows how far the newest job is, as a controller or a light",
}
_STATE = "midi.bindings"

Check = Callable[[str], object]
"""Raises BadParameter for a trigger that is none."""


class ControlsService:
    """check: whether a text is a trigger, for the bridge that knows them to say."""

    def __init__(self, state: State) -> None:
        self._state = state
        self._check: Check | None = None
        self._changed: Callable[[dict[str, str]], None] | None = None
        self._learning: tuple[str, asyncio.Future[str]] | None = None

    def know(self, check: Check) -> None:
        """What a trigger is, whether or not there are keys to press here."""
        self._check = check

    def attach(self, changed: Callable[[dict[str, str]], None]) -> None:
        """A bridge with keys is there. changed: called with every binding, trigger to command, when they change."""
        self._changed = changed

    async def bindings(self) -> dict[str, str]:
        stored = await self._state.get(_STATE)
        return {str(on): str(do) for on, do in stored.items()} if isinstance(stored, dict) else {}

    async def view(self) -> ControlsView:
        bound = await self.bindings()
        return ControlsView(bindings=[BindingView(on=on, do=do) for on, do in bound.items()], commands=COMMANDS)

    async def replace(self, bindings: list[BindingSpec]) -> ControlsView:
        """Raises BadParameter for a trigger or a command that is none."""
        for each in bindings:
            check_command(each.do)
            if self._check is not None:
                self._check(each.on)
        await self._store({each.on: each.do for each in bindings})
        return await self.view()

    async def learn(self, do: str, wait_s: float) -> BindingView:
        """Bind the next key. Raises NotFound when there is no MIDI or no key came, Conflict while another is learnt."""
        check_command(do)
        if self._changed is None:
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
        await self._store({**await self.bindings(), on: do})
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

    async def _store(self, bindings: dict[str, str]) -> None:
        await self._state.put(_STATE, dict(bindings))
        if self._changed is not None:
            self._changed(bindings)


def check_command(do: str) -> None:
    """Raises BadParameter."""
    verb, _, rest = do.partition(" ")
    legal = {name.partition(" ")[0]: "RECIPE" in name for name in COMMANDS}
    if verb not in legal or legal[verb] != bool(rest.strip()):
        raise BadParameter(f"{do!r} is no command", hint=f"One of: {', '.join(COMMANDS)}")
