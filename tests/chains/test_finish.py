"""What a chain does besides its effects, against known signals and other programs."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.signal import resample_poly

from daemon.chains.apply import apply_chain
from daemon.chains.files import resolve_chain

RATE = 44100
t = np.arange(RATE) / RATE
TONE = np.tile(0.25 * np.sin(2 * np.pi * 1000 * t), (2, 1)).astype(np.float32)


def applied(chain: dict, audio: np.ndarray = TONE):
    return apply_chain(resolve_chain(chain), audio, RATE)


def true_peak_db(audio: np.ndarray) -> float:
    return float(20 * np.log10(np.abs(resample_poly(audio.astype(float), 8, 1, axis=1)).max()))


def test_wet_and_dry_add_up() -> None:
    inverted = applied({"fx": [{"use": "Invert"}], "wet": 0.25}).audio
    assert np.allclose(inverted, 0.5 * TONE, atol=1e-6)
    one = applied({"fx": [{"use": "Invert", "wet": 0.5}]}).audio
    assert np.abs(one).max() < 1e-6


def test_to_mono_and_to_stereo() -> None:
    sides = np.stack([TONE[0], -TONE[0]])
    assert np.abs(applied({"channels": "mono"}, sides).audio).max() < 1e-6
    wide = applied({"channels": "stereo", "fx": [{"use": "Chorus"}]}, TONE[:1]).audio
    assert wide.shape == (2, RATE)


def test_another_rate_keeps_the_tone() -> None:
    rendered = applied({"resample": {"rate_hz": 48000.0}})
    assert rendered.rate_hz == 48000 and rendered.audio.shape == (2, 48000)
    expected = 0.25 * np.sin(2 * np.pi * 1000 * np.arange(48000) / 48000)
    assert np.abs(rendered.audio[0, 2000:-2000] - expected[2000:-2000]).max() < 1e-4


def test_dither_makes_16_bits_without_distortion() -> None:
    """A tone of less than one step: cut off it would be silence or a square wave, dithered it is a tone in noise."""
    faint = TONE * np.float32(0.5 / 32768 / 0.25)
    out = applied({"dither": {"bits": 16.0}}, faint).audio
    steps = out * 32768
    assert np.array_equal(steps, np.rint(steps))
    spectrum = np.abs(np.fft.rfft(out[0].astype(float)))
    harmonics = [spectrum[1000 * n] for n in (3, 5, 7)]
    assert spectrum[1000] > 5 * np.median(spectrum[500:20000])
    assert max(harmonics) < 0.5 * spectrum[1000]
    noise_db = 10 * np.log10(np.mean((steps - faint * 32768) ** 2))
    assert noise_db == pytest.approx(10 * np.log10(1 / 12 + 2 / 12), abs=0.5)  # rounding and two uniform noises
    assert np.array_equal(out, applied({"dither": {"bits": 16.0}}, faint).audio)


def test_a_limiter_holds_the_true_peak_where_loudness_wants_more() -> None:
    burst = TONE.copy()
    burst[:, 20000:20200] *= 3.5
    loud = applied(
        {"normalize": {"mode": "lufs", "lufs": -9.0, "ceiling_dbtp": -2.0, "limit": True}}, burst
    ).audio
    held = applied({"normalize": {"mode": "lufs", "lufs": -9.0, "ceiling_dbtp": -2.0}}, burst).audio
    assert true_peak_db(loud) < -1.7
    assert np.sqrt((loud**2).mean()) > 1.3 * np.sqrt((held**2).mean())
    assert loud.shape == burst.shape
