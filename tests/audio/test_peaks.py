from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from daemon.audio.peaks import PeaksWriter, read_peaks
from daemon.kernel.errors import InputError
from tests.audio.material import Audio, noise


def write(path: Path, audio: Audio, block: int = 65536) -> Path:
    with PeaksWriter(path, 44100, audio.shape[0], audio.shape[1]) as peaks:
        for at in range(0, audio.shape[1], block):
            peaks.write(audio[:, at : at + block])
    return path


def exact(audio: Audio, per_point: int) -> np.ndarray:
    """Plain numpy over the whole signal."""
    frames = audio.shape[1]
    starts = range(0, frames, per_point)
    pairs = [[(c[a : a + per_point].min(), c[a : a + per_point].max()) for a in starts] for c in audio]
    return np.array(pairs)


@pytest.mark.parametrize("per_point", [256, 4096, 65536])
@pytest.mark.parametrize("block", [65536, 1000, 300_000])
def test_each_zoom_is_the_minimum_and_maximum_of_its_frames(tmp_path: Path, per_point: int, block: int) -> None:
    audio = noise(200_001)
    audio[0, 150_000] = 4.0  # past full scale
    wanted = exact(audio, per_point)
    got = read_peaks(write(tmp_path / "p", audio, block), wanted.shape[1])
    assert got.shape == wanted.shape
    assert np.allclose(got, wanted, rtol=2**-10, atol=1e-6)


@settings(max_examples=40)
@given(st.integers(1, 40_000), st.integers(1, 500), st.integers(1, 3), st.integers(1, 9000))
def test_any_number_of_points_covers_the_whole(
    tmp_path_factory: pytest.TempPathFactory, frames: int, n: int, channels: int, block: int
) -> None:
    audio = noise(frames, channels)
    got = read_peaks(write(tmp_path_factory.mktemp("p") / "p", audio, block), n)
    assert got.shape == (channels, n, 2)
    assert np.all(got[:, :, 0] <= got[:, :, 1])
    assert np.allclose(got[:, :, 0].min(axis=1), audio.min(axis=1), rtol=2**-10, atol=1e-6)
    assert np.allclose(got[:, :, 1].max(axis=1), audio.max(axis=1), rtol=2**-10, atol=1e-6)


def test_a_position_is_drawn_where_it_is(tmp_path: Path) -> None:
    audio = np.zeros((1, 1_000_000), np.float32)
    audio[0, 618_000] = 1.0
    got = read_peaks(write(tmp_path / "p", audio), 200)
    assert int(got[0, :, 1].argmax()) == pytest.approx(0.618 * 200, abs=1)


def test_the_header_is_as_documented(tmp_path: Path) -> None:
    raw = write(tmp_path / "p", noise(1000, 2)).read_bytes()
    assert raw[:8] == b"RDPEAKS1"
    assert np.frombuffer(raw[8:16], "<u4").tolist() == [44100, 2]
    assert np.frombuffer(raw[16:24], "<u8").tolist() == [1000]
    assert np.frombuffer(raw[24:28], "<u4").tolist() == [3]
    assert len(raw) == 28 + 3 * 20 + (4 + 1 + 1) * 2 * 2 * 2


def test_what_is_no_peaks_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "x").write_bytes(b"RIFF")
    with pytest.raises(InputError):
        read_peaks(tmp_path / "x", 10)
    whole = write(tmp_path / "p", noise(100_000)).read_bytes()
    (tmp_path / "cut").write_bytes(whole[:200])
    with pytest.raises(InputError):
        read_peaks(tmp_path / "cut", 300)
