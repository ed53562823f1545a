"""The detector on material whose every hit is known. The bench has the wide figures; these are other seeds."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from bench.drum_patterns import play
from bench.drum_sounds import DEV_FAMILIES, make_kit
from bench.onset_score import Score, score
from daemon.steps.slicing import onsets as onsets_module
from daemon.steps.slicing.forward import Forward
from daemon.steps.slicing.onsets import detect

RATE = 44100


def found_s(audio: NDArray[np.float32], rate: int = RATE) -> list[float]:
    peak = float(np.abs(audio).max())
    found = detect(lambda start, n: audio[:, start : start + n], audio.shape[1], rate, peak)
    return [onset.frame / rate for onset in found]


def hits(*times_s: float, length_s: float = 3.0, decay_s: float = 0.05, seed: int = 0) -> NDArray[np.float32]:
    """Bursts of decaying noise that begin at exactly these times, over a quiet floor."""
    rng = np.random.default_rng(seed)
    audio = 1e-4 * rng.standard_normal((1, int(length_s * RATE)))
    for time_s in times_s:
        start = round(time_s * RATE)
        t = np.arange(audio.shape[1] - start) / RATE
        audio[0, start:] += 0.4 * rng.standard_normal(t.size) * np.exp(-t / decay_s)
    return audio.astype(np.float32)


def test_onset_f1_on_synthesised_kits() -> None:
    wide, narrow = Score(), Score()
    for seed in range(40_000, 40_006):
        rng = np.random.default_rng(seed)
        take = play(rng, make_kit(rng, RATE, DEV_FAMILIES), RATE, bars=4)
        estimate = found_s(take.audio)
        wide.add(score(take.onsets_s.tolist(), estimate, 0.030))
        narrow.add(score(take.onsets_s.tolist(), estimate, 0.010))
    assert wide.f1 >= 0.975
    assert narrow.f1 >= 0.95


def test_single_hits_are_found_to_the_millisecond() -> None:
    times_s = [0.31, 0.5, 0.777, 1.2345, 2.0]
    np.testing.assert_allclose(found_s(hits(*times_s)), times_s, atol=0.001)


def test_a_hit_on_the_first_sample_is_an_onset() -> None:
    np.testing.assert_allclose(found_s(hits(0.0, 0.5)), [0.0, 0.5], atol=0.001)


def test_a_flam_is_two_onsets_and_simultaneous_hits_are_one() -> None:
    assert len(found_s(hits(0.5, 0.53, decay_s=0.01))) == 2
    together = hits(0.5, 1.0) + hits(0.5, 1.003, seed=1)
    np.testing.assert_allclose(found_s(together), [0.5, 1.0], atol=0.002)


def test_a_roll_keeps_every_stroke() -> None:
    times_s = 0.4 + 0.055 * np.arange(20)
    np.testing.assert_allclose(found_s(hits(*times_s, decay_s=0.03)), times_s, atol=0.005)


def test_hats_over_a_long_cymbal_are_heard() -> None:
    rng = np.random.default_rng(3)
    t = np.arange(3 * RATE) / RATE
    crash = 0.5 * rng.standard_normal(t.size) * np.exp(-t / 0.8)
    hats_s = [0.75, 1.0, 1.25, 1.5, 1.75, 2.0]
    audio = (hits(0.25, decay_s=0.01) + 0).astype(np.float64)
    audio[0, RATE // 4 :] += crash[: -RATE // 4]
    for at_s in hats_s:
        start = round(at_s * RATE)
        hat = np.diff(rng.standard_normal(2001)) * np.exp(-np.arange(2000) / 500)
        audio[0, start : start + 2000] += 0.9 * hat
    found = found_s(audio.astype(np.float32))
    heard = score([0.25, *hats_s], found, 0.01)
    assert heard.missed == 0
    assert heard.false <= 1


def test_a_held_low_tone_has_one_onset() -> None:
    """55 Hz: its own swing must not look like attacks."""
    t = np.arange(3 * RATE) / RATE
    tone = np.where(t >= 0.5, np.sin(2 * np.pi * 55 * (t - 0.5)) * np.exp(-(t - 0.5) / 1.5), 0)
    found = found_s((0.8 * tone[None]).astype(np.float32))
    assert len(found) == 1
    assert found[0] == pytest.approx(0.5, abs=0.003)


@pytest.mark.parametrize("rate", [8000, 22050, 96000, 192000])
def test_other_sample_rates(rate: int) -> None:
    rng = np.random.default_rng(5)
    audio = np.zeros((2, 2 * rate), np.float32)
    for at_s in (0.3, 0.9, 1.4):
        n = int(0.2 * rate)
        start = round(at_s * rate)
        audio[:, start : start + n] += 0.4 * rng.standard_normal(n) * np.exp(-np.arange(n) / (0.03 * rate))
    np.testing.assert_allclose(found_s(audio, rate), [0.3, 0.9, 1.4], atol=0.003)


def test_chunk_borders_leave_no_trace(monkeypatch: pytest.MonkeyPatch) -> None:
    audio = hits(*np.arange(0.2, 11.8, 0.13), length_s=12.0)
    whole = found_s(audio)
    monkeypatch.setattr(onsets_module, "_CHUNK_S", 1.7)
    np.testing.assert_allclose(found_s(audio), whole, atol=0.001)


def test_silence_and_very_short_sounds_have_no_trouble() -> None:
    assert found_s(np.zeros((1, RATE), np.float32) + 1e-9) == []
    assert len(found_s(np.ones((1, 3), np.float32))) <= 1


def test_forward_gives_the_same_samples_and_holds_only_what_lies_ahead() -> None:
    data = np.arange(100_000, dtype=np.float32)[None]
    blocks = (data[:, i : i + 777] for i in range(0, 100_000, 777))
    forward = Forward(blocks, 1)
    for start in range(0, 100_000, 5000):
        piece = forward.read(start, 8000)
        assert np.array_equal(piece, data[:, start : start + 8000])
        assert sum(part.shape[1] for part in forward._parts) < 8000 + 2 * 777
    with pytest.raises(ValueError, match="passed"):
        forward.read(0, 10)
