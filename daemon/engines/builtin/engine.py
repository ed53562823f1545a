"""The `builtin` separator: windows of the song, masks from its model, the four stems summing to the mix."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Self

import numpy as np
from numpy.typing import NDArray

from daemon.engines.builtin import spatial, windows
from daemon.engines.builtin.model import shares
from daemon.engines.builtin.transform import Stft
from daemon.engines.protocol import Compute, SeparateSettings
from daemon.kernel.checkpoint import Checkpoint
from daemon.kernel.types import Hertz
from daemon.kernel.work import EngineChoice

WINDOW_S = 30.0
OVERLAP_S = 2.0
WINDOW_FRAMES_MOST = 1_600_000  # holds memory down at rates above 48 kHz
SPATIAL_ROUNDS = 2
STAGES = 60  # ticks of one window, about: only the bar between two windows depends on it

Audio = NDArray[np.float32]


class Builtin:
    """Implements `Separator`. Needs no weights from elsewhere, runs on the CPU, takes any sample rate."""

    rate: Hertz | None = None
    stems: tuple[str, ...] = ("drums", "bass", "other", "vocals")

    def __init__(self) -> None:
        self.device = "cpu"
        self.reason = "signal processing on the CPU; it has no model to run on a GPU"

    @classmethod
    def load(cls, choice: EngineChoice, compute: Compute) -> Self:  # noqa: ARG003 - the Protocol's signature
        return cls()

    def separate(
        self,
        blocks: Iterator[Audio],
        frames: int,
        rate: Hertz,
        settings: SeparateSettings,  # noqa: ARG002 - nothing random, its own overlap
        checkpoint: Checkpoint,
    ) -> Iterator[NDArray[np.float32]]:
        length = min(round(WINDOW_S * rate), WINDOW_FRAMES_MOST)
        overlap = round(OVERLAP_S / WINDOW_S * length)
        stft = Stft.at(rate)
        ticker = Ticker(checkpoint, frames)

        def parts() -> Iterator[tuple[windows.Window, NDArray[np.float32]]]:
            for window in windows.cut(blocks, length, overlap):
                ticker.enter(window.start, window.audio.shape[1])
                yield window, split(window.audio, stft, ticker.tick)

        yield from windows.join(parts(), overlap)
        checkpoint(1.0)


class Ticker:
    """Turns a window's small steps into progress through the song."""

    def __init__(self, checkpoint: Checkpoint, frames: int) -> None:
        self._checkpoint = checkpoint
        self._frames = max(frames, 1)
        self._start = self._length = self._ticks = 0

    def enter(self, start: int, length: int) -> None:
        self._start, self._length, self._ticks = start, length, 0
        self.tick()

    def tick(self) -> None:
        done = self._length * min(self._ticks / STAGES, 1.0)
        self._ticks += 1
        self._checkpoint(min((self._start + done) / self._frames, 1.0))


def split(audio: Audio, stft: Stft, tick: Callable[[], None]) -> NDArray[np.float32]:
    """(4, 2, frames) of a window (2, frames). The third, `other`, is what the rest leaves of the mix."""
    spectrum = stft.forward(audio)
    tick()
    stems = spatial.separate(shares(spectrum, stft, tick), spectrum, SPATIAL_ROUNDS, tick)
    out = np.empty((4, *audio.shape), np.float32)
    for stem in (0, 1, 3):
        out[stem] = stft.inverse(stems[stem], audio.shape[1])
        tick()
    out[2] = audio - out[0] - out[1] - out[3]
    return out
