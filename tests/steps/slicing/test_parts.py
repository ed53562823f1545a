from __future__ import annotations

import numpy as np
import pytest

from daemon.steps.slicing import loops
from daemon.steps.slicing.duplicates import Hit, Sounds
from daemon.steps.slicing.edges import Edges, faded, quiet_start, tail_end
from daemon.steps.slicing.likeness import portrait

RATE = 44100


def noise_hit(seed: int, low_hz: float, high_hz: float, length_s: float = 0.3) -> np.ndarray:
    """(1, n): decaying noise with nothing outside the band."""
    n = int(length_s * RATE)
    spectrum = np.fft.rfft(np.random.default_rng(seed).standard_normal(n))
    hz = np.fft.rfftfreq(n, 1 / RATE)
    band = np.fft.irfft(np.where((hz >= low_hz) & (hz < high_hz), spectrum, 0), n)
    return (band / np.abs(band).max() * np.exp(-np.arange(n) / (0.05 * RATE)))[None].astype(np.float32)


def hit(audio: np.ndarray, start: int, level_db: float = -6.0, before_db: float = -90.0) -> Hit:
    return Hit(
        Edges(start, start, start + audio.shape[1]), level_db, before_db, portrait(audio, RATE), True, RATE
    )


def test_the_same_drum_at_other_velocities_is_one_sound_and_the_cleanest_stands_for_it() -> None:
    snare = [noise_hit(seed, 400, 8000) for seed in range(3)]
    sounds = Sounds(same_db=3.0)
    numbers = [
        sounds.add(hit(snare[0] * 0.3, 0, -16.0)),
        sounds.add(hit(snare[1], 20_000, -6.0, before_db=-12.0)),  # loud, but over another sound
        sounds.add(hit(snare[2] * 0.9, 40_000, -7.0)),
        sounds.add(hit(noise_hit(9, 40, 150), 60_000)),
    ]
    assert numbers == [0, 0, 0, 1]
    kept, stands = sounds.choose(64)
    assert [sounds.all[i].best.edges.start for i in kept] == [40_000, 60_000]
    assert stands == {0: 0, 1: 1}


def test_what_is_cut_for_want_of_room_is_stood_for_by_the_most_alike() -> None:
    sounds = Sounds(same_db=3.0)
    low, middle, high = noise_hit(1, 40, 150), noise_hit(2, 7000, 15000), noise_hit(3, 9000, 16000)
    for _ in range(3):
        sounds.add(hit(low, 0))
        sounds.add(hit(high, 10))
    lonely = sounds.add(hit(middle, 20, -20.0))
    kept, stands = sounds.choose(2)
    assert stands[lonely] == sounds.add(hit(high, 30))
    assert len(kept) == 2


def test_a_cut_is_made_at_the_quiet_zero_crossing_before_the_attack() -> None:
    t = np.arange(4000)
    hum = 0.01 * np.sin(2 * np.pi * 100 * t / RATE)
    audio = hum.copy()
    audio[3000:] += 0.8 * np.sin(2 * np.pi * 300 * (t[3000:] - 3000) / RATE)
    start = quiet_start(audio[None].astype(np.float32), 3000, RATE)
    assert 3000 - 0.011 * RATE < start <= 3000
    assert abs(audio[start]) <= 0.01 * 2 * np.pi * 100 / RATE  # at most one sample beside the crossing


def test_a_tail_ends_when_it_is_sixty_db_down() -> None:
    t = np.arange(2 * RATE) / RATE
    decaying = (0.9 * np.sin(2 * np.pi * 500 * t) * 10 ** (-3 * t / 0.8))[None].astype(np.float32)
    assert tail_end(decaying, RATE, -60.0) / RATE == pytest.approx(0.8 + 0.02, abs=0.01)


def test_fades_leave_the_attack_alone_and_end_in_silence() -> None:
    ones = np.ones((2, 5000), np.float32)
    out = faded(ones, RATE, 2.0, attack_frames=40)
    assert out[0, 0] == 0
    assert (out[:, 40 : 5000 - 88] == 1).all()
    assert abs(out[0, -1]) < 0.002
    quiet = np.zeros((1, 5000), np.float32)
    quiet[0, 100:200] = 1.0
    assert np.array_equal(faded(quiet, RATE, 2.0, 100), quiet)


def test_bars_that_differ_become_loops_and_repeats_do_not() -> None:
    rng = np.random.default_rng(0)
    groove, other = rng.random(48).astype(np.float32), rng.random(48).astype(np.float32)
    silent = np.zeros(48, np.float32)
    bars = np.array([groove, groove, groove, other, groove, groove, groove, other, silent])
    assert loops.choose(bars, 99) == [(0, 1), (0, 4), (2, 2), (3, 1)]
    assert loops.choose(bars, 1) == [(0, 4)]
    assert loops.choose(np.zeros((0, 48), np.float32), 5) == []


def test_the_grid_counts_from_the_first_downbeat_without_drift() -> None:
    grid = loops.Grid.of(bpm=117.3, beats_per_bar=4, first_downbeat_s=-1.0, rate=RATE)
    bar = 4 * 60 / 117.3
    assert grid.line(0) / RATE == pytest.approx(-1.0 + bar, abs=1e-4)
    assert grid.line(500) / RATE == pytest.approx(-1.0 + 501 * bar, abs=1e-4)


def test_a_loop_begins_with_its_downbeat_hit_and_keeps_its_length() -> None:
    grid = loops.Grid.of(120.0, 4, 0.0, RATE)
    early = Edges(2 * RATE - 500, 2 * RATE - 400, 3 * RATE)
    loop = loops.place(grid, 1, 2, [early], 10 * RATE, RATE)
    assert loop is not None
    assert (loop.start, loop.length, loop.attack_frames) == (2 * RATE - 500, 4 * RATE, 100)
    assert loops.place(grid, 4, 2, [], 10 * RATE, RATE) is None
