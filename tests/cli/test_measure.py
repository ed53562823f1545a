from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import soundfile

from daemon.cli.measure import levels, sdr_db, stem_scores

RATE = 44100


def tone(peak: float = 0.5, frames: int = 4410) -> np.ndarray:
    mono = peak * np.sin(2 * np.pi * 441 * np.arange(frames) / RATE)
    return np.stack([mono, mono], axis=1)


def write(path: Path, samples: np.ndarray, subtype: str = "PCM_24") -> Path:
    soundfile.write(path, samples, RATE, subtype=subtype)
    return path


def test_sdr_of_a_tenth_of_error_is_20_db() -> None:
    assert sdr_db(tone(), 0.9 * tone()) == pytest.approx(20.0, abs=1e-9)
    assert sdr_db(tone(), np.zeros_like(tone())) == pytest.approx(0.0, abs=1e-9)


def test_sdr_of_other_lengths_is_refused() -> None:
    with pytest.raises(ValueError, match="compared"):
        sdr_db(tone(), tone()[:-1])


def test_the_mixture_is_scored_beside_the_stem(tmp_path: Path) -> None:
    drums, bass = tone(0.4), np.roll(tone(0.4), 25, axis=0)  # a quarter of a period: orthogonal
    mix = write(tmp_path / "mix.wav", drums + bass, "FLOAT")
    part = write(tmp_path / "drums.wav", drums, "FLOAT")
    (score,) = stem_scores(mix, {"drums": part}, {"drums": part, "piano": part})
    # Equal powers: the mixture's error is as strong as the part itself.
    assert score.mixture_db == pytest.approx(0.0, abs=0.1)
    assert score.gain_db > 100


@pytest.mark.parametrize(
    ("samples", "subtype", "silent", "clipped"),
    [
        (tone(0.5), "PCM_16", False, False),
        (np.clip(tone(2.0), -1, 1), "PCM_24", False, True),
        (tone(2.0), "FLOAT", False, False),
        (np.zeros((100, 2)), "PCM_24", True, False),
        (tone(10 ** (-70 / 20)), "PCM_24", True, False),
        (np.zeros((0, 2)), "PCM_24", True, False),
    ],
)
def test_levels(tmp_path: Path, samples: np.ndarray, subtype: str, silent: bool, clipped: bool) -> None:
    (level,) = levels([write(tmp_path / "x.wav", samples, subtype), tmp_path / "notes.mid"])
    assert (level.silent, level.clipped) == (silent, clipped)


def test_peak_in_dbfs(tmp_path: Path) -> None:
    samples = np.full((10, 1), 0.5)
    (level,) = levels([write(tmp_path / "x.wav", samples, "FLOAT")])
    assert level.peak_db == pytest.approx(-6.0206, abs=1e-4)  # 20 log10 0.5
