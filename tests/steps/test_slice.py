from __future__ import annotations

import json
from pathlib import Path

import msgspec
import numpy as np
import pytest
import soundfile

from bench.drum_patterns import Take, play
from bench.drum_sounds import DEV_FAMILIES, make_kit
from daemon.kernel.types import AssetId, Frames
from daemon.kernel.work import InputFile, Kind, Region, StepResult
from daemon.steps.slice import SPEC, SliceParams
from daemon.steps.slicing.run import run

RATE = 44100


class Context:
    device, threads, seed = "cpu", 1, 0

    def __init__(self, out: Path) -> None:
        self.out = out
        self.told: list[float] = []

    def checkpoint(self, fraction: float, note: str = "") -> None:
        self.told.append(fraction)

    def engine(self) -> object:
        raise AssertionError("slicing needs no engine")


def sliced(tmp_path: Path, audio: np.ndarray, meta: dict | None = None, region: Region | None = None, **params):
    source = tmp_path / "drums.wav"
    soundfile.write(source, audio.T, RATE, subtype="FLOAT")
    out = tmp_path / "out"
    out.mkdir()
    one = InputFile(source, AssetId("x"), Kind.STEM, "drums.wav", region, meta or {"stem": "drums"})
    context = Context(out)
    result = run(context, (one,), SliceParams(**params))
    assert context.told == sorted(context.told)
    return result, out


@pytest.fixture(scope="module")
def take() -> Take:
    rng = np.random.default_rng(41_000)
    return play(rng, make_kit(rng, RATE, DEV_FAMILIES), RATE, bars=8)


def test_slices_are_the_stems_own_samples_between_their_fades(tmp_path: Path, take: Take) -> None:
    result, out = sliced(tmp_path, take.audio)
    slices = [file for file in result.files if file.kind == Kind.SLICE]
    assert slices
    assert [file.name for file in slices] == [f"slices/{n:03d}.wav" for n in range(1, len(slices) + 1)]
    fade = int(0.002 * RATE)
    for file in slices:
        audio, rate = soundfile.read(out / file.name, dtype="float32", always_2d=True)
        start, length = file.meta["start_frames"], file.meta["length_frames"]
        assert (rate, audio.shape) == (RATE, (length, take.audio.shape[0]))
        assert start <= file.meta["onset_frames"] < start + length
        original = take.audio[:, start : start + length].T
        inner = slice(max(file.meta["onset_frames"] - start, 12), length - fade)
        assert np.array_equal(audio[inner], original[inner])
        assert np.abs(audio[[0, -1]]).max() < 0.01 * np.abs(audio).max()  # neither edge clicks
        assert 1 <= file.meta["velocity"] <= 127
        assert file.meta["peak_db"] == pytest.approx(20 * np.log10(np.abs(audio).max()), abs=0.01)


def test_every_onset_is_listed_and_has_a_slice_that_exists(tmp_path: Path, take: Take) -> None:
    result, out = sliced(tmp_path, take.audio)
    names = {file.name for file in result.files}
    body = json.loads((out / "onsets.json").read_bytes())
    assert (body["version"], body["stem"], body["rate_hz"]) == (1, "drums", RATE)
    assert {row["slice"] for row in body["onsets"]} == {name for name in names if name.startswith("slices/")}
    assert max(row["velocity"] for row in body["onsets"]) == 127
    assert len(body["onsets"]) == pytest.approx(len(take.onsets_s), rel=0.08)
    assert len(body["onsets"]) > 2 * len(names)  # a groove repeats its sounds
    times = [row["onset_s"] for row in body["onsets"]]
    assert times == sorted(times)


def test_repeated_hits_are_kept_once_unless_asked_for(tmp_path: Path) -> None:
    rng = np.random.default_rng(1)
    kit = make_kit(rng, RATE, ("analog",))
    audio = np.zeros((1, 6 * RATE))
    for i in range(12):
        sound = kit["kick" if i % 2 else "closed-hat"][: RATE // 2 - 1000]
        start = i * RATE // 2
        audio[0, start : start + sound.size] += sound * (0.9 if i % 3 else 0.5)
    audio = audio.astype(np.float32)
    once, _ = sliced(tmp_path, audio)
    assert sum(file.kind == Kind.SLICE for file in once.files) == 2
    (tmp_path / "all").mkdir()
    every, _ = sliced(tmp_path / "all", audio, keep_duplicates=True)
    assert sum(file.kind == Kind.SLICE for file in every.files) == 12


def test_most_slices_are_what_was_asked_for_and_all_onsets_stay(tmp_path: Path, take: Take) -> None:
    result, out = sliced(tmp_path, take.audio, max_slices=3)
    assert sum(file.kind == Kind.SLICE for file in result.files) == 3
    rows = json.loads((out / "onsets.json").read_bytes())["onsets"]
    assert {row["slice"] for row in rows} == {"slices/001.wav", "slices/002.wav", "slices/003.wav"}


def test_loops_are_whole_bars_from_the_downbeat(tmp_path: Path, take: Take) -> None:
    first_s = min(take.hits)[0]
    meta = {"stem": "drums", "bpm": take.bpm, "beats_per_bar": 4, "first_downbeat_s": first_s}
    result, out = sliced(tmp_path, take.audio, meta)
    loops = [file for file in result.files if file.kind == Kind.LOOP]
    assert 1 <= len(loops) <= SliceParams().max_loops
    bar_frames = 4 * 60 / take.bpm * RATE
    for file in loops:
        bars = file.meta["bars"]
        assert bars in (1, 2, 4)
        assert file.meta["bpm"] == take.bpm
        assert abs(soundfile.info(out / file.name).frames - bars * bar_frames) <= 0.5
        line = (file.meta["start_frames"] - first_s * RATE) / bar_frames
        assert abs(line - round(line)) * bar_frames < 0.035 * RATE


def test_no_tempo_no_loops(tmp_path: Path, take: Take) -> None:
    result, _ = sliced(tmp_path, take.audio)
    assert not [file for file in result.files if file.kind == Kind.LOOP]


def test_a_silent_stem_makes_nothing(tmp_path: Path) -> None:
    result, out = sliced(tmp_path, np.full((2, RATE), 1e-5, np.float32))
    assert result == StepResult(reason=result.reason)
    assert not list(out.iterdir())


def test_a_region_is_counted_from_its_start(tmp_path: Path) -> None:
    audio = np.zeros((1, 3 * RATE), np.float32)
    audio[0, 2 * RATE : 2 * RATE + 2000] = np.random.default_rng(0).standard_normal(2000) * 0.2
    result, _ = sliced(tmp_path, audio, region=Region(Frames(RATE), Frames(2 * RATE)))
    (one,) = (file for file in result.files if file.kind == Kind.SLICE)
    assert one.meta["onset_frames"] == pytest.approx(RATE, abs=0.001 * RATE)


def test_a_sung_line_is_cut_into_notes_not_into_vibrato(tmp_path: Path) -> None:
    """Five notes with vibrato and a gap of 0.15 s between them."""
    audio = np.zeros(6 * RATE)
    for i, pitch in enumerate((220, 247, 262, 294, 330)):
        t = np.arange(int(0.85 * RATE)) / RATE
        phase = 2 * np.pi * (pitch * t - pitch * 0.02 / (2 * np.pi * 5.5) * np.cos(2 * np.pi * 5.5 * t))
        voice = (
            sum(np.sin(k * phase) / k for k in range(1, 12))
            * np.minimum(t / 0.04, 1)
            * np.minimum((0.85 - t) / 0.05, 1)
        )
        start = int((0.3 + i) * RATE)
        audio[start : start + t.size] += 0.2 * voice
    result, _ = sliced(tmp_path, audio[None].astype(np.float32), {"stem": "vocals"}, keep_duplicates=True)
    slices = [file for file in result.files if file.kind == Kind.SLICE]
    starts_s = [file.meta["onset_frames"] / RATE for file in slices]
    np.testing.assert_allclose(starts_s, [0.3, 1.3, 2.3, 3.3, 4.3], atol=0.03)


def test_parameters_know_their_ranges() -> None:
    with pytest.raises(msgspec.ValidationError, match="max_slices"):
        msgspec.convert({"max_slices": 0}, SliceParams)
    with pytest.raises(msgspec.ValidationError, match="tresh"):
        msgspec.convert({"treshold": 1}, SliceParams)
    assert SPEC.fan_out
