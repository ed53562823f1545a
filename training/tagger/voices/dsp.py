"""What the voices are made of. Times in seconds, arrays float64 at RATE_HZ."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.signal import butter, lfilter, sosfilt

from daemon.engines.classifier.image import RATE_HZ

RATE = RATE_HZ
Wave = NDArray[np.float64]
Rng = np.random.Generator


def log_uniform(rng: Rng, low: float, high: float) -> float:
    return float(np.exp(rng.uniform(np.log(low), np.log(high))))


def seconds(length_s: float) -> Wave:
    return np.arange(max(int(length_s * RATE), 64)) / RATE


def noise(rng: Rng, n: int) -> Wave:
    return rng.standard_normal(n)


def decay(t: Wave, t60_s: float) -> Wave:
    return np.asarray(np.exp(np.maximum(t, 0) * (-np.log(1000) / t60_s)))


def attack(t: Wave, attack_s: float) -> Wave:
    return np.minimum(t / max(attack_s, 1e-5), 1.0)


def swell(t: Wave, attack_s: float, t60_s: float) -> Wave:
    """Rises smoothly, then decays."""
    return np.asarray((1 - np.exp(-t / max(attack_s, 1e-5))) * decay(t, t60_s))


def adsr(t: Wave, attack_s: float, decay_s: float, sustain: float, held_s: float, release_s: float) -> Wave:
    """Exponential decay to `sustain`, held, then released exponentially."""
    body = attack(t, attack_s) * (
        sustain + (1 - sustain) * np.exp(-np.maximum(t - attack_s, 0) / max(decay_s, 1e-4))
    )
    return np.asarray(
        body * np.where(t < held_s, 1.0, np.exp(-np.maximum(t - held_s, 0) / max(release_s, 1e-4)))
    )


def band(x: Wave, low_hz: float | None, high_hz: float | None, order: int = 2) -> Wave:
    """Butterworth; None leaves that end open."""
    top = RATE * 0.47
    if low_hz is not None and high_hz is not None:
        high_hz = min(high_hz, top)
        low_hz = min(low_hz, high_hz * 0.95)
        sos = butter(order, (low_hz, high_hz), "bandpass", fs=RATE, output="sos")
    elif low_hz is not None:
        sos = butter(order, min(low_hz, top), "highpass", fs=RATE, output="sos")
    elif high_hz is not None:
        sos = butter(order, min(high_hz, top), "lowpass", fs=RATE, output="sos")
    else:
        return x
    return np.asarray(sosfilt(sos, x))


def resonance(x: Wave, hz: float, q: float) -> Wave:
    """Two-pole resonator of gain one at its peak (band-pass of the audio EQ cookbook)."""
    w = 2 * np.pi * min(hz, RATE * 0.47) / RATE
    alpha = np.sin(w) / (2 * q)
    return np.asarray(lfilter([alpha, 0, -alpha], [1 + alpha, -2 * np.cos(w), 1 - alpha], x))


def modes(n: int, hz: ArrayLike, gain: ArrayLike, t60_s: ArrayLike, phase: ArrayLike = 0.0) -> Wave:
    """Sum of decaying sines, n samples. A product of two small tables, so that hundreds of modes are cheap."""
    hz, gain, t60_s, phase = np.broadcast_arrays(
        *(np.atleast_1d(np.asarray(a, float)) for a in (hz, gain, t60_s, phase))
    )
    keep = hz < RATE * 0.47
    hz, gain, t60_s, phase = hz[keep], gain[keep], t60_s[keep], phase[keep]
    s = 2j * np.pi * hz / RATE - np.log(1000) / (np.maximum(t60_s, 1e-3) * RATE)
    block = 256
    coarse = np.exp(np.arange(-(-n // block))[:, None] * block * s) * (gain * np.exp(1j * phase))
    fine = np.exp(s[:, None] * np.arange(block))
    return np.asarray(
        (coarse.astype(np.complex64) @ fine.astype(np.complex64)).imag.reshape(-1)[:n], np.float64
    )


def sine(hz: ArrayLike, n: int, phase: float = 0.0) -> Wave:
    """hz: a number or one for each sample."""
    return np.asarray(np.sin(2 * np.pi * np.cumsum(np.broadcast_to(hz, n)) / RATE + phase))


def sweep(t: Wave, high: float, low: float, drop_s: float) -> Wave:
    """Frequency that falls exponentially from high to low."""
    return np.asarray(low + (high - low) * np.exp(-t / drop_s))


def saw(hz: ArrayLike, n: int, phase: float = 0.0) -> Wave:
    """Band-limited enough: the step is rounded over two samples (polyBLEP)."""
    step = np.broadcast_to(np.asarray(hz, float) / RATE, n)
    p = (np.cumsum(step) + phase) % 1.0
    out = 2 * p - 1
    rising, falling = p < step, p > 1 - step
    a = p[rising] / step[rising]
    out[rising] -= a + a - a * a - 1
    b = (p[falling] - 1) / step[falling]
    out[falling] -= b * b + b + b + 1
    return np.asarray(out)


def square(hz: ArrayLike, n: int, duty: float = 0.5, phase: float = 0.0) -> Wave:
    return (saw(hz, n, phase) - saw(hz, n, phase + duty)) * 0.5 + (duty - 0.5) * 0.0


def shaped_noise(rng: Rng, n: int, low_hz: float | None, high_hz: float | None, order: int = 2) -> Wave:
    x = band(noise(rng, n), low_hz, high_hz, order)
    return np.asarray(x / (np.abs(x).max() + 1e-9))


def unit(x: Wave) -> Wave:
    return np.asarray(x / (np.abs(x).max() + 1e-12))


def drive(x: Wave, amount: float) -> Wave:
    return np.asarray(np.tanh(unit(x) * amount) / np.tanh(amount))


def room(rng: Rng, x: Wave, t60_s: float, wet: float) -> Wave:
    """The sound in a small room: early reflections and a coloured tail."""
    t = seconds(t60_s)
    ir = band(noise(rng, t.size), 300, log_uniform(rng, 3000, 12000), 1) * decay(t, t60_s) * attack(t, 0.002)
    size = x.size + ir.size
    tail = np.fft.irfft(np.fft.rfft(x, size) * np.fft.rfft(ir, size), size)
    out = np.zeros(size)
    out[: x.size] += unit(x)
    return np.asarray(out + unit(tail) * wet)


def air(rng: Rng, x: Wave) -> Wave:
    """A struck thing as recordings have it: under its few strong modes hundreds of weak ones, what stands around it and
    the room answer, in every band, each for its own time, 10 to 50 dB down. A quarter stays as it is."""
    if rng.random() < 0.25:
        return x
    longest = log_uniform(rng, 0.05, 1.5)
    t = seconds(min(x.size / RATE + 0.3 * longest, 3.3))
    edges = (50.0, 250.0, 800.0, 2500.0, 6500.0, 18000.0)
    source, out = noise(rng, t.size), np.zeros(t.size)
    for low, high in pairwise(edges):
        gain, t60_s = 10 ** (rng.normal(0, 7) / 20), longest * log_uniform(rng, 0.3, 1.5)
        out += gain * unit(band(source, low, high, 1)) * decay(t, t60_s)
    out = unit(out) * log_uniform(rng, 0.003, 0.3)
    size = min(x.size, t.size)
    out[:size] += unit(x)[:size]
    return out


def pluck(rng: Rng, n: int, hz: float, t60_s: float, bright: float, position: float) -> Wave:
    """Karplus-Strong by its poles: decaying harmonics, high ones faster, with the comb of the plucking position and
    a little stiffness."""
    count = min(int(RATE * 0.45 / hz), 60)
    k = np.arange(1, count + 1)
    stiff = rng.uniform(0, 4e-4)
    gain = np.abs(np.sin(np.pi * k * position)) * k ** (-1.0 / max(bright, 0.1)) * rng.uniform(0.7, 1.3, count)
    t60 = t60_s / (1 + (k - 1) * rng.uniform(0.03, 0.25))
    return modes(n, hz * k * np.sqrt(1 + stiff * k * k), gain, t60, rng.uniform(0, 0.5, count))
