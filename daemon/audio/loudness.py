"""Loudness and peaks of a signal, block by block (ITU-R BS.1770-4, EBU R 128)."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from math import inf, log10

import numpy as np
import pyloudnorm
from numpy.typing import NDArray
from scipy.signal import firwin, sosfilt

from daemon.kernel.errors import BadParameter

Audio = NDArray[np.float32]
Powers = NDArray[np.float64]

_STEP_S = 0.1
_STEPS_PER_GATE = 4
_ABSOLUTE_GATE_LUFS = -70.0
_RELATIVE_GATE_LU = -10.0
_SURROUND = 1.41
_TAPS_PER_PHASE = 24


@dataclass(frozen=True, slots=True)
class Loudness:
    """lufs: integrated, -inf for silence. true_peak_dbtp, peak_db: dB of full scale, -inf for silence."""

    lufs: float
    true_peak_dbtp: float
    peak_db: float


class LoudnessMeter:
    """Takes a signal block by block. Holds one number for each 100 ms, nothing else. oversampled: as in `TruePeak`.

    A signal shorter than one 400 ms gate is measured as one gate filled up with silence: its largest momentary
    loudness. Channel weights follow the WAV order FL FR FC LFE BL BR; without a known layout each counts 1.
    """

    def __init__(self, rate_hz: int, channels: int, oversampled: int = 4) -> None:
        if rate_hz <= 0 or channels <= 0:
            raise BadParameter(f"cannot measure {channels} channels at {rate_hz} Hz")
        self._sections = _k_weighting(rate_hz)
        self._state = np.zeros((len(self._sections), channels, 2))
        self._weights = _channel_weights(channels)
        self._steps = _StepPowers(rate_hz)
        self._true_peak = TruePeak(rate_hz, channels, oversampled)

    def write(self, block: Audio) -> None:
        """Append (channels, n)."""
        if block.shape[1] == 0:
            return
        self._true_peak.write(block)
        weighted, self._state = sosfilt(self._sections, block.astype(np.float64), axis=1, zi=self._state)
        np.square(weighted, out=weighted)
        self._steps.write(weighted[0] * self._weights[0] if len(weighted) == 1 else self._weights @ weighted)

    def result(self) -> Loudness:
        self._true_peak.finish()
        return Loudness(
            _integrated(self._steps.gate_powers()), _db(self._true_peak.true_peak), _db(self._true_peak.peak)
        )


class _StepPowers:
    """Sums of a power signal over successive steps of 100 ms (whole frames, as near as they come)."""

    def __init__(self, rate_hz: int) -> None:
        self._rate_hz = rate_hz
        self._sums: list[float] = [0.0]
        self._frame = 0

    def _edge(self, step: int) -> int:
        return int(step * _STEP_S * self._rate_hz)

    def write(self, power: Powers) -> None:
        end = self._frame + len(power)
        edges = [self._frame]
        step = len(self._sums)
        while (edge := self._edge(step)) < end:
            edges.append(edge)
            step += 1
        starts = np.array(edges) - self._frame
        if starts[0] == 0 and len(starts) > 1 and starts[1] == 0:  # the last block ended on a step's edge
            self._sums.append(0.0)
            starts = starts[1:]
        sums = np.add.reduceat(power, starts)
        self._sums[-1] += float(sums[0])
        self._sums.extend(sums[1:].tolist())
        self._frame = end

    def gate_powers(self) -> Powers:
        """Mean power of each whole 400 ms gate, overlapping by 75 %."""
        sums = np.array(self._sums)
        complete = len(sums) if self._frame >= self._edge(len(sums)) else len(sums) - 1
        gate_frames = _STEP_S * _STEPS_PER_GATE * self._rate_hz
        if complete < _STEPS_PER_GATE:
            return np.array([sums.sum() / gate_frames])
        return np.convolve(sums[:complete], np.ones(_STEPS_PER_GATE), "valid") / gate_frames


class TruePeak:
    """Largest sample, and largest value between samples: `oversampled` times below 96 kHz, half as often below 192 kHz
    (BS.1770-4 annex 2: at least 4 and 2), by a windowed-sinc interpolator. Runs of samples that cannot exceed what
    was already found are passed over, which changes nothing but the time it takes."""

    def __init__(self, rate_hz: int, channels: int, oversampled: int = 4) -> None:
        factor = oversampled if rate_hz < 96000 else oversampled // 2 if rate_hz < 192000 else 1
        self._phases = _interpolator(factor)
        self._gain = float(np.abs(self._phases).sum(axis=0).max()) if factor > 1 else 1.0
        self._tail = np.zeros((channels, _TAPS_PER_PHASE - 1), np.float32)
        self.true_peak = 0.0
        self.peak = 0.0

    def write(self, block: Audio) -> None:
        self.peak = max(self.peak, float(block.max()), -float(block.min()))
        self.true_peak = max(self.true_peak, self.peak)
        if self._phases.shape[1]:
            joined = np.concatenate([self._tail, block], axis=1)
            self._tail = joined[:, 1 - _TAPS_PER_PHASE :].copy()
            for channel in joined:
                self._scan(channel)

    def finish(self) -> None:
        """Let the last samples through the interpolator."""
        if self._phases.shape[1]:
            self.write(np.zeros_like(self._tail))

    def _scan(self, channel: NDArray[np.float32], run: int = 512) -> None:
        count = len(channel) - _TAPS_PER_PHASE + 1
        starts = np.arange(0, count, run)
        peaks = np.maximum.reduceat(np.abs(channel), starts)
        # a run's windows reach into the next run
        reach = np.maximum(peaks, np.append(peaks[1:], 0.0))
        windows = np.lib.stride_tricks.sliding_window_view(channel, _TAPS_PER_PHASE)
        for index in np.argsort(-reach):
            if reach[index] * self._gain <= self.true_peak:
                return
            between = windows[starts[index] : starts[index] + run] @ self._phases
            self.true_peak = max(self.true_peak, float(between.max()), -float(between.min()))


@cache
def _interpolator(factor: int) -> NDArray[np.float32]:
    """(taps, factor - 1): one column for each position between two samples; each sums to 1."""
    if factor == 1:
        return np.zeros((_TAPS_PER_PHASE, 0), np.float32)
    # odd length, centred on a sample: a Nyquist filter, whose phase 0 is the samples themselves
    taps = firwin(_TAPS_PER_PHASE * factor - 1, 1 / factor, window=("kaiser", 5.0)) * factor
    phases = np.append(taps, 0.0).reshape(_TAPS_PER_PHASE, factor)
    between = [phase for phase in phases.T[:, ::-1] if np.count_nonzero(np.abs(phase) > 1e-9) > 2]
    columns = np.stack(between, axis=1)
    return np.ascontiguousarray(columns / columns.sum(axis=0), dtype=np.float32)


@cache
def _k_weighting(rate_hz: int) -> NDArray[np.float64]:
    """The two stages for this rate as second-order sections (2, 6), designed by pyloudnorm after De Man, which at 48
    kHz gives the coefficients of BS.1770 (pyloudnorm's default is 0.04 dB off at 1 kHz)."""
    meter = pyloudnorm.Meter(rate_hz, filter_class="DeMan")
    return np.array([np.concatenate([stage.b, stage.a]) for stage in meter._filters.values()])


def _channel_weights(channels: int) -> NDArray[np.float64]:
    layouts = {5: [1.0, 1.0, 1.0, _SURROUND, _SURROUND], 6: [1.0, 1.0, 1.0, 0.0, _SURROUND, _SURROUND]}
    return np.array(layouts.get(channels, [1.0] * channels))


def _integrated(powers: Powers) -> float:
    """Gated mean of gate powers in LUFS (BS.1770-4: absolute gate -70 LUFS, then 10 LU below the mean)."""
    loud = powers[powers > _power(_ABSOLUTE_GATE_LUFS)]
    if not len(loud):
        return -inf
    kept = loud[loud > loud.mean() * 10 ** (_RELATIVE_GATE_LU / 10)]
    return _lufs(float(kept.mean()))


def _lufs(power: float) -> float:
    return -0.691 + 10 * log10(power)


def _power(lufs: float) -> float:
    return float(10 ** ((lufs + 0.691) / 10))


def _db(amplitude: float) -> float:
    return 20 * log10(amplitude) if amplitude > 0 else -inf
