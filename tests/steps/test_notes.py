"""The step from an audio file to a notes file, on the real engine."""

from __future__ import annotations

import json
import logging
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
import soundfile as sf

from daemon.engines import registry as engines
from daemon.engines.protocol import Compute
from daemon.kernel.errors import Cancelled
from daemon.kernel.types import AssetId, Frames
from daemon.kernel.work import InputFile, Kind, Region
from daemon.models.store import ModelStore
from daemon.steps.notation.notes_run import mode_for, run
from daemon.steps.notes import SPEC, NotesParams, choose


@pytest.fixture(scope="module")
def engine(tmp_path_factory):
    choice = choose(NotesParams(), ModelStore(tmp_path_factory.mktemp("models")), "cpu")
    return engines.load(choice, Compute("cpu", 1))


@dataclass
class Context:
    out: Path
    loaded: object
    device: str = "cpu"
    threads: int = 1
    seed: int = 0
    stop: bool = False

    def checkpoint(self, fraction: float, note: str = "") -> None:
        assert 0 <= fraction <= 1
        if self.stop:
            raise Cancelled("cancelled")

    def engine(self):
        return self.loaded


def chord(rate: int, pitches: list[int], length_s: float = 1.2) -> np.ndarray:
    t = np.arange(int(length_s * rate)) / rate
    decay = np.exp(-2 * t) * np.minimum(1, t / 0.004) * np.minimum(1, (length_s - t) / 0.02)
    tones = [np.sin(2 * np.pi * 440 * 2 ** ((p - 69) / 12) * h * t) / h for p in pitches for h in (1, 2, 3, 4)]
    return 0.15 * sum(tones) * decay


def song(rate: int) -> np.ndarray:
    """Stereo: chords left and right at different levels."""
    gap = np.zeros(int(0.3 * rate))
    mono = np.concatenate([gap, chord(rate, [55, 59, 62]), gap, chord(rate, [53, 57, 60]), gap])
    return np.stack([mono, 0.5 * mono], axis=1).astype(np.float32)


def step(folder: Path, engine, path: Path, *, params=None, region=None, **meta) -> dict:
    out = folder / "out"
    out.mkdir(exist_ok=True)
    file = InputFile(path, AssetId("x"), Kind.STEM, path.name, region, meta)
    result = run(Context(out, engine), (file,), params or NotesParams())
    (made,) = result.files
    assert made.name == f"{path.stem} notes.json" and made.kind is Kind.NOTES
    assert [p.name for p in out.iterdir()] == [made.name]
    return json.loads((out / made.name).read_text(encoding="utf-8"))


def test_raw_notes_of_a_stereo_file_are_those_of_predict(tmp_path, engine):
    path = tmp_path / "päd.wav"
    sf.write(path, song(44100), 44100, subtype="PCM_24")
    found = step(tmp_path, engine, path, params=NotesParams(mode="raw"), stem="other")
    logging.disable(logging.WARNING)
    from basic_pitch.inference import predict

    logging.disable(logging.NOTSET)
    expected = sorted(predict(path)[2], key=lambda event: (event[0], event[2]))
    assert len(expected) >= 6
    assert [n["pitch"] for n in found["notes"]] == [event[2] for event in expected]
    np.testing.assert_allclose([n["start_s"] for n in found["notes"]], [e[0] for e in expected], atol=6e-5)
    np.testing.assert_allclose([n["end_s"] for n in found["notes"]], [e[1] for e in expected], atol=6e-5)
    for note, event in zip(found["notes"], expected, strict=True):
        assert note["velocity"] == round(127 * float(event[3]))
        assert [round(cents * 3 / 100) for _, cents in note["bends"]] == list(event[4])


def test_the_document_says_what_it_is(tmp_path, engine):
    path = tmp_path / "other.wav"
    sf.write(path, song(48000), 48000, subtype="PCM_16")
    found = step(tmp_path, engine, path, stem="other")
    assert (found["version"], found["stem"], found["mode"]) == (1, "other", "poly")
    assert found["length_s"] == pytest.approx(len(song(48000)) / 48000)
    heard = sorted((round(n["start_s"], 1), n["pitch"]) for n in found["notes"])
    assert heard == [(0.3, 55), (0.3, 59), (0.3, 62), (1.8, 53), (1.8, 57), (1.8, 60)]


def test_a_region_counts_from_its_own_beginning(tmp_path, engine):
    path = tmp_path / "other.wav"
    sf.write(path, song(44100), 44100)
    region = Region(Frames(int(1.5 * 44100)), Frames(int(1.6 * 44100)))
    found = step(tmp_path, engine, path, region=region, stem="other")
    assert found["length_s"] == pytest.approx(1.6)
    assert sorted(n["pitch"] for n in found["notes"]) == [53, 57, 60]
    assert all(abs(n["start_s"] - 0.3) < 0.05 for n in found["notes"])


def test_bass_is_one_voice_and_silence_has_none(tmp_path, engine):
    path = tmp_path / "bass.wav"
    sf.write(path, chord(22050, [33]), 22050)
    found = step(tmp_path, engine, path, stem="bass")
    assert found["mode"] == "mono" and [n["pitch"] for n in found["notes"]] == [33]
    quiet = tmp_path / "vocals.wav"
    sf.write(quiet, np.zeros((44100, 2)), 44100)
    (tmp_path / "out" / "bass notes.json").unlink()
    assert step(tmp_path, engine, quiet, stem="vocals")["notes"] == []


def test_a_cancel_leaves_nothing_behind(tmp_path, engine):
    path = tmp_path / "bass.wav"
    sf.write(path, chord(22050, [33]), 22050)
    out = tmp_path / "out"
    out.mkdir()
    file = InputFile(path, AssetId("x"), Kind.STEM, path.name)
    with pytest.raises(Cancelled):
        run(Context(out, engine, stop=True), (file,), NotesParams())
    assert list(out.iterdir()) == []


def test_which_stems_are_one_voice():
    assert [mode_for("auto", stem) for stem in ("bass", "vocals", "other", "piano", "")] == [
        "mono", "mono", "poly", "poly", "poly",
    ]  # fmt: skip
    assert mode_for("raw", "bass") == "raw"
    assert SPEC.reads == ("stem",) and SPEC.fan_out
