from __future__ import annotations

import json
import os
import shutil
import sys
from pathlib import Path

import mido
import numpy as np
import pyloudnorm
import pytest
import soundfile

from daemon.audio.identity import byte_hash, payload_hash
from daemon.audio.peaks import read_peaks
from daemon.kernel.errors import FileMissing, SourceChanged, UnreadableAudio
from daemon.kernel.types import AssetId
from daemon.kernel.work import InputFile, Kind, StepResult
from daemon.steps.prepare import SPEC, PrepareParams
from daemon.steps.prepare_run import run
from tests.audio.material import RATE, every_kind, noise, sweep
from tests.steps.context import Context


def prepare(path: Path, context: Context) -> StepResult:
    kind = Kind.MIDI if path.suffix == ".mid" else Kind.SOURCE
    return run(context, (InputFile(path, AssetId(""), kind, path.name),), PrepareParams())


@pytest.fixture
def context(tmp_path: Path) -> Context:
    out = tmp_path / "attempt"
    out.mkdir()
    return Context(out)


def test_a_wav_is_described_measured_and_drawn(tmp_path: Path, context: Context) -> None:
    audio = noise(100_001, peak=0.5)
    audio[0, 70_000] = -0.75
    path = tmp_path / "My song.final.wav"
    soundfile.write(path, audio.T, RATE, subtype="PCM_24")
    result = prepare(path, context)
    (annotation,), (peaks,) = result.annotations, result.files
    meta = dict(annotation.meta)
    assert annotation.input == 0
    assert (meta["source"], meta["payload"], meta["byte_hash"]) == (
        "My song.final",
        payload_hash(path),
        byte_hash(path),
    )
    assert (meta["rate"], meta["channels"], meta["frames"], meta["length_s"]) == (
        RATE,
        2,
        100_001,
        100_001 / RATE,
    )
    assert (meta["container"], meta["codec"], meta["bits"], meta["float_source"]) == ("wav", "pcm24", 24, False)
    loudness = pyloudnorm.Meter(RATE, filter_class="DeMan").integrated_loudness(audio.T)
    assert meta["lufs"] == pytest.approx(loudness, abs=0.02)
    assert meta["peak_db"] == pytest.approx(20 * np.log10(0.75), abs=0.001)
    assert meta["true_peak_dbtp"] >= meta["peak_db"]  # type: ignore[operator]
    assert (peaks.name, peaks.kind, peaks.payload) == (
        "peaks.bin",
        Kind.PEAKS,
        byte_hash(context.out / "peaks.bin"),
    )
    assert not peaks.kind.audible
    assert read_peaks(context.out / "peaks.bin", 1)[0, 0, 0] == -0.75
    assert context.progress == sorted(context.progress) and context.progress[-1] <= 1
    json.dumps(meta)


def test_every_kind_of_file(tmp_path: Path) -> None:
    audio = sweep(48_000, 48_000)
    for name, path in every_kind(tmp_path, audio, 48_000).items():
        out = tmp_path / f"out {name}"
        out.mkdir()
        meta = prepare(path, Context(out)).annotations[0].meta
        assert (meta["rate"], meta["channels"]) == (48_000, 2), name
        tolerance = 0.01 if meta.get("bits") else 4.0  # a lossy codec overshoots where the sweep is cut off
        assert meta["peak_db"] == pytest.approx(20 * np.log10(np.abs(audio).max()), abs=tolerance), name
        assert meta["frames"] == pytest.approx(48_000, abs=0 if name not in ("adts", "webm") else 2100), name
        assert meta["float_source"] == ("float" in name), name


def test_silence_has_no_levels(tmp_path: Path, context: Context) -> None:
    soundfile.write(tmp_path / "a.wav", np.zeros((5000, 1)), RATE)
    meta = prepare(tmp_path / "a.wav", context).annotations[0].meta
    assert not {"lufs", "peak_db", "true_peak_dbtp"} & set(meta)


def test_a_midi_file(tmp_path: Path, context: Context) -> None:
    midi = mido.MidiFile()
    midi.tracks.append(
        mido.MidiTrack([mido.Message("note_on", note=60), mido.Message("note_off", note=60, time=960)])
    )
    path = tmp_path / "tune.mid"
    midi.save(path)
    result = prepare(path, context)
    meta = result.annotations[0].meta
    assert (meta["container"], meta["length_s"], meta["payload"]) == (
        "midi",
        pytest.approx(1.0),
        payload_hash(path),
    )
    assert result.files == ()


def test_a_source_that_changes_meanwhile(tmp_path: Path, context: Context) -> None:
    path = tmp_path / "a.wav"
    soundfile.write(path, noise(300_000).T, RATE)
    original = Context.checkpoint

    class Meddling(Context):
        def checkpoint(self, fraction: float, note: str = "") -> None:
            soundfile.write(path, noise(1000).T, RATE)
            original(self, fraction, note)

    with pytest.raises(SourceChanged, match=r"a\.wav"):
        prepare(path, Meddling(context.out))

    class Removing(Context):
        def checkpoint(self, fraction: float, note: str = "") -> None:
            path.unlink(missing_ok=True)

    soundfile.write(path, noise(300_000).T, RATE)
    with pytest.raises(SourceChanged):
        prepare(path, Removing(context.out))
    with pytest.raises(FileMissing):
        prepare(path, context)


def test_reading_changes_nothing(tmp_path: Path, context: Context) -> None:
    path = tmp_path / "a.wav"
    soundfile.write(path, noise(1000).T, RATE)
    path.chmod(0o444)
    before = path.stat(), path.read_bytes()
    prepare(path, context)
    assert (path.stat().st_mtime_ns, path.read_bytes()) == (before[0].st_mtime_ns, before[1])


def test_bad_input_names_the_file_and_leaves_no_result(tmp_path: Path, context: Context) -> None:
    path = tmp_path / "nan.wav"
    soundfile.write(path, np.full((100, 1), np.nan), RATE, subtype="FLOAT")
    with pytest.raises(UnreadableAudio, match=r"nan\.wav.*frame 0"):
        prepare(path, context)
    path.write_text("not a sound")
    with pytest.raises(UnreadableAudio, match="text file"):
        prepare(path, context)


@pytest.mark.skipif(sys.platform in ("win32", "darwin"), reason="file names are Unicode on this system")
def test_a_name_that_is_not_utf8(tmp_path: Path, context: Context) -> None:
    plain = tmp_path / "a.wav"
    soundfile.write(plain, noise(1000).T, RATE)
    path = Path(os.fsdecode(os.fsencode(tmp_path) + b"/caf\xe9.wav"))
    shutil.copy(plain, path)
    meta = prepare(path, context).annotations[0].meta
    json.dumps(meta, ensure_ascii=False).encode("utf-8")
    assert str(meta["source"]).startswith("caf")


def test_the_spec_fits_its_run() -> None:
    assert SPEC.annotates and SPEC.fan_out
    assert Kind.SOURCE in SPEC.accepts
