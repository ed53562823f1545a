"""What a listener taps to: four curves of how much new sound begins, from kicks and basses up to hats."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from daemon.audio.reader import AudioReader
from daemon.steps.slicing.forward import Forward
from daemon.steps.slicing.novelty import Bands, hop_frames, listen
from daemon.steps.spec import StepContext

Curves = NDArray[np.float32]

EDGES_HZ = (130.0, 800.0, 5000.0)
"""Between kick and bass, the bodies of snares and chords, what makes them bright, and hats."""
THIN = 4
"""Novelty is kept at a quarter of its rate: 100 frames per second."""
_CHUNK_S, _CONTEXT_S = 30.0, 0.1


def step_frames(rate_hz: int) -> int:
    """Frames of audio for each value of a curve."""
    return hop_frames(rate_hz) * THIN


def curves(ctx: StepContext, audio: AudioReader, peak: float, limit_s: float) -> Curves:
    """(4, n) of the first `limit_s` seconds: mean rise in dB of the bands of each group. Progress 0.5..1."""
    rate, step = audio.rate_hz, step_frames(audio.rate_hz)
    frames = min(audio.frames, int(limit_s * rate))
    size = int(_CHUNK_S * rate) // step * step
    context = int(_CONTEXT_S * rate) // step * step
    forward = Forward(audio.blocks(), audio.channels)
    parts = []
    for start in range(0, frames, size):
        first, end = max(start - context, 0), min(start + size, frames)
        skip, count = (start - first) // step, -(-(end - start) // step)
        parts.append(curves_of(forward.read(first, end + context - first), rate, peak)[:, skip : skip + count])
        ctx.checkpoint(0.5 + 0.5 * end / frames, "tempo")
    return np.concatenate(parts, axis=1)


def curves_of(audio: NDArray[np.float32], rate_hz: int, peak: float) -> Curves:
    """(4, n) of audio (channels, n) that is held in memory. peak: of the file that it is part of."""
    fine = grouped(*listen(audio, rate_hz, peak))
    return np.asarray(fine[:, : fine.shape[1] // THIN * THIN].reshape(len(fine), -1, THIN).max(axis=2))


def grouped(low: Bands, high: Bands) -> Curves:
    """(4, n): bands with their centre between two edges, averaged; zeros where a rate has none."""
    centre = np.concatenate([low.centre_hz, high.centre_hz])
    rise = np.concatenate([low.rise_db, high.rise_db])
    group = np.searchsorted(EDGES_HZ, centre)
    return np.stack(
        [
            rise[group == g].mean(axis=0) if (group == g).any() else np.zeros(rise.shape[1], np.float32)
            for g in range(len(EDGES_HZ) + 1)
        ]
    )
