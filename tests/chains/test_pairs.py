"""MP3 knows some rates and two channels, a Reverb two; chains take them for every sound."""

from __future__ import annotations

import numpy as np
import pedalboard
import pytest
from scipy.signal import butter, correlate, sosfilt

from daemon.chains.render import play
from daemon.chains.stream import BLOCK_FRAMES, played

FX = [{"use": "MP3Compressor", "vbr_quality": 2.0}]


def voices(rate_hz: int, channels: int) -> np.ndarray:
    """Noises in a band that every MP3 keeps, each of its own."""
    noise = 0.2 * np.random.default_rng(1).standard_normal((channels, 3 * rate_hz))
    return sosfilt(butter(4, [200, 1200], "bandpass", fs=rate_hz, output="sos"), noise).astype(np.float32)


@pytest.mark.parametrize(("rate_hz", "channels"), [(4000, 1), (37800, 2), (88200, 3), (96000, 6), (192000, 2)])
def test_any_rate_and_any_number_of_channels(rate_hz: int, channels: int) -> None:
    before = voices(rate_hz, channels)
    after = play(FX, before, rate_hz)
    assert after.shape == before.shape
    for one, other in zip(before[:, :rate_hz], after[:, :rate_hz], strict=True):
        assert correlate(other, one).argmax() == rate_hz - 1, "it is where it was"
    assert 10 * np.log10((before**2).mean() / ((after - before) ** 2).mean()) > 12
    blocks = (before[:, at : at + BLOCK_FRAMES] for at in range(0, before.shape[1], BLOCK_FRAMES))
    assert np.array_equal(np.concatenate(list(played(FX, blocks, rate_hz, channels)), axis=1), after)


def test_what_mp3_takes_is_as_pedalboard_gives_it() -> None:
    audio = voices(44100, 2)
    assert np.array_equal(play(FX, audio, 44100), pedalboard.MP3Compressor(vbr_quality=2.0)(audio, 44100))


@pytest.mark.parametrize("channels", [3, 6])
def test_a_reverb_is_heard_on_every_channel(channels: int) -> None:
    audio = voices(44100, channels)
    fx = [{"use": "Gain", "gain_db": -3.0}, {"use": "Reverb", "room_size": 0.7}]
    pedals = pedalboard.Pedalboard([pedalboard.Gain(-3.0), pedalboard.Reverb(room_size=0.7)])
    after = play(fx, audio, 44100)
    for first in range(0, channels, 2):
        assert np.array_equal(after[first : first + 2], pedals(audio[first : first + 2], 44100))
    blocks = (audio[:, at : at + BLOCK_FRAMES] for at in range(0, audio.shape[1], BLOCK_FRAMES))
    assert np.array_equal(np.concatenate(list(played(fx, blocks, 44100, channels)), axis=1), after)
