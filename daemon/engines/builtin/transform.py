"""Short-time Fourier transform with perfect reconstruction, and the grids of time and frequency that it gives."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import fft
from scipy.ndimage import median_filter
from scipy.signal import get_window

Spectrum = NDArray[np.complex64]  # (channels, times, bins)
Grid = NDArray[np.float32]  # (times, bins)
FRAME_S = 0.085  # long enough to part the partials of neighbouring notes, short enough for a drum
OVERLAP = 4


@dataclass(frozen=True, slots=True)
class Stft:
    """size: frames in one transform. rate: Hz. The square root of a Hann window on both ways."""

    size: int
    rate: int

    @classmethod
    def at(cls, rate: int) -> Stft:
        """The power of two nearest to FRAME_S."""
        return cls(2 ** round(np.log2(FRAME_S * rate)), rate)

    @property
    def hop(self) -> int:
        return self.size // OVERLAP

    @property
    def _lead(self) -> int:
        """Silence before the first frame, so that it too lies in OVERLAP transforms."""
        return self.size - self.hop

    @property
    def bin_hz(self) -> float:
        return self.rate / self.size

    @property
    def hop_s(self) -> float:
        return self.hop / self.rate

    @property
    def bins_hz(self) -> NDArray[np.float32]:
        return (np.arange(self.size // 2 + 1) * self.bin_hz).astype(np.float32)

    def times_s(self, count: int) -> NDArray[np.float64]:
        """Seconds at the middle of each of `count` transforms; the first lies before the audio."""
        return (np.arange(count) * self.hop + self.size / 2 - self._lead) / self.rate

    def _window(self) -> NDArray[np.float32]:
        return np.asarray(np.sqrt(get_window("hann", self.size)), np.float32)

    def forward(self, audio: NDArray[np.float32]) -> Spectrum:
        """(channels, frames) -> (channels, times, bins)."""
        times = -(-(self._lead + audio.shape[1]) // self.hop)
        padded = np.zeros((audio.shape[0], (times - 1) * self.hop + self.size), np.float32)
        padded[:, self._lead : self._lead + audio.shape[1]] = audio
        frames = np.lib.stride_tricks.sliding_window_view(padded, self.size, axis=1)[:, :: self.hop]
        return np.asarray(fft.rfft(frames * self._window(), axis=-1), np.complex64)

    def inverse(self, spectrum: Spectrum, frames: int) -> NDArray[np.float32]:
        """(channels, times, bins) -> (channels, frames)."""
        parts = fft.irfft(spectrum, n=self.size, axis=-1).astype(np.float32) * self._window()
        out = np.zeros((spectrum.shape[0], (spectrum.shape[1] - 1) * self.hop + self.size), np.float32)
        for i in range(spectrum.shape[1]):
            out[:, i * self.hop : i * self.hop + self.size] += parts[:, i]
        return np.asarray(out[:, self._lead : self._lead + frames] * np.float32(2 / OVERLAP))


def median_over_bins(grid: Grid, length: int) -> Grid:
    """Running median along the bins, mirrored at the ends.

    All rows are laid end to end, because scipy's filter of one dimension is ten times faster than that of two.
    """
    half = min(length // 2, grid.shape[1] - 1)
    padded = np.pad(grid, ((0, 0), (half, half)), mode="reflect")
    return np.asarray(median_filter(padded.ravel(), size=2 * half + 1), np.float32).reshape(padded.shape)[
        :, half : half + grid.shape[1]
    ]


def median_over_times(grid: Grid, length: int) -> Grid:
    """Running median along time."""
    return np.ascontiguousarray(median_over_bins(np.ascontiguousarray(grid.T), length).T)
