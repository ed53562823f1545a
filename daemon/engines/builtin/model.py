"""What each stem's magnitudes are in one window of a song, estimated one after the other.

Drums: short and broad, by median filters along time and frequency (Fitzgerald 2010). Bass: the tracked lowest
line and its harmonics. Voice: the tracked line that is in the centre, rich above 500 Hz and not a steady tone.
Other: what remains. The estimates become Wiener masks.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from daemon.engines.builtin.pitch import Line, comb, track
from daemon.engines.builtin.transform import Grid, Spectrum, Stft, median_over_bins, median_over_times

BASS = Line(low_hz=30, high_hz=220, harmonics=8, fall=0.8, threshold=0.35, move=0.5, jump=2.0)
VOICE = Line(low_hz=110, high_hz=1000, harmonics=20, fall=0.9, threshold=0.45, move=0.1, jump=4.0)
SHORT_S = 0.39  # a drum is shorter than half of this, a note longer
BROAD_HZ = 220.0  # a drum is broader than half of this, a partial narrower
STEADY_S = 1.4  # a held chord lasts longer than half of this
LOW_DRUM_HZ = (150.0, 300.0)  # below, the drum is told from the bass by time alone
BASS_FALL_HZ = 400.0  # above, a bass's harmonics are weaker than others' tones there
SMALL = 1e-12

Tick = Callable[[], None]


def masks(spectrum: Spectrum, stft: Stft, tick: Tick) -> NDArray[np.float32]:
    """(4, times, bins), drums, bass, other, vocals, summing to 1. spectrum: (2, times, bins)."""
    mix = np.sqrt((np.abs(spectrum) ** 2).sum(axis=0)).astype(np.float32)
    percussive = percussion(mix, stft, tick)
    tonal = mix * (1 - percussive)
    bass_comb = comb(track(BASS, tonal, stft, tick), stft, 1500.0, 14.0, 0.005)
    tick()
    upper = tonal * (1 - bass_comb)
    steady = median_over_times(upper, odd(STEADY_S / stft.hop_s))
    tick()
    voice_comb = comb(
        track(VOICE, voice_evidence(upper, steady, spectrum, stft), stft, tick), stft, 6000.0, 14.0, 0.01
    )
    bass = tonal * bass_comb / (1 + (stft.bins_hz / BASS_FALL_HZ) ** 2)
    voice = np.clip(tonal - 0.7 * steady, 0, None) * voice_comb
    other = tonal * (1 - np.maximum(bass_comb, voice_comb)) + np.minimum(tonal, steady) * np.maximum(
        bass_comb, voice_comb
    )
    powers = np.stack([mix * percussive, bass, other, voice]) ** 2 + SMALL
    tick()
    return np.asarray(powers / powers.sum(axis=0), np.float32)


def odd(length: float) -> int:
    return max(2 * round((length - 1) / 2) + 1, 3)


def percussion(mix: Grid, stft: Stft, tick: Tick) -> Grid:
    """(times, bins) share of the magnitude that is drums."""
    along_time = median_over_times(mix, odd(SHORT_S / stft.hop_s))
    tick()
    along_bins = median_over_bins(mix, odd(BROAD_HZ / stft.bin_hz))
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
