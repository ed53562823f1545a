"""Where a recording is silent: Whisper invents text there, so it never gets to hear it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

RATE_HZ = 16_000
_FRAME = 320  # 20 ms
_FLOOR_DB = -65.0
"""Quieter than this is silence in any recording: the noise of a separated stem's pauses."""

Mono = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Span:
    """start..end-1, in samples."""

    start: int
    end: int


def level_db(audio: Mono) -> NDArray[np.float64]:
    """(frames,) RMS of every 20 ms, full scale = 0 dB."""
    padded = np.pad(audio, (0, -len(audio) % _FRAME)).reshape(-1, _FRAME).astype(np.float64)
    return np.asarray(10 * np.log10((padded**2).mean(axis=1) + 1e-12))


class Gate:
    """Loud or silent, against the loudest 5 % of what was heard so far."""

    def __init__(self, silence_db: float) -> None:
        self._silence_db = silence_db
        self._loud_db = -120.0

    def hear(self, audio: Mono) -> None:
        if len(audio):
            self._loud_db = max(self._loud_db, float(np.percentile(level_db(audio), 95)))

    def open(self, audio: Mono) -> NDArray[np.bool_]:
        """(frames,) for every 20 ms."""
        return np.asarray(level_db(audio) > max(_FLOOR_DB, self._loud_db + self._silence_db))

    def sounds(self, audio: Mono, span: Span) -> bool:
        """Whether at least a tenth of the span, or 60 ms of it, is loud."""
        part = self.open(audio[max(0, span.start) : max(span.end, span.start + _FRAME)])
        return bool(part.sum() >= min(3, max(1, 0.1 * len(part))))
