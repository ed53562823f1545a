"""Where each stem stands between left and right, learnt from its first estimate, and the filter that uses it.

A multichannel Wiener filter whose spatial covariances are refined by expectation and maximisation (Nugraha,
Liutkus and Vincent 2016), the stems' shares of each cell of the spectrum held fixed.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import uniform_filter1d

from daemon.engines.builtin.transform import Spectrum

BLOCK = 128  # times worked on at once, which bounds memory
SMOOTH_BINS = 9
DIFFUSE = 0.05  # of a stem that comes from everywhere: keeps the filter well conditioned


@dataclass(frozen=True, slots=True)
class Covariance:
    """Of (left, right), for each stem and bin: [[left, cross], [cross*, right]], mean of the diagonal about 1."""

    left: NDArray[np.float32]  # (stems, bins)
    right: NDArray[np.float32]
    cross: NDArray[np.complex64]

    @classmethod
    def everywhere(cls, stems: int, bins: int) -> Covariance:
        """No knowledge: the filter is then the shares themselves."""
        one = np.ones((stems, bins), np.float32)
        return cls(one, one, np.zeros((stems, bins), np.complex64))


def separate(
    shares: NDArray[np.float32], spectrum: Spectrum, rounds: int, tick: Callable[[], None]
) -> NDArray[np.complex64]:
    """(stems, 2, times, bins). shares: (stems, times, bins) summing to 1. spectrum: (2, times, bins)."""
    where = Covariance.everywhere(shares.shape[0], shares.shape[2])
    for _ in range(rounds):
        where = _estimate(shares, spectrum, where, tick)
    out = np.empty((shares.shape[0], *spectrum.shape), np.complex64)
    for first in range(0, spectrum.shape[1], BLOCK):
        here = slice(first, first + BLOCK)
        out[:, :, here] = _filter(shares[:, here], spectrum[:, here], where)
        tick()
    return out


def _filter(shares: NDArray[np.float32], spectrum: Spectrum, where: Covariance) -> NDArray[np.complex64]:
    """share_j R_j (sum of share_k R_k)^-1 x, the inverse of two by two written out."""
    left = np.einsum("stb,sb->tb", shares, where.left)
    right = np.einsum("stb,sb->tb", shares, where.right)
    cross = np.einsum("stb,sb->tb", shares, where.cross)
    determinant = left * right - np.abs(cross) ** 2
    u = (right * spectrum[0] - cross * spectrum[1]) / determinant
    v = (left * spectrum[1] - cross.conj() * spectrum[0]) / determinant
    to_left = where.left[:, None] * u + where.cross[:, None] * v
    to_right = where.cross.conj()[:, None] * u + where.right[:, None] * v
    return np.asarray(np.stack([shares * to_left, shares * to_right], axis=1), np.complex64)


def _estimate(
    shares: NDArray[np.float32], spectrum: Spectrum, where: Covariance, tick: Callable[[], None]
) -> Covariance:
    left, right = np.zeros_like(where.left), np.zeros_like(where.right)
    cross = np.zeros_like(where.cross)
    for first in range(0, spectrum.shape[1], BLOCK):
        here = slice(first, first + BLOCK)
        stems = _filter(shares[:, here], spectrum[:, here], where)
        left += (np.abs(stems[:, 0]) ** 2).sum(axis=1)
        right += (np.abs(stems[:, 1]) ** 2).sum(axis=1)
        cross += (stems[:, 0] * stems[:, 1].conj()).sum(axis=1)
        tick()
    left, right = uniform_filter1d(left, SMOOTH_BINS), uniform_filter1d(right, SMOOTH_BINS)
    cross = uniform_filter1d(cross.real, SMOOTH_BINS) + 1j * uniform_filter1d(cross.imag, SMOOTH_BINS)
    mean = (left + right) / 2
    scale = 1 / np.maximum(mean, np.float32(1e-20))
    silent = (mean < 1e-20).astype(np.float32)
    return Covariance(
        np.asarray(left * scale + DIFFUSE + silent, np.float32),
        np.asarray(right * scale + DIFFUSE + silent, np.float32),
        np.asarray(cross * scale, np.complex64),
    )
