from __future__ import annotations

import resource
import subprocess
import sys
from collections.abc import Iterator

import numpy as np
import pytest

from daemon.demo.compose import compose
from daemon.demo.score import PARTS
from daemon.demo.song import Sounds, render_song
from daemon.engines import registry
from daemon.engines.builtin.pitch import Line, track
from daemon.engines.builtin.transform import Stft, median_over_bins, median_over_times
from daemon.engines.protocol import Compute, SeparateSettings, Task
from daemon.kernel.errors import Cancelled
from daemon.kernel.types import Hertz
from daemon.kernel.work import EngineChoice

pytestmark = pytest.mark.xdist_group("builtin")  # what they share is slow to make

RATE = 44100


def blocks_of(mix: np.ndarray, size: int) -> Iterator[np.ndarray]:
    return (mix[:, first : first + size] for first in range(0, mix.shape[1], size))


def separate(
    mix: np.ndarray, rate: int = RATE, size: int = RATE, checkpoint=lambda fraction, note="": None
) -> np.ndarray:
    engine = registry.load(EngineChoice("builtin", "2"), Compute())
    done = engine.separate(blocks_of(mix, size), mix.shape[1], Hertz(rate), SeparateSettings(), checkpoint)
    return np.concatenate(list(done), axis=2)


def sdr_db(true: np.ndarray, estimate: np.ndarray) -> float:
    return float(10 * np.log10((true**2).sum() / ((true - estimate) ** 2).sum()))


def noise(length_s: float, rate: int = RATE) -> np.ndarray:
    return 0.1 * np.random.default_rng(5).standard_normal((2, int(length_s * rate))).astype(np.float32)


@pytest.fixture(scope="module")
def songs() -> list[np.ndarray]:
    """(4, 2, frames) each: two short songs that are in no set of the bench."""
    line_ups = [
        (31, Sounds("room", "finger", "electric-piano", "alto")),
        (43, Sounds("machine", "square", "strings", "tenor", lead_pan=0.15, chords_pan=-0.3, width=0.2)),
    ]
    return [
        np.stack([parts[name] for name in PARTS])
        for seed, sounds in line_ups
        for parts in [render_song(compose(seed, length_s=14.0), sounds, seed)]
    ]


@pytest.fixture(scope="module")
def separated(songs: list[np.ndarray]) -> list[np.ndarray]:
    """What the engine makes of the mix of each."""
    return [separate(parts.sum(axis=0)) for parts in songs]


def test_spec_says_what_it_is() -> None:
    spec = registry.spec("builtin")
    assert spec.task is Task.SEPARATE
    assert "without a neural separator" in spec.about and "fitted to synthesised songs" in spec.about


def test_improves_eight_decibels_on_the_mix_and_no_stem_is_worse_than_silence(
    songs: list[np.ndarray], separated: list[np.ndarray]
) -> None:
    gains = []
    for parts, stems in zip(songs, separated, strict=True):
        mix = parts.sum(axis=0)
        sdrs = [sdr_db(true, stem) for true, stem in zip(parts, stems, strict=True)]
        assert min(sdrs) > 0
        gains += [sdr - sdr_db(true, mix) for sdr, true in zip(sdrs, parts, strict=True)]
    assert np.mean(gains) >= 8


def test_stems_sum_to_the_mix(songs: list[np.ndarray], separated: list[np.ndarray]) -> None:
    assert sdr_db(songs[0].sum(axis=0), separated[0].sum(axis=0)) > 100


def test_silence_gives_silence_and_one_sided_input_stays_on_its_side() -> None:
    assert not separate(np.zeros((2, RATE), np.float32)).any()
    left = noise(2.0)
    left[1] = 0
    stems = separate(left)
    assert np.isfinite(stems).all()
    assert np.abs(stems[:, 1]).max() < 1e-6


def test_mono_given_twice_stays_mono() -> None:
    mix = np.repeat(noise(2.0)[:1], 2, axis=0)
    stems = separate(mix)
    np.testing.assert_allclose(stems[:, 0], stems[:, 1], atol=1e-5)


@pytest.fixture(scope="module")
def in_blocks_of_a_second() -> np.ndarray:
    return separate(noise(71.0, 8000), 8000, 8192)


@pytest.mark.parametrize("size", [997, 44100, 3_000_000])
def test_size_of_blocks_changes_nothing(size: int, in_blocks_of_a_second: np.ndarray) -> None:
    np.testing.assert_array_equal(separate(noise(71.0, 8000), 8000, size), in_blocks_of_a_second)


@pytest.mark.parametrize("rate", [8000, 22050, 48000, 96000, 192000])
@pytest.mark.parametrize("length_s", [0.003, 1.3])
def test_any_rate_and_length(rate: int, length_s: float) -> None:
    mix = noise(length_s, rate)
    stems = separate(mix, rate)
    assert stems.shape == (4, *mix.shape)
    np.testing.assert_allclose(stems.sum(axis=0), mix, atol=1e-5)


def test_windows_join_without_a_seam() -> None:
    """A steady tone stays bass across the windows, and nowhere steps further than the tone itself does."""
    t = np.arange(65 * 8000) / 8000
    tone = np.stack([np.sin(2 * np.pi * 110 * t)] * 2).astype(np.float32) * 0.3
    bass = separate(tone, 8000)[1, 0]
    assert sdr_db(tone[0], bass) > 3
    jumps = np.abs(np.diff(bass[800:-800]))
    assert jumps.max() < 2 * 2 * np.pi * 110 / 8000 * 0.3


def test_checkpoint_hears_of_progress_and_can_cancel() -> None:
    mix = noise(70.0, 8000)
    told: list[float] = []
    separate(mix, 8000, checkpoint=lambda fraction, note="": told.append(fraction))
    assert len(told) > 60
    assert all(0 <= fraction <= 1 for fraction in told)
    assert told[-1] == 1.0

    def cancel(fraction: float, note: str = "") -> None:
        if fraction > 0.3:
            raise Cancelled("nobody wants it")

    with pytest.raises(Cancelled):
        separate(mix, 8000, checkpoint=cancel)


MEMORY = """
import resource, sys
import numpy as np
from daemon.engines.builtin.engine import Builtin
from daemon.engines.protocol import SeparateSettings
rate, seconds = 8000, int(sys.argv[1])
rng = np.random.default_rng(0)
blocks = (0.1 * rng.standard_normal((2, rate)).astype(np.float32) for _ in range(seconds))
frames = 0
for stems in Builtin().separate(blocks, seconds * rate, rate, SeparateSettings(), lambda fraction, note="": None):
    frames += stems.shape[2]
assert frames == seconds * rate
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
"""


@pytest.mark.skipif(not hasattr(resource, "RUSAGE_SELF"), reason="no rusage here")
def test_memory_does_not_grow_with_length() -> None:
    """Seven times the length: the stems alone would take 90 MB more if they were held."""
    short, long = (
        int(
            subprocess.run([sys.executable, "-c", MEMORY, str(seconds)], check=True, capture_output=True).stdout
        )
        for seconds in (60, 420)
    )
    assert long < short * 1.15


def test_transform_gives_back_what_it_took() -> None:
    audio = noise(0.7)
    stft = Stft.at(RATE)
    assert sdr_db(audio, stft.inverse(stft.forward(audio), audio.shape[1])) > 100


def test_medians_are_scipys() -> None:
    from scipy.ndimage import median_filter

    grid = np.random.default_rng(1).random((40, 90)).astype(np.float32)
    np.testing.assert_array_equal(median_over_times(grid, 7), median_filter(grid, size=(7, 1), mode="mirror"))
    np.testing.assert_array_equal(median_over_bins(grid, 9), median_filter(grid, size=(1, 9), mode="mirror"))


def test_a_line_is_tracked_to_a_fifth_of_a_semitone_and_silence_is_told() -> None:
    t = np.arange(4 * RATE) / RATE
    f0 = 220 * 2 ** (np.sin(2 * np.pi * 0.5 * t) / 4)
    phase = 2 * np.pi * np.cumsum(f0) / RATE
    tone = sum(np.sin(h * phase) / h for h in range(1, 12)) * (t < 3)
    stft = Stft.at(RATE)
    grid = np.abs(stft.forward(np.stack([tone, tone]).astype(np.float32)))[0]
    line = Line(low_hz=110, high_hz=1000, harmonics=10, fall=0.85, threshold=0.4, move=0.1, jump=4.0, doubt=0.3)
    found = track(line, grid, stft, lambda: None)
    times = stft.times_s(len(found.probability))
    sung = found.probability.sum(axis=1)
    likeliest_hz = found.candidates_hz[found.probability.argmax(axis=1)]
    sounding = (times > 0.1) & (times < 2.9)
    cents = 1200 * np.log2(likeliest_hz[sounding] / np.interp(times[sounding], t, f0))
    assert np.percentile(np.abs(cents), 95) < 20
    assert sung[sounding].min() > 0.9
    assert sung[(times > 3.1) & (times < 3.9)].max() < 0.1
