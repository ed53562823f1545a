"""The hear step on real files: one call, many files, bad ones told and the others heard."""

from __future__ import annotations

import hashlib
import wave
from dataclasses import dataclass, field
from pathlib import Path

import mido
import numpy as np
import pytest
import soundfile

from daemon.audio.identity import payload_hash
from daemon.engines.classifier.engine import TrainedClassifier
from daemon.engines.classifier.network import Network
from daemon.engines.protocol import Classification, Engine
from daemon.kernel.types import AssetId
from daemon.kernel.work import InputFile, Kind, StepResult
from daemon.steps.hear import HearParams
from daemon.steps.hearing.evidence import settled
from daemon.steps.hearing.run import run
from daemon.steps.hearing.spoken import Spoken, among_by_folder, spoken
from tests.steps.context import Context

RATE = 44100


class WithEmbedding(TrainedClassifier):
    """The real one, but with a vector that tells which file it was."""

    def __init__(self) -> None:
        super().__init__(Network())

    def classify_sounds(self, sounds, hints, checkpoint):  # type: ignore[no-untyped-def]
        found = super().classify_sounds(sounds, hints, checkpoint)
        self.lengths = [sound.audio.shape[1] / sound.rate_hz for sound in sounds]
        self.calls = getattr(self, "calls", 0) + 1
        vectors = [np.full(128, each.length_s, np.float32) for each in sounds]
        return [
            Classification(one.label, one.confidence, one.kind, one.alternatives, one.measures, vector)
            for one, vector in zip(found, vectors, strict=True)
        ]


@dataclass
class Hearing(Context):
    hears: TrainedClassifier = field(default_factory=WithEmbedding)

    def engine(self) -> Engine:
        return self.hears


def hit(seconds: float, hz: float) -> np.ndarray:
    at = np.arange(int(seconds * RATE)) / RATE
    return np.exp(-at * 12) * np.sin(2 * np.pi * hz * at) * 0.7


def hear(tmp_path: Path, *files: Path, engine: TrainedClassifier | None = None) -> StepResult:
    out = tmp_path / "out"
    out.mkdir(exist_ok=True)
    inputs = tuple(InputFile(file, AssetId(""), Kind.SOURCE, file.name) for file in files)
    return run(Hearing(out, hears=engine or WithEmbedding()), inputs, HearParams())


def test_many_files_in_one_call_with_bad_ones_among_them(tmp_path: Path) -> None:
    good, empty, text = tmp_path / "Snare 1.wav", tmp_path / "empty.wav", tmp_path / "text.wav"
    soundfile.write(good, hit(0.4, 180), RATE)
    empty.write_bytes(b"")
    text.write_text("no sound")
    long = tmp_path / "other.flac"
    soundfile.write(long, np.stack([hit(0.6, 60)] * 2, axis=1), RATE)
    engine = WithEmbedding()
    result = hear(tmp_path, good, empty, text, long, tmp_path / "gone.wav", engine=engine)
    first, second, third, fourth, fifth = (note.meta for note in result.annotations)
    assert engine.calls == 1
    assert first["payload"] == payload_hash(good)
    assert first["byte_hash"] == hashlib.blake2b(good.read_bytes(), digest_size=32).hexdigest()
    assert (first["frames"], first["rate"], first["kind"]) == (int(0.4 * RATE), RATE, "one-shot")
    assert {"class", "confidence", "lufs", "true_peak_dbtp", "brightness_hz"} <= first.keys()
    assert first["said"] == ["snare"]
    edges = {"stereo_width", "silence_start_s", "silence_end_s", "clipped_frames", "wraps"}
    assert (
        edges <= first.keys() and first["stereo_width"] == 0 and first["wraps"] and not first["clipped_frames"]
    )
    for bad, name in ((second, "empty.wav"), (third, "text.wav"), (fifth, "gone.wav")):
        assert name in str(bad["error"]["message"])  # type: ignore[index, call-overload]
    assert fourth["channels"] == 2
    (file,) = result.files
    assert file.meta["of"] == [0, 3]
    rows = np.frombuffer((tmp_path / "out" / file.name).read_bytes(), "<f4").reshape(-1, 128)
    assert rows[:, 0] == pytest.approx([0.4, 0.6], abs=1e-3)


def test_only_the_beginning_of_a_file_is_kept_and_a_song_has_no_class(tmp_path: Path) -> None:
    engine = WithEmbedding()
    pad, song = tmp_path / "pad.wav", tmp_path / "song.wav"
    soundfile.write(pad, np.tile(hit(1.0, 220), 12), RATE)
    soundfile.write(song, np.tile(hit(0.5, 110), 64), RATE)
    result = hear(tmp_path, pad, song, engine=engine)
    assert engine.lengths == [pytest.approx(8.0, abs=0.01)]
    assert result.annotations[1].meta["kind"] == "source"
    assert "class" not in result.annotations[1].meta
    assert result.annotations[1].meta["bpm"] == pytest.approx(120, rel=0.01)
    assert {"stereo_width", "silence_start_s", "clipped_frames"} <= result.annotations[1].meta.keys()


def test_midi_files_are_known_by_their_events(tmp_path: Path) -> None:
    path = tmp_path / "tune.mid"
    midi = mido.MidiFile(tracks=[mido.MidiTrack([mido.Message("note_on", note=60, time=0),
                                                 mido.Message("note_off", note=60, time=960)])])  # fmt: skip
    midi.save(path)
    meta = hear(tmp_path, path).annotations[0].meta
    assert (meta["kind"], meta["length_s"]) == ("midi", pytest.approx(1.0))


def test_a_truncated_wav_is_told(tmp_path: Path) -> None:
    path = tmp_path / "cut.wav"
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(RATE)
        file.writeframes(bytes(20000))
    path.write_bytes(path.read_bytes()[:30])
    assert "error" in hear(tmp_path, path).annotations[0].meta


@pytest.mark.parametrize(
    ("name", "labels", "loop", "bpm", "key"),
    [
        ("Kick_01", ("kick",), False, None, None),
        ("BD 808 Deep", ("kick",), False, None, None),
        ("OpenHat-07", ("open-hat",), False, None, None),
        ("Hi Hat Closed HH 3", ("closed-hat",), False, None, None),
        ("SNR_tight", ("snare",), False, None, None),
        ("HatOpen-Med", ("open-hat",), False, None, None),
        ("hihat_closed02", ("closed-hat",), False, None, None),
        ("Hat 03", (), False, None, None),
        ("drum loop 124bpm Am", (), True, 124.0, "Am"),
        ("Bass_Loop_120_F#min", ("bass",), True, 120.0, "F#m"),
        ("BPM 98 guitar Ebmaj", ("guitar",), False, 98.0, "D#"),
        ("take 120", (), False, None, None),
        ("Loop 3 of 808 128", (), True, 128.0, None),
        ("A minor thing", (), False, None, "Am"),
        ("Pad_F#_Minor", ("synth",), False, None, "F#m"),
        ("pluck C MAJ", ("synth",), False, None, "C"),
        ("noise 10 AM", (), False, None, None),  # an hour, as likely as a key
        ("summer", (), False, None, None),
    ],
)
def test_what_a_name_says(
    name: str, labels: tuple[str, ...], loop: bool, bpm: float | None, key: str | None
) -> None:
    said = spoken(name)
    assert (said.labels, said.loop, said.bpm, said.key) == (labels, loop, bpm, key)


@pytest.mark.parametrize(
    ("name", "among"),
    [
        ("Kick_01", {"kick"}),
        ("Hat 03", {"closed-hat", "open-hat"}),
        ("OpenHat", {"open-hat"}),
        ("Perc - Dry", {"perc", "rim", "shaker", "tambourine", "cowbell", "hand-drum"}),
        ("Cymbal 2", {"crash", "ride"}),
        ("Ride Cymbal", {"ride"}),
        ("Lead Vocal", {"synth", "vocal"}),
        ("summer", set()),
    ],
)
def test_which_classes_a_name_allows_for(name: str, among: set[str]) -> None:
    assert set(spoken(name).among) == among


@pytest.mark.parametrize(
    ("name", "among"),
    [
        ("Kicks", {"kick"}),
        ("Hi-Hats", {"closed-hat", "open-hat"}),
        ("Bass One Shots", {"bass"}),
        ("Bass House Vol 1", set()),
        ("Drums", set()),
        ("", set()),
    ],
)
def test_which_classes_a_folder_allows_for(name: str, among: set[str]) -> None:
    assert set(among_by_folder(name)) == among


class Recording(WithEmbedding):
    """The real one; keeps what it was told besides."""

    def classify_sounds(self, sounds, hints, checkpoint):  # type: ignore[no-untyped-def]
        self.said = [hint["said"] for hint in hints]
        return super().classify_sounds(sounds, hints, checkpoint)


def test_a_files_name_is_weighed_for_its_class_and_its_folders_where_it_says_nothing(tmp_path: Path) -> None:
    files = [tmp_path / "Rims" / name for name in ("Snare 1.wav", "01.wav")]
    files[0].parent.mkdir()
    for file in files:
        soundfile.write(file, hit(0.4, 180), RATE)
    engine = Recording()
    hear(tmp_path, *files, engine=engine)
    assert engine.said == [["snare"], ["rim"]]


def test_bars_and_beats_are_counted_as_the_tempo_is() -> None:
    heard = {
        "kind": "loop", "length_s": 8.0, "bpm": 60.0, "bpm_confidence": 0.9, "bars": 2.0, "beats_per_bar": 4,
        "beats_s": [float(each) for each in range(8)], "downbeats_s": [0.0, 4.0], "first_downbeat_s": 0.0,
    }  # fmt: skip
    twice = settled(heard, Spoken(bpm=120.0))
    assert (twice["bpm"], twice["bars"], twice["downbeats_s"]) == (120.0, 4.0, [0.0, 2.0, 4.0])
    assert twice["beats_s"] == [each / 2 for each in range(15)]
    pickup = heard | {
        "bpm": 120.0,
        "beats_s": [each / 2 for each in range(15)],
        "downbeats_s": [0.5, 2.5, 4.5, 6.5],
    }
    half = settled(pickup, Spoken(bpm=60.0))
    assert (half["bpm"], half["beats_s"]) == (60.0, [0.5 + each for each in range(7)])
    assert half["downbeats_s"] == [0.5, 4.5] and half["bars"] == 1.0
    through = settled(heard | {"bpm": 83.0}, Spoken(bpm=90.0))
    assert (through["bpm"], through["bars"], through["first_downbeat_s"]) == (90.0, 3.0, 0.0)
    assert len(list(through["beats_s"])) == 12 and through["downbeats_s"] == [0.0, 2.667, 5.333]  # type: ignore[call-overload]


@pytest.mark.parametrize("name", ["plain", "loop_90bpm", "Loop_105", "loop_60bpm", "loop 150bpm"])
def test_a_loop_is_as_fast_as_it_is_heard_to_be_whatever_it_is_called(tmp_path: Path, name: str) -> None:
    file = tmp_path / f"{name}.wav"
    beat = np.concatenate([hit(0.5, 180 if number % 2 else 60) for number in range(16)])
    soundfile.write(file, np.tile(beat, 2), RATE)  # 120 bpm, 16 s: whole bars by each of these tempi
    (meta,) = (each.meta for each in hear(tmp_path, file, engine=None).annotations)
    octave = 0.5 if "60" in name else 1.0
    assert meta["bpm"] == pytest.approx(120 * octave, rel=0.005) and meta["bars"] == 8.0 * octave


def test_a_name_is_evidence_and_no_truth() -> None:
    bar = {"kind": "loop", "length_s": 8.0, "bpm": 60.0}
    assert settled(bar, Spoken(bpm=120.0))["bpm"] == 120.0  # 16 beats fit, and the octave is the name's
    assert settled(bar, Spoken(bpm=97.0))["bpm"] == 60.0  # neither fits nor is heard
    song = {"kind": "source", "length_s": 200.3, "bpm": 61.7}
    assert settled(song, Spoken(bpm=124.0))["bpm"] == pytest.approx(123.4)
    clear = {"kind": "loop", "length_s": 16.0, "bpm": 120.0, "bpm_confidence": 1.0, "bars": 8.0}
    assert settled(clear, Spoken(bpm=90.0)) == clear  # 24 beats would be whole bars too; 32 were heard
    other = clear | {"bpm": 80.1}  # by which it is no whole number of bars
    assert settled(other, Spoken(bpm=120.0)) == other | {"bpm": 120.0, "bpm_confidence": 0.9, "bars": 8.0}
    vague = clear | {"bpm_confidence": 0.2}
    assert settled(vague, Spoken(bpm=90.0)) == vague | {"bpm": 90.0, "bpm_confidence": 0.9, "bars": 6.0}
    assert settled({"kind": "loop", "length_s": 2.0, "key": "C"}, Spoken(key="Am"))["key"] == "C"
    assert settled({"kind": "one-shot", "length_s": 0.3}, Spoken(bpm=120.0, key="Am")) == {
        "kind": "one-shot",
        "length_s": 0.3,
    }
