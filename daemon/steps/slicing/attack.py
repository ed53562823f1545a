"""Where an attack begins, to the fraction of a millisecond."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import maximum_filter1d
from scipy.signal import butter, sosfilt

from daemon.steps.slicing.novelty import hop_frames

STEP_S = 0.00025
_STEPS_PER_HOP = 10  # of the novelty curve: the same grid whatever chunk a sound is heard in
_BEFORE_S = 0.022
_AFTER_S = 0.016
_CROSSOVERS_HZ = (180.0, 900.0, 4500.0)
# A low band's envelope ripples with the wave itself: each band is held for about half a period of its lowest tone.
_HOLD_S = (0.008, 0.0028, 0.001, 0.0005)
_FLOOR_DB = -72.0


def _split(rate: int) -> list[NDArray[np.float64]]:
    edges = [hz for hz in _CROSSOVERS_HZ if hz < rate * 0.4]
    filters = [butter(2, edges[0], "lowpass", fs=rate, output="sos")]
    filters += [butter(2, pair, "bandpass", fs=rate, output="sos") for pair in pairwise(edges)]
    return [*filters, butter(2, edges[-1], "highpass", fs=rate, output="sos")]


class Envelopes:
    """Peak envelopes of four bands of audio (channels, n) at STEP_S, in dB above the file's floor."""

    def __init__(self, audio: NDArray[np.float32], rate: int, peak: float) -> None:
        self.step = max(hop_frames(rate) // _STEPS_PER_HOP, 1)
        self.rate = rate
        count = audio.shape[1] // self.step
        floor = peak * 10 ** (_FLOOR_DB / 20) + 1e-6
        rows = []
        for sos, hold_s in zip(_split(rate), _HOLD_S, strict=False):
            loudest = np.abs(sosfilt(sos, audio, axis=1)).max(axis=0)
            steps = loudest[: count * self.step].reshape(count, self.step).max(axis=1)
            hold = max(round(hold_s / STEP_S), 1)
            # origin: the maximum over the past only, so that an attack never shows before it happens
            held = maximum_filter1d(steps, hold, origin=(hold - 1) // 2) if hold > 1 else steps
            rows.append(20 * np.log10(held + floor))
        self.level_db = np.array(rows, np.float32)

    def attack_start(self, frame: int) -> int:
        """The frame at which the attack near `frame` begins.

        In the band that rises most between before and after, walks back from the steepest place to where the
        envelope leaves what was there before.
        """
        at = frame // self.step
        first = max(at - round(_BEFORE_S / STEP_S), 0)
        last = min(at + round(_AFTER_S / STEP_S), self.level_db.shape[1])
        view = self.level_db[:, first:last]
        if view.shape[1] < 8:
            return frame
        starts, rises = zip(*(_start(row) for row in view), strict=True)
        best = int(np.argmax(rises))
        return (first + int(starts[best])) * self.step


def _start(row: NDArray[np.float32]) -> tuple[int, float]:
    """(index where the greatest rise of `row` begins, its height in dB)."""
    reach = 24  # 6 ms
    ahead = maximum_filter1d(row, reach, origin=-(reach // 2))
    climb = ahead - row
    steep = int(np.argmax(climb))
    top, base = float(ahead[steep]), float(row[steep])
    rise = top - base
    threshold = max(base + 0.2 * rise, top - 26.0)
    after = row[steep:] >= threshold
    return steep + int(np.argmax(after)), rise
