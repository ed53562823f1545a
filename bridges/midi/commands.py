"""What a bound key does."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from daemon.kernel.errors import BadParameter, NotFound
from daemon.services import Services
from daemon.services.types_jobs import JobInput

CLIENT = "midi"
_LOOKED_AT = 20


class Commands:
    """One method for each verb. value: how hard the key was struck, 1 to 127."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self._presses = services.presses.of(CLIENT)
        self._verbs: dict[str, Callable[[str, int], Awaitable[object]]] = {
            "run": self._run, "next": self._next, "previous": self._previous, "audition": self._audition,
            "stop": self._stop, "cancel": self._cancel, "kit": self._kit,
        }  # fmt: skip

    async def do(self, command: str, value: int) -> None:
        """Raises what the services raise."""
        verb, _, rest = command.partition(" ")
        if verb in self._verbs:  # a light is no verb
            await self._verbs[verb](rest.strip(), value)

    async def _run(self, recipe: str, _value: int) -> None:
        chosen = await self._services.selection.selection()
        if chosen.path is None and chosen.asset is None:
            raise BadParameter("nothing is selected", hint="Select something in the panel or with `next`")
        named = JobInput(asset=chosen.asset) if chosen.asset is not None else JobInput(path=chosen.path)
        await self._presses.run(recipe, named)

    async def _next(self, _rest: str, _value: int) -> None:
        await self._services.browse.step(1)

    async def _previous(self, _rest: str, _value: int) -> None:
        await self._services.browse.step(-1)

    async def _audition(self, _rest: str, value: int) -> None:
        chosen = await self._services.selection.selection()
        if chosen.path is None and chosen.asset is None:
            raise BadParameter("nothing is selected")
        await self._services.audition.play(path=chosen.path, asset=chosen.asset, gain=(value / 127) ** 2)

    async def _stop(self, _rest: str, _value: int) -> None:
        self._services.audition.stop()

    async def _cancel(self, _rest: str, _value: int) -> None:
        page = await self._services.jobs.list("open", None, 1)
        if page.items:
            await self._services.jobs.cancel(page.items[0].id)

    async def _kit(self, _rest: str, _value: int) -> None:
        page = await self._services.jobs.list("done", None, _LOOKED_AT)
        for job in page.items:
            try:
                await self._services.audition.load_kit_of_job(job.id)
            except NotFound:
                continue  # it made no slices: the one before it may have
            return
        raise NotFound("no job has made slices yet", hint="Run the recipe `samples` on something")
