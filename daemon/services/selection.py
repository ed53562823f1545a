"""What "selected" means for surfaces and pads, and what the DAW's transport does."""

from __future__ import annotations

from collections.abc import Callable

from daemon.executors.protocol import Executor
from daemon.kernel.errors import BadParameter
from daemon.kernel.events import Event, SelectionChanged, TransportChanged
from daemon.kernel.work import Lane
from daemon.library.assets import Assets
from daemon.library.state import State
from daemon.services.paths import absolute
from daemon.services.types import SelectionRequest, SelectionView, TransportRequest, TransportView

PAUSE_MODES = ("never", "recording", "playing")


class SelectionService:
    """pause: "never", "recording" or "playing": when heavy work waits for the DAW."""

    def __init__(
        self, state: State, assets: Assets, executor: Executor, tell: Callable[[Event], None], pause: str
    ) -> None:
        self._state = state
        self._assets = assets
        self._executor = executor
        self._tell = tell
        self._pause = pause
        self._transport = TransportRequest()

    async def selection(self) -> SelectionView:
        value = await self._state.get("selection")
        chosen = value if isinstance(value, dict) else {}
        return SelectionView(chosen.get("path"), chosen.get("asset"))  # type: ignore[arg-type]

    async def select(self, request: SelectionRequest) -> SelectionView:
        """Raises NotFound for an unknown asset, BadParameter for both or a relative path."""
        if request.path is not None and request.asset is not None:
            raise BadParameter("a selection is a path or an asset, not both")
        path = None if request.path is None else str(absolute(request.path, "the selection"))
        if request.asset is not None:
            asset = await self._assets.get(request.asset)
            path = asset.paths[0] if asset.paths else None
        chosen = {"path": path, "asset": request.asset}
        await self._state.put("selection", dict(chosen), SelectionChanged(request.asset, path))
        return SelectionView(path, request.asset)

    async def transport(self) -> TransportView:
        now = self._transport
        return TransportView(now.playing, now.recording, now.bpm, self._heavy_paused())

    async def set_transport(self, request: TransportRequest) -> TransportView:
        """What the DAW does now; heavy work pauses or goes on accordingly."""
        self._transport = request
        self._apply()
        self._tell(TransportChanged(request.playing, request.recording, request.bpm))
        return await self.transport()

    def set_pause(self, mode: str) -> None:
        """Raises BadParameter for a mode that is not legal."""
        if mode not in PAUSE_MODES:
            raise BadParameter(f"pause_heavy = {mode!r} is not legal", hint=f"One of {', '.join(PAUSE_MODES)}")
        self._pause = mode
        self._apply()

    @property
    def pause_mode(self) -> str:
        return self._pause

    def _heavy_paused(self) -> bool:
        now = self._transport
        if self._pause == "recording":
            return now.recording
        return self._pause == "playing" and (now.playing or now.recording)

    def _apply(self) -> None:
        if self._heavy_paused():
            self._executor.pause(Lane.HEAVY)
        else:
            self._executor.resume(Lane.HEAVY)
