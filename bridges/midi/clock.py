"""What MIDI clock, start and stop say about the DAW, at each port by itself."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from functools import partial

CLOCK, START, CONTINUE, STOP = 0xF8, 0xFA, 0xFB, 0xFC
TICKS_PER_QUARTER = 24
_BEATS_MEASURED = 4
_SILENT_S = 2.0
"""A clock that ran and is silent for so long has stopped, whatever it did not say: the DAW crashed, a cable fell."""
_NO_CLOCK_S = 3600.0
"""The same where start came and no clock: some send only start and stop. Longer than a song or a take mostly is."""
_RECENT_S = 30.0
"""A clock that was heard so long before a start belongs to it."""
_CHANGED_BPM = 0.3

Changed = Callable[[bool | None, float | None], None]
"""Takes (playing, bpm); playing is None where only the tempo was told: a clock may run while the DAW stands."""


class ClockReader:
    """Fed by the port's thread with the time of arrival; tells when something changed, at most with every beat."""

    def __init__(self, changed: Changed) -> None:
        self._changed = changed
        self._ticks: deque[float] = deque(maxlen=_BEATS_MEASURED * TICKS_PER_QUARTER + 1)
        self._count = 0
        self._ticked_at_s = float("-inf")
        self._has_clock = False
        self._heard_at_s = 0.0
        self.playing = False
        self.bpm: float | None = None

    def feed(self, status: int, at_s: float) -> None:
        if status == CLOCK:
            self._tick(at_s)
        elif status in (START, CONTINUE):
            self._ticks.clear()
            self._heard_at_s = at_s
            self._has_clock = at_s - self._ticked_at_s < _RECENT_S
            self._tell(True)
        elif status == STOP:
            self._tell(False)

    def ticks(self, now_s: float) -> bool:
        """Whether a clock is heard."""
        return now_s - self._ticked_at_s <= _SILENT_S

    def look(self, now_s: float) -> None:
        """From time to time: whether what was heard is heard no more."""
        if self.playing and now_s - self._heard_at_s > (_SILENT_S if self._has_clock else _NO_CLOCK_S):
            self._ticks.clear()
            self._tell(False)

    def _tick(self, at_s: float) -> None:
        self._has_clock = True
        self._ticked_at_s = at_s
        if at_s - self._heard_at_s > _SILENT_S:
            self._ticks.clear()
        self._heard_at_s = at_s
        self._ticks.append(at_s)
        self._count += 1
        if self._count % TICKS_PER_QUARTER or len(self._ticks) <= TICKS_PER_QUARTER:
            return
        elapsed_s = self._ticks[-1] - self._ticks[0]
        if elapsed_s <= 0:
            return
        bpm = 60 * (len(self._ticks) - 1) / TICKS_PER_QUARTER / elapsed_s
        if 20 <= bpm <= 400 and (self.bpm is None or abs(bpm - self.bpm) >= _CHANGED_BPM):
            self.bpm = round(bpm, 1)
            self._changed(None, self.bpm)

    def _tell(self, playing: bool) -> None:
        if playing != self.playing:
            self.playing = playing
            self._changed(playing, self.bpm)


class Clocks:
    """A reader for each port, and one answer of all. It plays as long as one of those plays that sent start, so the
    stop of another ends nothing. The tempo is that of the one that sent start last, if it has a clock, else of the
    one that was followed before, as long as it ticks, else of any that ticks."""

    def __init__(self, changed: Changed) -> None:
        self._changed = changed
        self._readers: dict[str, ClockReader] = {}
        self._started: str | None = None
        self._followed: str | None = None

    def feed(self, port: str, status: int, at_s: float) -> None:
        if port not in self._readers:
            self._readers[port] = ClockReader(partial(self._heard, port))
        self._readers[port].feed(status, at_s)
        self._follow(at_s)

    def look(self, now_s: float) -> None:
        """As `ClockReader.look`, of every port."""
        for reader in list(self._readers.values()):
            reader.look(now_s)
        self._follow(now_s)

    def gone(self, port: str, now_s: float) -> None:
        """A port is no more. What it did not stop has stopped."""
        if port in self._readers:
            self._readers[port].feed(STOP, now_s)
            del self._readers[port]
            self._follow(now_s)

    def _heard(self, port: str, playing: bool | None, bpm: float | None) -> None:
        if playing:
            self._started = port
            self._changed(True, bpm)
        elif playing is None:
            if port == self._followed:
                self._changed(None, bpm)
        else:
            plays = next((name for name, reader in self._readers.items() if reader.playing), None)
            if plays is None:
                self._changed(False, self._tempo())
            elif port == self._started:
                self._started = plays

    def _follow(self, now_s: float) -> None:
        for port in (self._started, self._followed, *self._readers):
            if port is not None and port in self._readers and self._readers[port].ticks(now_s):
                break
        else:
            return
        if port != self._followed:
            self._followed = port
            if self._tempo() is not None:
                self._changed(None, self._tempo())

    def _tempo(self) -> float | None:
        followed = self._readers.get(self._followed or "")
        return followed.bpm if followed is not None else None
