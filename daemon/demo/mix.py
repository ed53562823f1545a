"""From mono parts to a stereo song: place, width, a little room, equal loudness."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.signal import bilinear_zpk, fftconvolve, sosfilt, zpk2sos

from daemon.demo.signal import Sound, filtered

Stereo = NDArray[np.float64]  # (2, frames)
Rng = np.random.Generator


def pan(x: Sound, place: float) -> Stereo:
    """Constant power. place: -1 left, 0 centre, 1 right."""
    angle = (place + 1) * np.pi / 4
    return np.asarray(np.stack([np.cos(angle) * x, np.sin(angle) * x]) * np.sqrt(2))


def widen(x: Stereo, rate: int, amount: float) -> Stereo:
    """A stereo chorus: to each side, a copy with its own slowly moving delay. amount: 0..1."""
    if amount <= 0:
        return x
    frames = np.arange(x.shape[1])
    out = x.copy()
    for side, turn in ((0, 0.0), (1, np.pi / 2 * 1.7)):
        delay = (0.012 + 0.0025 * np.sin(2 * np.pi * 0.6 * frames / rate + turn)) * rate
        out[side] += amount * (1 - 2 * side) * np.interp(frames - delay, frames, x.mean(axis=0), left=0.0)
    return np.asarray(out / np.sqrt(1 + amount**2))


def room(rng: Rng, rate: int, t60_s: float) -> Stereo:
    """An impulse response: (2, frames) of decaying noise, darker with time, without its direct sound."""
    count = int(t60_s * rate)
    t = np.arange(count) / rate
    noise = rng.standard_normal((2, count)) * 10 ** (-3 * t / t60_s) * np.minimum(t / 0.015, 1)
    dark = np.stack([filtered(side, "lowpass", 4500, rate, 1) for side in noise])
    return np.asarray(dark / np.sqrt((dark**2).sum(axis=1, keepdims=True)))


def in_room(x: Stereo, response: Stereo, amount: float) -> Stereo:
    """The part with its own reverberation, as long as before."""
    if amount <= 0:
        return x
    wet = np.stack([fftconvolve(side, h)[: x.shape[1]] for side, h in zip(x, response, strict=True)])
    return x + amount * wet


def loudness_gain(x: Stereo, target_db: float, rate: int) -> float:
    """Gain that brings the loud half of a part's 400 ms blocks to `target_db` of K-weighted power.

    K-weighting as in ITU-R BS.1770 (a shelf above 1.5 kHz and a high-pass at 38 Hz).
    """
    weighted = np.stack([_k_weighted(side, rate) for side in x])
    block = int(0.4 * rate)
    count = max(weighted.shape[1] // block, 1)
    powers = (weighted[:, : count * block].reshape(2, count, -1) ** 2).mean(axis=2).sum(axis=0)
    active = powers[powers > 0.01 * powers.max()]
    return float(10 ** (target_db / 20) / np.sqrt(active.mean() + 1e-20))


def _k_weighted(x: Sound, rate: int) -> Sound:
    """The two analogue stages behind BS.1770's coefficients, at any rate by the bilinear transform."""
    shelf_hz, q, gain = 1681.97, 0.7072, 10 ** (3.99984 / 20)
    w = 2 * np.pi * shelf_hz
    zeros = np.roots([gain, np.sqrt(gain) * w / q, w * w])
    shelf = zpk2sos(*bilinear_zpk(zeros, np.roots([1, w / q, w * w]), gain, rate))
    v = 2 * np.pi * 38.135
    high = zpk2sos(*bilinear_zpk([0.0, 0.0], np.roots([1, v / 0.5003, v * v]), 1.0, rate))
    return np.asarray(sosfilt(high, sosfilt(shelf, x)))
