"""What is played block by block is what is played in one go."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile

from daemon.audio.identity import payload_hash
from daemon.chains import sound_file
from daemon.chains.effects import EFFECTS
from daemon.chains.files import load_chain, resolve_chain
from daemon.chains.render import play
from daemon.chains.sound_file import Sound, render_file
from daemon.chains.stream import BLOCK_FRAMES, WHOLE_ONLY, played
from daemon.kernel.errors import InputError

RATE = 44100
SETTINGS: dict[str, dict[str, Any]] = {"Delay": {"delay_seconds": 0.3}}


def noise(frames: int = 250_000, channels: int = 2) -> np.ndarray:
    return (0.2 * np.random.default_rng(1).standard_normal((channels, frames))).astype(np.float32)


def streamed(fx: list[dict[str, Any]], audio: np.ndarray, block: int = BLOCK_FRAMES) -> np.ndarray:
    blocks = (audio[:, at : at + block] for at in range(0, audio.shape[1], block))
    return np.concatenate(list(played(fx, blocks, RATE, audio.shape[0])), axis=1)


@pytest.mark.parametrize("name", sorted(set(EFFECTS) - WHOLE_ONLY))
def test_every_effect_gives_the_same_samples(name: str) -> None:
    fx = [{"use": name, **SETTINGS.get(name, {})}]
    audio = noise()
    assert np.array_equal(streamed(fx, audio), play(fx, audio, RATE))


@pytest.mark.parametrize("name", sorted(WHOLE_ONLY))
def test_those_that_need_the_whole_are_played_in_one_go_or_refused(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    chain = resolve_chain({"fx": [{"parallel": [[], [{"use": name}]]}]})
    soundfile.write(tmp_path / "song.wav", noise(50_000).T, RATE, subtype="FLOAT")
    sound = Sound(tmp_path / "song.wav", None, None, True)
    whole = render_file(sound, tmp_path / "a.wav", chain, lambda _: None)
    monkeypatch.setattr(sound_file, "IN_ONE_GO_SAMPLES", 0)
    assert render_file(sound, tmp_path / "b.wav", chain, lambda _: None) == whole
    assert payload_hash(tmp_path / "b.wav") == payload_hash(tmp_path / "a.wav")
    monkeypatch.setattr(sound_file, "MOST_IN_ONE_GO_SAMPLES", 0)
    with pytest.raises(InputError, match=r"song\.wav.*region"):
        render_file(sound, tmp_path / "c.wav", chain, lambda _: None)


def test_branches_that_hold_back_frames_stay_together() -> None:
    """A limiter looks ahead, MP3 holds back more: each comes out where it went in."""
    fx = [
        {"parallel": [[], [{"use": "BrickwallLimiter", "ceiling_db": 0.0}]], "gains_db": [0.0, 0.0]},
        {"use": "MP3Compressor"},
        {"use": "Gain", "gain_db": -6.0, "wet": 0.5},
    ]
    audio = noise() * np.float32(0.1)
    assert np.allclose(streamed(fx, audio), play(fx, audio, RATE), atol=1e-6)
    assert np.allclose(streamed(fx, audio, 1000), play(fx, audio, RATE), atol=1e-6)


def test_a_chorus_without_dry_sound_is_in_time_with_the_others() -> None:
    """It hardly sways here, so that with its inverse beside it next to nothing is left of slow tones."""
    sway = [{"use": "Chorus", "mix": 1.0, "centre_delay_ms": 20.0, "depth": 0.0}]
    fx = [{"parallel": [sway, [{"use": "Invert"}]], "gains_db": [0.0, 0.0]}]
    tone = (0.5 * np.sin(2 * np.pi * 220 * np.arange(200_000) / RATE)).astype(np.float32)[None]
    assert np.abs(play(fx, tone, RATE)[:, 2000:]).max() < 0.01
    assert np.allclose(streamed(fx, tone), play(fx, tone, RATE), atol=1e-6)
    assert np.array_equal(streamed(sway, noise()), play(sway, noise(), RATE))


CHAINS: dict[str, Any] = {
    "tail": {"fx": [{"use": "Delay", "delay_seconds": 0.4, "mix": 0.5}], "tail": {"max_s": 3.0}},
    "trim and fade": {"trim": {"start_db": -30.0, "end_db": -30.0}, "fade": {"in_ms": 900.0, "out_ms": 2000.0}},
    "loudness": {"fx": [{"use": "Gain", "gain_db": 3.0}], "normalize": {"mode": "lufs", "lufs": -20.0}},
    "rate and dither": {"fx": [], "resample": {"rate_hz": 32000.0}, "dither": {"bits": 16.0}},
    "limit": {"fx": [], "normalize": {"mode": "lufs", "lufs": -8.0, "limit": True}},
    "to stereo, half wet": {"fx": [{"use": "Reverb"}], "channels": "stereo", "wet": 0.5, "tail": {}},
    "to mono": {"fx": [{"use": "Clipping"}], "channels": "mono", "normalize": {"mode": "true-peak", "dbtp": -1.0}},
    "wide-pad": load_chain("wide-pad"),
}  # fmt: skip


@pytest.mark.parametrize("name", CHAINS)
@pytest.mark.parametrize("exact", [False, True])
def test_whole_chains_too(name: str, exact: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    channels = 1 if "stereo" in name else 2
    audio = noise(150_000, channels) * np.hanning(150_000).astype(np.float32)
    audio = np.pad(audio, ((0, 0), (30_000, 40_000)))
    soundfile.write(tmp_path / "in.wav", audio.T, RATE, subtype="FLOAT")
    chain = resolve_chain(CHAINS[name])
    sound = Sound(tmp_path / "in.wav", None, None, exact)
    whole = render_file(sound, tmp_path / "whole.wav", chain, lambda _: None)
    monkeypatch.setattr(sound_file, "IN_ONE_GO_SAMPLES", 0)
    told: list[float] = []
    parts = render_file(sound, tmp_path / "parts.wav", chain, told.append)
    assert (parts.frames, parts.rate_hz, parts.channels) == (whole.frames, whole.rate_hz, whole.channels)
    one, _ = soundfile.read(tmp_path / "whole.wav", dtype="float32")
    other, _ = soundfile.read(tmp_path / "parts.wav", dtype="float32")
    assert np.allclose(one, other, atol=2e-5 if "dither" not in chain else 2.1 / 32768)
    assert told == sorted(told) and told[-1] <= 1.0
    assert sorted(path.name for path in tmp_path.iterdir()) == ["in.wav", "parts.wav", "whole.wav"]
    if exact:
        assert whole.frames == round(audio.shape[1] * whole.rate_hz / RATE)
