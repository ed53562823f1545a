"""What the DAW does, for as long as that can be believed, and the heavy work that waits for it."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable

import msgspec

from daemon.executors.protocol import Executor
from daemon.kernel.errors import BadParameter
from daemon.kernel.events import Event, TransportChanged
from daemon.kernel.work import Lane
from daemon.services.types_system import TransportRequest, TransportView

log = logging.getLogger(__name__)

PAUSE_MODES = ("never", "recording", "playing")
HOLDS_S = 3600.0
"""A DAW that crashed while it played says nothing any more, and work must not wait for it for ever. Longer than a song
or a take mostly is, because many a sender speaks only when something changes."""


class Transport:
    """pause: "never", "recording" or "playing": when heavy work waits."""

    def __init__(self, executor: Executor, tell: Callable[[Event], None], pause: str) -> None:
        self._executor = executor
        self._tell = tell
        self._pause = pause
        self._now = TransportRequest()
        self._by = ""
        self._lapses: asyncio.TimerHandle | None = None

    def view(self) -> TransportView:
        now = self._now
        return TransportView(now.playing, now.recording, now.bpm, self._heavy_paused(), self._by or None)

    def say(self, request: TransportRequest, by: str, holds_s: float | None) -> TransportView:
        """What the DAW does now, who says so, and for how long that holds unless it is renewed or said again. None:
        whoever says so says also when it ends."""
        self._now, self._by = request, by
        self.renew(by, holds_s)
        self._apply()
        self._tell(TransportChanged(request.playing, request.recording, request.bpm))
        return self.view()

    def hear(self, playing: bool | None, bpm: float | None, by: str) -> None:
        """From one who knows nothing of recording, as MIDI: what others said of that holds for as long as it plays.
        playing None: only the tempo is known, and whoever told the rest is believed as before."""
        if playing is not None:
            recording = playing and self._now.recording
            self.say(TransportRequest(playing=playing, recording=recording, bpm=bpm or self._now.bpm), by, None)
            return
        self._now = msgspec.structs.replace(self._now, bpm=bpm)
        self._tell(TransportChanged(self._now.playing, self._now.recording, bpm))

    def renew(self, by: str, holds_s: float | None) -> None:
        """Whoever spoke last is still there for so long; with 0, is not any more. Of anyone else nothing follows."""
        if by != self._by:
            return
        if self._lapses is not None:
            self._lapses.cancel()
            self._lapses = None
        if holds_s is not None and (self._now.playing or self._now.recording):
            self._lapses = asyncio.get_running_loop().call_later(holds_s, self._lapse)

    @property
    def pause_mode(self) -> str:
        return self._pause

    def set_pause(self, mode: str) -> None:
        """Raises BadParameter for a mode that is not legal."""
        if mode not in PAUSE_MODES:
            raise BadParameter(f"pause_heavy = {mode!r} is not legal", hint=f"One of {', '.join(PAUSE_MODES)}")
        self._pause = mode
        self._apply()

    def _lapse(self) -> None:
        log.info("%s said that the DAW plays and is not heard of any more: it counts as stopped", self._by)
        self.say(TransportRequest(bpm=self._now.bpm), self._by, None)

    def _heavy_paused(self) -> bool:
        now = self._now
        if self._pause == "recording":
            return now.recording
        return self._pause == "playing" and (now.playing or now.recording)

    def _apply(self) -> None:
        if self._heavy_paused():
            self._executor.pause(Lane.HEAVY)
        else:
            self._executor.resume(Lane.HEAVY)
