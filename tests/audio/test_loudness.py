from __future__ import annotations

import re
import subprocess
from math import inf, log10
from pathlib import Path

import numpy as np
import pyloudnorm
import pytest
import soundfile

from daemon.audio.loudness import Loudness, LoudnessMeter
from tests.audio.material import Audio, need, noise


def measure(audio: Audio, rate: int, block: int = 10_007) -> Loudness:
    meter = LoudnessMeter(rate, audio.shape[0])
    for at in range(0, audio.shape[1], block):
        meter.write(audio[:, at : at + block])
    return meter.result()


def uneven(rate: int, channels: int = 2, length_s: float = 7.33) -> Audio:
    """Noise whose level changes all the time, with silence in it, so that the gates matter."""
    frames = int(rate * length_s)
    steps = np.random.default_rng(5).uniform(0, 1, 60) ** 4
    steps[20:28] = 0
    return noise(frames, channels) * np.repeat(steps, frames // 60 + 1)[:frames].astype(np.float32)


@pytest.mark.parametrize("rate", [8000, 11025, 22050, 44100, 48000, 96000, 192_000])
@pytest.mark.parametrize("channels", [1, 2, 5])
def test_integrated_loudness_is_pyloudnorms(rate: int, channels: int) -> None:
    audio = uneven(rate, channels)
    assert measure(audio, rate).lufs == pytest.approx(
        pyloudnorm.Meter(rate, filter_class="DeMan").integrated_loudness(audio.T), abs=0.02
    )


def test_a_1_khz_sine_at_full_scale() -> None:
    """BS.1770-4: 0 dBFS at 997 Hz on one front channel reads -3.01 LUFS."""
    sine = np.sin(2 * np.pi * 997 * np.arange(48000 * 5) / 48000).astype(np.float32)[None]
    assert measure(sine, 48000).lufs == pytest.approx(-3.01, abs=0.01)
    assert measure(np.repeat(sine, 2, axis=0), 48000).lufs == pytest.approx(0.0, abs=0.01)


@pytest.mark.parametrize("rate", [44100, 48000, 96000])
def test_ffmpeg_agrees(tmp_path: Path, rate: int) -> None:
    need("ffmpeg")
    audio = uneven(rate)
    soundfile.write(tmp_path / "a.wav", audio.T, rate, subtype="FLOAT")
    command = ["ffmpeg", "-hide_banner", "-nostats", "-i", str(tmp_path / "a.wav")]
    command += ["-af", "ebur128=peak=true+sample", "-f", "null", "-"]
    said = subprocess.run(command, capture_output=True, text=True, check=True).stderr.rpartition("Summary:")[2]
    lufs = float(re.findall(r"I: +(-?[\d.]+) LUFS", said)[0])
    sample, true = (float(x) for x in re.findall(r"Peak: +(-?[\d.]+) dBFS", said))
    ours = measure(audio, rate)
    assert ours.lufs == pytest.approx(lufs, abs=0.15)  # ffmpeg rounds to 0.1
    assert ours.peak_db == pytest.approx(sample, abs=0.06)
    assert ours.true_peak_dbtp == pytest.approx(true, abs=0.25)


def test_surround_weights_follow_ffmpegs_layout(tmp_path: Path) -> None:
    need("ffmpeg")
    audio = uneven(48000, 6)
    soundfile.write(tmp_path / "a.wav", audio.T, 48000, subtype="FLOAT", format="WAVEX")
    command = ["ffmpeg", "-hide_banner", "-nostats", "-channel_layout", "5.1", "-i", str(tmp_path / "a.wav")]
    said = subprocess.run(
        [*command, "-af", "ebur128", "-f", "null", "-"], capture_output=True, text=True, check=True
    )
    lufs = float(re.findall(r"I: +(-?[\d.]+) LUFS", said.stderr.rpartition("Summary:")[2])[0])
    assert measure(audio, 48000).lufs == pytest.approx(lufs, abs=0.15)


def test_blocks_do_not_matter() -> None:
    audio = uneven(11025)
    whole = measure(audio, 11025, audio.shape[1])
    for block in (1, 441, 1102, 5513):
        part = measure(audio[:, : 11025 if block == 1 else None], 11025, block)
        wanted = measure(audio[:, :11025], 11025, 11025) if block == 1 else whole
        assert part.lufs == pytest.approx(wanted.lufs, abs=1e-6)
        assert part.true_peak_dbtp == pytest.approx(wanted.true_peak_dbtp, abs=1e-4)


@pytest.mark.parametrize("rate", [44100, 48000])
def test_a_peak_between_samples_is_found(rate: int) -> None:
    """A sine at a quarter of the rate, 45 degrees off: samples at -3.01 dB, the wave itself at 0 dB."""
    sine = np.sin(2 * np.pi * (np.arange(rate) / 4 + 1 / 8)) * np.hanning(rate)
    found = measure(sine.astype(np.float32)[None], rate)
    assert found.peak_db == pytest.approx(-3.01, abs=0.01)
    assert found.true_peak_dbtp == pytest.approx(0.0, abs=0.1)


def test_a_peak_at_the_very_end_is_found() -> None:
    quiet = np.full((1, 20_000), 0.01, np.float32)
    quiet[0, -1] = -0.5
    found = measure(quiet, 44100, 20_000)
    assert found.peak_db == pytest.approx(20 * log10(0.5), abs=1e-4)
    assert found.true_peak_dbtp >= found.peak_db


def test_silence_has_no_level() -> None:
    assert measure(np.zeros((2, 100_000), np.float32), 44100) == Loudness(-inf, -inf, -inf)


def test_a_short_hit_reads_as_its_loudest_moment() -> None:
    """Shorter than one gate of 400 ms: the same as the hit followed by silence up to 400 ms."""
    hit = noise(4410, 1)
    padded = np.concatenate([hit, np.zeros((1, 17_640 - 4410), np.float32)], axis=1)
    assert measure(hit, 44100).lufs == pytest.approx(
        pyloudnorm.Meter(44100, filter_class="DeMan").integrated_loudness(padded[0]), abs=0.05
    )
