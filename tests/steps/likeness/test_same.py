"""Copies of a hit are one hit; other hits of the same drum are not."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import soundfile
import soxr

from daemon.kernel.types import AssetId
from daemon.kernel.work import InputFile, Kind
from daemon.steps.compare import CompareParams
from daemon.steps.likeness.compare_run import run
from daemon.steps.likeness.same import print_of, same
from tests.steps.context import Context

RATE = 44100


def hit(seed: int, hz: float, tone: float) -> np.ndarray:
    """Another seed is another stroke on the same drum: the same tone, other noise, a little louder or softer."""
    rng = np.random.default_rng(seed)
    t = np.arange(int(0.4 * RATE)) / RATE
    noise = rng.standard_normal(t.size) * np.exp(-t / 0.06)
    return 0.5 * (tone * np.sin(2 * np.pi * hz * t) * np.exp(-t / 0.09) + (1 - tone) * 0.3 * noise)


def as_copy(wave: np.ndarray, how: str) -> tuple[np.ndarray, int]:
    match how:
        case "gain":
            return 0.2 * wave, RATE
        case "inverted":
            return -wave, RATE
        case "rate":
            return soxr.resample(wave, RATE, 48000), 48000
        case "low rate":
            return soxr.resample(wave, RATE, 22050), 22050
        case "late":
            return np.concatenate([np.zeros(12_345), wave]), RATE
        case "trimmed":
            return wave[: wave.size // 2], RATE
        case "8 bits":
            return np.round(wave * 127) / 128, RATE
    raise ValueError(how)


HOW = ("gain", "inverted", "rate", "low rate", "late", "trimmed", "8 bits")


@pytest.mark.parametrize("how", HOW)
@pytest.mark.parametrize("tone", [0.05, 0.5, 0.9])
def test_a_copy_is_the_same_hit(tone: float, how: str) -> None:
    wave = hit(1, 190.0, tone)
    other, rate = as_copy(wave, how)
    one, two = print_of(wave[None].astype(np.float32), RATE), print_of(other[None].astype(np.float32), rate)
    assert one is not None and two is not None
    assert same(one, two) and same(two, one)


@pytest.mark.parametrize("tone", [0.05, 0.5, 0.8])
def test_another_stroke_on_the_same_drum_is_another_hit(tone: float) -> None:
    prints = [print_of(hit(seed, 190.0, tone)[None].astype(np.float32), RATE) for seed in range(6)]
    for i, one in enumerate(prints):
        for other in prints[:i]:
            assert one is not None and other is not None and not same(one, other)


def test_silence_has_no_print() -> None:
    assert print_of(np.zeros((2, RATE), np.float32), RATE) is None


def test_files_of_several_formats_are_compared_and_a_bad_one_is_told(tmp_path: Path) -> None:
    wave, other = hit(3, 190.0, 0.4), hit(4, 190.0, 0.4)
    names = ("a.wav", "b.flac", "c.mp3", "d.wav", "e.wav")
    soundfile.write(tmp_path / "a.wav", wave, RATE, subtype="PCM_24")
    soundfile.write(tmp_path / "b.flac", 0.5 * wave, RATE)
    soundfile.write(tmp_path / "c.mp3", np.concatenate([np.zeros(999), wave]), RATE, format="MP3")
    soundfile.write(tmp_path / "d.wav", other, RATE)
    (tmp_path / "e.wav").write_text("no sound")
    out = tmp_path / "out"
    out.mkdir()
    inputs = tuple(InputFile(tmp_path / name, AssetId(name), Kind.SOURCE, name) for name in names)
    pairs = tuple((i, j) for j in range(5) for i in range(j))
    result = run(Context(out), inputs, CompareParams(pairs=pairs))
    assert {note.input: note.meta["same"] for note in result.annotations} == {0: [1, 2], 1: [2]}
    (told,) = result.warnings
    assert "e.wav" in told
