"""What "selected" means for surfaces and pads, and what the DAW's transport does."""

from __future__ import annotations

from daemon.kernel.errors import BadParameter
from daemon.kernel.events import SelectionChanged
from daemon.library.assets import Assets
from daemon.library.state import State
from daemon.services import paths
from daemon.services.transport import HOLDS_S, Transport
from daemon.services.types_system import SelectionRequest, SelectionView, TransportRequest, TransportView


class SelectionService:
    def __init__(self, state: State, assets: Assets, transport: Transport) -> None:
        self._state = state
        self._assets = assets
        self._transport = transport

    async def selection(self) -> SelectionView:
        value = await self._state.get("selection")
        chosen = value if isinstance(value, dict) else {}
        return SelectionView(chosen.get("path"), chosen.get("asset"))  # type: ignore[arg-type]

    async def select(self, request: SelectionRequest) -> SelectionView:
        """Raises NotFound for an unknown asset, FileMissing, BadParameter for both or a relative path; what was
        selected before still is then."""
        if request.path is not None and request.asset is not None:
            raise BadParameter("a selection is a path or an asset, not both")
        path = None
        if request.path is not None:  # told now, and not by every run that would take it
            path = str(await paths.file(request.path, "the selection", "What was selected before still is"))
        if request.asset is not None:
            asset = await self._assets.get(request.asset)
            path = asset.paths[0] if asset.paths else None
        chosen = {"path": path, "asset": request.asset}
        await self._state.put("selection", dict(chosen), SelectionChanged(request.asset, path))
        return SelectionView(path, request.asset)

    async def transport(self) -> TransportView:
        return self._transport.view()

    async def set_transport(
        self, request: TransportRequest, by: str = "HTTP", holds_s: float | None = HOLDS_S
    ) -> TransportView:
        """As `Transport.say`."""
        return self._transport.say(request, by, holds_s)

    def hear_transport(self, playing: bool | None, bpm: float | None, by: str) -> None:
        """As `Transport.hear`."""
        self._transport.hear(playing, bpm, by)

    def renew_transport(self, by: str, holds_s: float | None) -> None:
        """As `Transport.renew`."""
        self._transport.renew(by, holds_s)

    def set_pause(self, mode: str) -> None:
        """Raises BadParameter for a mode that is not legal."""
        self._transport.set_pause(mode)

    @property
    def pause_mode(self) -> str:
        return self._transport.pause_mode
