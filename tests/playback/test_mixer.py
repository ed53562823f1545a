"""Voices added up, against arithmetic."""

from __future__ import annotations

import numpy as np
import pytest

from daemon.playback.mixer import FADE_FRAMES, MAX_VOICES, Mixer, Sample, Stream, velocity_gain


def constant(level: float, frames: int) -> np.ndarray:
    return np.full((frames, 2), level, np.float32)


def test_silence_when_nothing_sounds():
    assert not Mixer().render(64).any()


def test_voices_add_up_and_end():
    mixer = Mixer()
    mixer.start(Sample(constant(0.25, 100)), 1.0)
    mixer.start(Sample(constant(0.25, 50)), 0.5)
    block = mixer.render(64)
    assert np.allclose(block[:50], 0.375) and np.allclose(block[50:], 0.25)
    rest = mixer.render(64)
    assert np.allclose(rest[:36], 0.25) and not rest[36:].any()
    mixer.render(64)
    assert mixer.sounding == 0


def test_nothing_passes_full_scale():
    mixer = Mixer()
    for _ in range(8):
        mixer.start(Sample(constant(0.5, 64)))
    assert mixer.render(64).max() == 1.0


@pytest.mark.parametrize("frames", [32, 100, FADE_FRAMES, 1024])
def test_a_voice_that_is_silenced_fades_and_does_not_click(frames: int):
    """However small the blocks are that the output asks for."""
    mixer = Mixer()
    mixer.start(Sample(constant(1.0, 10_000)))
    mixer.render(64)
    mixer.silence()
    heard = np.concatenate([mixer.render(frames)[:, 0] for _ in range(-(-FADE_FRAMES // frames))])
    assert heard[0] == 1.0 and abs(np.diff(heard)).max() < 2 / FADE_FRAMES
    assert not heard[FADE_FRAMES:].any() and mixer.sounding == 0


def test_the_oldest_voice_makes_room():
    mixer = Mixer()
    for _ in range(MAX_VOICES + 10):
        mixer.start(Sample(constant(0.001, 100_000)))
    mixer.render(1024)
    assert mixer.sounding == MAX_VOICES


def test_a_stream_that_is_late_is_silence_and_goes_on():
    mixer, stream = Mixer(), Stream()
    mixer.start(stream)
    assert not mixer.render(64).any()
    stream.feed(np.arange(1, 101, dtype=np.float32)[:, None].repeat(2, axis=1) / 100)
    first, second = mixer.render(64), mixer.render(64)
    assert np.allclose(first[:, 0], np.arange(1, 65) / 100)
    assert np.allclose(second[:36, 0], np.arange(65, 101) / 100) and not second[36:].any()
    stream.end()
    mixer.render(64)
    assert mixer.sounding == 0 and stream.waiting_frames == 0


@pytest.mark.parametrize(("velocity", "db"), [(127, 0.0), (64, -11.9), (1, -84.2)])
def test_velocity_is_general_midis_curve(velocity: int, db: float):
    """40 log10(velocity / 127) dB."""
    assert 20 * np.log10(velocity_gain(velocity)) == pytest.approx(db, abs=0.1)
