from __future__ import annotations

import numpy as np
import pedalboard
import pyloudnorm
import pytest
from scipy.signal import butter, resample_poly, sosfilt

from daemon.chains.apply import apply_chain
from daemon.chains.errors import NoSound
from daemon.chains.files import resolve_chain
from daemon.chains.render import play

RATE = 44100


def noise(seconds: float = 1.0, channels: int = 2, seed: int = 1) -> np.ndarray:
    frames = int(seconds * RATE)
    return (0.1 * np.random.default_rng(seed).standard_normal((channels, frames))).astype(np.float32)


def chain(**content: object) -> dict[str, object]:
    return dict(resolve_chain(content))


@pytest.mark.parametrize("channels", [1, 2])
def test_a_plain_list_is_bit_for_bit_what_pedalboard_gives(channels: int) -> None:
    audio = noise(1.3, channels)
    plain = pedalboard.Pedalboard(
        [
            pedalboard.HighpassFilter(cutoff_frequency_hz=200),
            pedalboard.Compressor(threshold_db=-30, ratio=4, attack_ms=2),
            pedalboard.PitchShift(semitones=5),
            pedalboard.LadderFilter(mode=pedalboard.LadderFilter.Mode.BPF24, cutoff_hz=900),
            pedalboard.Reverb(room_size=0.7),
        ]
    )
    effects = [
        {"use": "HighpassFilter", "cutoff_frequency_hz": 200.0},
        {"use": "Compressor", "threshold_db": -30.0, "ratio": 4.0, "attack_ms": 2.0},
        {"use": "PitchShift", "semitones": 5.0},
        {"use": "LadderFilter", "mode": "BPF24", "cutoff_hz": 900.0},
        {"use": "Reverb", "room_size": 0.7},
    ]
    assert np.array_equal(apply_chain(chain(fx=effects), audio, RATE).audio, plain(audio, RATE))


def test_an_empty_chain_changes_no_sample() -> None:
    assert np.array_equal(apply_chain(chain(), noise(), RATE).audio, noise())


def test_parallel_branches_add_up_with_their_gains() -> None:
    audio = noise()
    effects = [{"parallel": [[], [{"use": "Invert"}]], "gains_db": [0.0, -6.0]}]
    expected = audio * (1 - 10 ** (-6 / 20))
    np.testing.assert_allclose(play(chain(fx=effects)["fx"], audio, RATE), expected, atol=1e-6)


def test_a_branch_with_latency_stays_in_time_with_the_others() -> None:
    """A limiter with look-ahead that never limits is only a delay; against its own inverse it must vanish."""
    audio = noise()
    wide_open = {"use": "BrickwallLimiter", "ceiling_db": 0.0, "lookahead_ms": 5.0}
    alone = play([wide_open], audio, RATE)
    both = play([{"parallel": [[wide_open], [{"use": "Invert"}]], "gains_db": [0.0, 0.0]}], audio, RATE)
    assert np.abs(both).max() < 1e-3 * np.abs(audio).max()
    assert alone.shape == audio.shape


def test_only_names_the_classes_it_is_for() -> None:
    quieter = chain(fx=[{"use": "Gain", "gain_db": -20.0, "only": ["kick"]}])
    audio = noise()
    assert np.array_equal(apply_chain(quieter, audio, RATE, "snare").audio, audio)
    assert np.array_equal(apply_chain(quieter, audio, RATE, None).audio, audio)
    np.testing.assert_allclose(apply_chain(quieter, audio, RATE, "kick").audio, audio * 0.1, rtol=1e-5)


def test_the_tail_goes_on_until_it_cannot_be_heard() -> None:
    """Echoes every 0.5 s, each 0.5 of the one before: below -90 dB after the fifteenth (6.02 dB each)."""
    click = np.zeros((1, 100), np.float32)
    click[0, 0] = 1.0
    echoes = chain(
        fx=[{"use": "Delay", "delay_seconds": 0.5, "feedback": 0.5, "mix": 0.5}],
        tail={"until_db": -90.0, "max_s": 20.0},
    )
    out = apply_chain(echoes, click, RATE).audio
    wet = [20 * np.log10(np.abs(out[0, int(n * 0.5 * RATE)]) + 1e-9) for n in range(1, 12)]
    np.testing.assert_allclose(np.diff(wet), -6.02, atol=0.05)
    # the first echo is at half the level: -6 dB, so the n-th is at -6.02 n
    assert out.shape[1] == pytest.approx(14 * 0.5 * RATE, abs=2)
    short = apply_chain(echoes | {"tail": {"until_db": -90.0, "max_s": 2.0}}, click, RATE).audio
    assert short.shape[1] <= 100 + 2 * RATE


def test_what_must_stay_in_time_keeps_its_length() -> None:
    wet = chain(fx=[{"use": "Reverb"}], tail={"max_s": 2.0}, trim={"start_db": -20.0})
    assert apply_chain(wet, noise(), RATE, exact_length=True).audio.shape == noise().shape


def test_trim_cuts_at_levels_below_the_peak() -> None:
    tone = np.zeros((1, RATE), np.float32)
    tone[0, 1000:2000] = 0.5
    tone[0, 500:1000] = 0.5 * 10 ** (-50 / 20)
    out = apply_chain(chain(trim={"start_db": -40.0, "end_db": -40.0}), tone, RATE)
    assert (out.head_frames, out.audio.shape[1]) == (1000, 1000)
    out = apply_chain(chain(trim={"start_db": -55.0, "end_db": -40.0}), tone, RATE)
    assert (out.head_frames, out.audio.shape[1]) == (500, 1500)


def test_true_peak_is_met_as_oversampling_measures_it() -> None:
    audio = sosfilt(butter(4, 9000, fs=RATE, output="sos"), noise()).astype(np.float32)
    out = apply_chain(chain(normalize={"mode": "true-peak", "dbtp": -1.0}), audio, RATE).audio
    between = np.abs(resample_poly(out.astype(float), 16, 1, axis=1)).max()
    assert 20 * np.log10(between) == pytest.approx(-1.0, abs=0.15)


def test_peak_and_loudness_targets() -> None:
    audio = noise(3.0)
    peak = apply_chain(chain(normalize={"mode": "peak", "dbfs": -3.0}), audio, RATE).audio
    assert 20 * np.log10(np.abs(peak).max()) == pytest.approx(-3.0, abs=0.001)
    loud = apply_chain(chain(normalize={"mode": "lufs", "lufs": -23.0}), audio, RATE).audio
    assert pyloudnorm.Meter(RATE).integrated_loudness(loud.T.astype(float)) == pytest.approx(-23.0, abs=0.1)
    ceiling = apply_chain(chain(normalize={"mode": "lufs", "lufs": -2.0}), audio, RATE).audio
    assert np.abs(ceiling).max() <= 10 ** (-1 / 20) + 1e-4


def test_silence_stays_silence() -> None:
    silence = np.zeros((2, 1000), np.float32)
    loud = chain(normalize={"mode": "lufs", "lufs": -14.0}, trim={}, tail={"max_s": 1.0}, fade={"in_ms": 5.0})
    assert not apply_chain(loud, silence, RATE).audio.any()


def test_fades_are_raised_cosines_and_never_longer_than_half() -> None:
    ones = np.ones((1, 1000), np.float32)
    out = apply_chain(chain(fade={"in_ms": 1000.0, "out_ms": 0.0}), ones, RATE).audio[0]
    np.testing.assert_allclose(out[:500], np.sin(np.pi * np.arange(500) / 1000) ** 2, atol=1e-6)
    assert (out[500:] == 1).all()


@pytest.mark.parametrize("rate_hz", [8000, 11025, 16000, 22050])
def test_filters_set_above_what_a_low_rate_holds_let_sound_through(rate_hz: int) -> None:
    """A low-pass or a shelf above half the rate has nothing to do: what comes out is what went in, give or take the
    last of the band."""
    tone = 0.3 * np.sin(2 * np.pi * 0.02 * np.arange(rate_hz))[None].astype(np.float32)
    for effect in (
        {"use": "LowpassFilter", "cutoff_frequency_hz": 12000.0},
        {"use": "HighShelfFilter", "cutoff_frequency_hz": 12000.0, "gain_db": 6.0},
        {"use": "PeakFilter", "cutoff_frequency_hz": 20000.0, "gain_db": 6.0},
        {"use": "LadderFilter", "mode": "LPF12", "cutoff_hz": 12000.0},
    ):
        out = apply_chain(chain(fx=[effect]), tone, rate_hz).audio
        gain_db = 10 * np.log10(np.mean(out[:, 1000:] ** 2) / np.mean(tone[:, 1000:] ** 2))
        assert abs(gain_db) < 1.0, (effect, gain_db)


@pytest.mark.parametrize("frames", [1, 2, 4, 6])
def test_a_sound_of_a_few_frames_is_not_taken_for_one_of_many_channels(frames: int) -> None:
    for channels in (1, 2, 4, 6):
        audio = np.linspace(0.1, 0.6, channels * frames, dtype=np.float32).reshape(channels, frames)
        fx = [{"use": "Gain", "gain_db": -6.0}, {"use": "Compressor", "threshold_db": 0.0}]
        assert np.allclose(apply_chain(chain(fx=fx), audio, RATE).audio, audio * 10 ** (-6 / 20), rtol=1e-5)


def test_what_grows_beyond_measure_is_no_sound() -> None:
    with pytest.raises(NoSound, match="gains"):
        apply_chain(chain(fx=[{"use": "Gain", "gain_db": 60.0}] * 6), noise(0.1), RATE)
