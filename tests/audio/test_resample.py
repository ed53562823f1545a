from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from daemon.audio.resample import resample, resample_blocks, resampled_frames, to_channels
from daemon.kernel.errors import BadParameter
from tests.audio.material import noise

RATES = [8000, 11025, 16000, 22050, 44100, 48000, 96000, 192_000]


def sine(frames: int, rate: int, hz: float = 700.0) -> np.ndarray:
    return np.sin(2 * np.pi * hz * np.arange(frames) / rate).astype(np.float32)[None]


@pytest.mark.parametrize(
    ("rate_in", "rate_out"), [(44100, 48000), (48000, 44100), (44100, 22050), (44100, 16000), (8000, 96000)]
)
def test_a_sine_stays_in_place(rate_in: int, rate_out: int) -> None:
    given = sine(rate_in, rate_in)
    got = resample(given, rate_in, rate_out)
    edge = rate_out // 100
    wanted = sine(got.shape[1], rate_out)
    assert np.abs(got - wanted)[:, edge:-edge].max() < 1e-4


@settings(max_examples=60)
@given(st.sampled_from(RATES), st.sampled_from(RATES), st.integers(1, 30_000), st.integers(1, 9000))
def test_the_length_is_exact_and_blocks_do_not_matter(
    rate_in: int, rate_out: int, frames: int, block: int
) -> None:
    audio = noise(frames)
    blocks = (audio[:, at : at + block] for at in range(0, frames, block))
    pieces = [np.zeros((2, 0), np.float32), *resample_blocks(blocks, rate_in, rate_out, 2)]
    streamed = np.concatenate(pieces, axis=1)
    exact = frames * rate_out / rate_in
    assert streamed.shape[1] == resampled_frames(frames, rate_in, rate_out)
    assert abs(streamed.shape[1] - exact) <= 0.5
    assert np.abs(streamed - resample(audio, rate_in, rate_out)).max(initial=0) < 1e-6


def test_there_and_back_is_the_same_signal() -> None:
    audio = sine(44100, 44100, 5000.0)
    back = resample(resample(audio, 44100, 48000, "VHQ"), 48000, 44100, "VHQ")
    assert back.shape == audio.shape
    assert np.abs(back - audio)[:, 500:-500].max() < 1e-5


def test_channels() -> None:
    mono, stereo = noise(100, 1), noise(100, 2)
    assert np.array_equal(next(to_channels([mono], 2)), np.repeat(mono, 2, axis=0))
    assert np.allclose(next(to_channels([stereo], 1))[0], (stereo[0] + stereo[1]) / 2, atol=1e-7)
    assert next(to_channels([stereo], 2)) is stereo
    with pytest.raises(BadParameter):
        next(to_channels([stereo], 5))


def test_surround_to_stereo_follows_bs775() -> None:
    """BS.775: L' = L + 0.7071 C + 0.7071 Ls, here scaled so that all at full scale give full scale."""
    for position, (left, right) in enumerate(
        [(1, 0), (0, 1), (0.7071, 0.7071), (0, 0), (0.7071, 0), (0, 0.7071)]
    ):
        surround = np.zeros((6, 1), np.float32)
        surround[position] = 1.0
        mixed = next(to_channels([surround], 2))[:, 0]
        assert np.allclose(mixed * (1 + 0.7071 + 0.7071), [left, right], atol=1e-3)


@pytest.mark.parametrize("channels", range(3, 33))
def test_no_downmix_passes_full_scale(channels: int) -> None:
    mixed = next(to_channels([np.ones((channels, 4), np.float32)], 2))
    assert np.allclose(mixed, 1.0)
