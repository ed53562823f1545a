"""What each cell of a window's spectrum says of the stem that it belongs to.

Drums: short and broad, by median filters along time and frequency (Fitzgerald 2010). Bass: the tracked lowest line
and its harmonics. Voice: the tracked line that is in the centre, rich above 500 Hz and not a steady tone. Beside
these: how steady the cell is, where it stands between left and right, and what its moment and its pitch are like.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from daemon.engines.builtin.pitch import Line, Tracked, track
from daemon.engines.builtin.transform import Grid, Spectrum, Stft, median_over_bins, median_over_times

BASS = Line(low_hz=30, high_hz=220, harmonics=8, fall=0.8, threshold=0.5, move=0.5, jump=2.0, doubt=0.7)
BASS_TOP_HZ, BASS_WIDTH_HZ, BASS_SPREAD = 1500.0, 10.0, 0.005
VOICE = Line(low_hz=110, high_hz=1000, harmonics=20, fall=0.9, threshold=0.38, move=0.1, jump=4.0, doubt=0.3)
VOICE_TOP_HZ, VOICE_WIDTH_HZ, VOICE_SPREAD = 6000.0, 16.0, 0.01
SHORT_S = 0.28  # a drum is shorter than half of this, a note longer
BROAD_HZ = 320.0  # a drum is broader than half of this, a partial narrower
LOW_DRUM_HZ = (80.0, 160.0)  # below, the drum is told from the bass by time alone
STEADY_S = 1.4  # a held chord lasts longer than half of this
KICK_HZ = 150.0
SMALL = 1e-12

NAMES = (
    "percussive", "short", "broad", "bass", "bass_there", "voice", "voice_there", "steady", "central", "side",
    "octave", "loud_here", "loud_now", "percussive_now", "kick_now", "voice_tone",
)  # fmt: skip
"""The cues, in the order of `Cues.grids`; all lie about within -1..1."""

Tick = Callable[[], None]


def gather(spectrum: Spectrum, stft: Stft, tick: Tick) -> list[NDArray[np.float32]]:
    """One array for each of NAMES, each broadcastable to (times, bins). spectrum: (2, times, bins)."""
    mix = np.sqrt((np.abs(spectrum) ** 2).sum(axis=0)).astype(np.float32)
    short, broad = _percussion(mix, stft, tick)
    low, high = LOW_DRUM_HZ
    upper_share = np.clip((stft.bins_hz - low) / (high - low), 0, 1)
    percussive = short * (1 - upper_share) + broad * upper_share
    tonal = mix * (1 - percussive)
    bass = track(BASS, tonal, stft, tick)
    bass_comb = bass.comb(stft, BASS_TOP_HZ, BASS_WIDTH_HZ, BASS_SPREAD)
    tick()
    upper = tonal * (1 - bass_comb)
    steady = median_over_times(upper, _odd(STEADY_S / stft.hop_s))
    tick()
    central, side = _place(spectrum)
    voice = track(VOICE, _voice_evidence(upper, steady, central, stft), stft, tick)
    voice_comb = voice.comb(stft, VOICE_TOP_HZ, VOICE_WIDTH_HZ, VOICE_SPREAD)
    tick()
    power = mix**2
    ever = power.mean(axis=0, keepdims=True)
    now = power.sum(axis=1, keepdims=True)
    kick = stft.bins_hz < KICK_HZ
    grids = [
        percussive, short, broad, bass_comb, _there(bass), voice_comb, _there(voice),
        np.minimum(steady / (upper + SMALL), 1), central, side, _octave(stft),
        np.clip(np.log10((power + SMALL) / (ever + SMALL)), -3, 3) / 2,
        np.clip(np.log10((power + SMALL) / (now + SMALL)), -8, 0) / 4 + 1,
        _share(power * percussive, power), _share((power * short)[:, kick], power[:, kick]),
        _share(power * voice_comb, power),
    ]  # fmt: skip
    return [np.asarray(grid, np.float32) for grid in grids]


def _there(line: Tracked) -> NDArray[np.float32]:
    """(times, 1): how likely the line sounds."""
    return np.asarray(line.probability.sum(axis=1, keepdims=True), np.float32)


def _share(part: Grid, whole: Grid) -> NDArray[np.float32]:
    """(times, 1): share of the power at each time."""
    return np.asarray(part.sum(axis=1, keepdims=True) / (whole.sum(axis=1, keepdims=True) + SMALL), np.float32)


def _octave(stft: Stft) -> NDArray[np.float32]:
    """(1, bins): height, -1 at 20 Hz and 1 at 20 kHz."""
    hz = np.clip(stft.bins_hz, 20, 20_000)
    return np.asarray(2 * np.log(hz / 20) / np.log(1000) - 1, np.float32)[None]


def _percussion(mix: Grid, stft: Stft, tick: Tick) -> tuple[Grid, Grid]:
    """(times, bins) each: how far a cell sticks out in time, and how broad the sound at it is."""
    along_time = median_over_times(mix, _odd(SHORT_S / stft.hop_s))
    tick()
    along_bins = median_over_bins(mix, _odd(BROAD_HZ / stft.bin_hz))
    tick()
    broad = along_bins**2 / (along_time**2 + along_bins**2 + SMALL)
    excess = np.clip(mix - along_time, 0, None)
    short = excess**2 / (excess**2 + along_time**2 + SMALL)
    return short, broad


def _place(spectrum: Spectrum) -> tuple[Grid, Grid]:
    """(times, bins) each: how central a cell is, and how far to one side it stands, both 0..1."""
    middle = np.abs(spectrum[0] + spectrum[1]) ** 2
    difference = np.abs(spectrum[0] - spectrum[1]) ** 2
    central = np.clip((middle - difference) / (middle + difference + SMALL), 0, 1)
    left, right = np.abs(spectrum[0]) ** 2, np.abs(spectrum[1]) ** 2
    return central, np.abs(right - left) / (right + left + SMALL)


def _voice_evidence(upper: Grid, steady: Grid, central: Grid, stft: Stft) -> Grid:
    """Magnitudes in which a voice stands out: what is in the centre, moves, and lies high."""
    moving = 0.15 + np.clip(1 - (steady / (upper + SMALL)) ** 2, 0, 1)
    lift = np.clip(stft.bins_hz / 500, 0.1, 6) ** 1.5
    return np.asarray(upper * central * moving * lift, np.float32)


def _odd(length: float) -> int:
    return max(2 * round((length - 1) / 2) + 1, 3)
