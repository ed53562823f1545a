"""Each stem's share of every cell of a window's spectrum: estimates of magnitude, made into Wiener masks.

Drums: short and broad, by median filters along time and frequency (Fitzgerald 2010). Bass: the tracked lowest
line and its harmonics. Voice: the tracked line that is in the centre, rich above 500 Hz and not a steady tone.
Other: what remains. Every stem keeps a floor, its share where the estimates know nothing, within the range of
frequency where such a stem plays: an estimate that is sure and wrong costs more than one that hedges.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from daemon.engines.builtin.pitch import Line, track
from daemon.engines.builtin.transform import Grid, Spectrum, Stft, median_over_bins, median_over_times

BASS = Line(low_hz=30, high_hz=220, harmonics=8, fall=0.8, threshold=0.5, move=0.5, jump=2.0, doubt=0.7)
BASS_TOP_HZ, BASS_WIDTH_HZ, BASS_SPREAD = 1500.0, 10.0, 0.005
BASS_FALL_HZ = 250.0  # above, a bass's harmonics are weaker than others' tones there
VOICE = Line(low_hz=110, high_hz=1000, harmonics=20, fall=0.9, threshold=0.38, move=0.1, jump=4.0, doubt=0.3)
VOICE_TOP_HZ, VOICE_WIDTH_HZ, VOICE_SPREAD = 6000.0, 16.0, 0.01
SHORT_S = 0.28  # a drum is shorter than half of this, a note longer
BROAD_HZ = 320.0  # a drum is broader than half of this, a partial narrower
LOW_DRUM_HZ = (80.0, 160.0)  # below, the drum is told from the bass by time alone
STEADY_S = 1.4  # a held chord lasts longer than half of this
STEADY_KEPT = 0.7  # of a held chord, taken off the voice that sings across it
FLOORS = (0.15, 0.4, 0.5, 0.35)  # drums, bass, other, vocals, relative to the mix's magnitude
BASS_FLOOR_TO_HZ, OTHER_FLOOR_FROM_HZ, VOICE_FLOOR_FROM_HZ = 220.0, 120.0, 150.0
SMALL = 1e-12

Tick = Callable[[], None]


def shares(spectrum: Spectrum, stft: Stft, tick: Tick) -> NDArray[np.float32]:
    """(4, times, bins): drums, bass, other, vocals, summing to 1. spectrum: (2, times, bins)."""
    mix = np.sqrt((np.abs(spectrum) ** 2).sum(axis=0)).astype(np.float32)
    percussive = percussion(mix, stft, tick)
    tonal = mix * (1 - percussive)
    bass_comb = track(BASS, tonal, stft, tick).comb(stft, BASS_TOP_HZ, BASS_WIDTH_HZ, BASS_SPREAD)
    tick()
    upper = tonal * (1 - bass_comb)
    steady = median_over_times(upper, _odd(STEADY_S / stft.hop_s))
    tick()
    evidence = voice_evidence(upper, steady, spectrum, stft)
    voice_comb = track(VOICE, evidence, stft, tick).comb(stft, VOICE_TOP_HZ, VOICE_WIDTH_HZ, VOICE_SPREAD)
    tick()
    lines = np.maximum(bass_comb, voice_comb)
    magnitudes = (
        mix * percussive,
        tonal * bass_comb / (1 + (stft.bins_hz / BASS_FALL_HZ) ** 2),
        tonal * (1 - lines) + np.minimum(tonal, steady) * lines,
        np.clip(tonal - STEADY_KEPT * steady, 0, None) * voice_comb,
    )
    tick()
    powers = [(grid + mix * floor) ** 2 + SMALL for grid, floor in zip(magnitudes, floors(stft), strict=True)]
    tick()
    return np.asarray(np.stack(powers) / np.sum(powers, axis=0), np.float32)


def floors(stft: Stft) -> NDArray[np.float32]:
    """(4, bins): what each stem gets of the mix's magnitude in any case."""
    hz = np.maximum(stft.bins_hz, 1e-3)
    ranges = (
        np.ones_like(hz),
        1 / (1 + (hz / BASS_FLOOR_TO_HZ) ** 4),
        1 / (1 + (OTHER_FLOOR_FROM_HZ / hz) ** 4),
        1 / (1 + (VOICE_FLOOR_FROM_HZ / hz) ** 4),
    )
    return np.stack([np.float32(most) * where for most, where in zip(FLOORS, ranges, strict=True)])


def percussion(mix: Grid, stft: Stft, tick: Tick) -> Grid:
    """(times, bins) share of the magnitude that is drums."""
    along_time = median_over_times(mix, _odd(SHORT_S / stft.hop_s))
    tick()
    along_bins = median_over_bins(mix, _odd(BROAD_HZ / stft.bin_hz))
    tick()
    broad = along_bins**2 / (along_time**2 + along_bins**2 + SMALL)
    excess = np.clip(mix - along_time, 0, None)
    short = excess**2 / (excess**2 + along_time**2 + SMALL)
    low, high = LOW_DRUM_HZ
    upper = np.clip((stft.bins_hz - low) / (high - low), 0, 1)
    return np.asarray(short * (1 - upper) + broad * upper, np.float32)


def voice_evidence(upper: Grid, steady: Grid, spectrum: Spectrum, stft: Stft) -> Grid:
    """Magnitudes in which a voice stands out: what is in the centre, moves, and lies high."""
    middle = np.abs(spectrum[0] + spectrum[1]) ** 2
    side = np.abs(spectrum[0] - spectrum[1]) ** 2
    central = np.clip((middle - side) / (middle + side + SMALL), 0, 1)
    moving = 0.15 + np.clip(1 - (steady / (upper + SMALL)) ** 2, 0, 1)
    lift = np.clip(stft.bins_hz / 500, 0.1, 6) ** 1.5
    return np.asarray(upper * central * moving * lift, np.float32)


def _odd(length: float) -> int:
    return max(2 * round((length - 1) / 2) + 1, 3)
