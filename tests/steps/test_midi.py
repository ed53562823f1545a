"""MIDI files as two independent readers see them: mido's own parser for events, pretty_midi for seconds."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import mido
import msgspec
import numpy as np
import pretty_midi
import pytest

from daemon.kernel.errors import BadParameter, InputError
from daemon.kernel.types import AssetId
from daemon.kernel.work import InputFile, Kind, StepResult
from daemon.steps.midi import SPEC, MidiParams
from daemon.steps.notation.midi_run import run


@dataclass
class Context:
    out: Path
    device: str = "cpu"
    threads: int = 1
    seed: int = 0

    def checkpoint(self, fraction: float, note: str = "") -> None:
        assert 0 <= fraction <= 1

    def engine(self):
        raise AssertionError("midi needs no engine")


def note(start_s, end_s, pitch, velocity=90, bends=()):
    return {
        "start_s": start_s,
        "end_s": end_s,
        "pitch": pitch,
        "velocity": velocity,
        "confidence": 0.8,
        "bends": [list(bend) for bend in bends],
    }


def notes_input(folder: Path, notes: list[dict], stem="bass", mode="mono", **meta) -> InputFile:
    path = folder / f"{stem} notes.json"
    body = {"version": 1, "stem": stem, "mode": mode, "length_s": 10.0, "notes": notes}
    path.write_text(json.dumps(body), encoding="utf-8")
    return InputFile(path, AssetId("a"), Kind.NOTES, path.name, meta={"stem": stem, **meta})


def convert(tmp_path: Path, inputs: list[InputFile], **params) -> tuple[StepResult, list[Path]]:
    out = tmp_path / "out"
    out.mkdir(exist_ok=True)
    typed = msgspec.convert(params, MidiParams)
    result = run(Context(out), tuple(inputs), typed)
    return result, [out / made.name for made in result.files]


def convert_one(tmp_path: Path, inputs: list[InputFile], **params) -> Path:
    _, (path,) = convert(tmp_path, inputs, **params)
    return path


def events(path: Path, track: int) -> list[tuple[int, mido.Message]]:
    now, found = 0, []
    for message in mido.MidiFile(path, charset="utf8").tracks[track]:
        now += message.time
        found.append((now, message))
    return found


def played(path: Path) -> list[pretty_midi.Note]:
    return [n for instrument in pretty_midi.PrettyMIDI(str(path)).instruments for n in instrument.notes]


LINE = [note(0.25, 0.5, 40), note(1.0, 1.9, 43, 101), note(3.33333, 3.7, 45, 1)]


def test_without_a_tempo_120_is_assumed_and_the_file_says_so(tmp_path):
    path = convert_one(tmp_path, [notes_input(tmp_path, LINE, source="Été")])
    song = mido.MidiFile(path, charset="utf8")
    assert (song.type, song.ticks_per_beat, len(song.tracks)) == (1, 960, 2)
    head = [message for _, message in events(path, 0)]
    assert [m.tempo for m in head if m.type == "set_tempo"] == [500_000]
    assert [m.text for m in head if m.type == "text"] == ["tempo: not known, 120 bpm assumed"]
    assert song.tracks[0].name == "Été" and song.tracks[1].name == "bass"
    assert [m.program for _, m in events(path, 1) if m.type == "program_change"] == [33]
    found = played(path)
    assert [(n.pitch, n.velocity) for n in found] == [(40, 90), (43, 101), (45, 1)]
    np.testing.assert_allclose([n.start for n in found], [0.25, 1.0, 3.33333], atol=0.0003)
    np.testing.assert_allclose([n.end for n in found], [0.5, 1.9, 3.7], atol=0.0003)


def test_the_detected_tempo_is_written_and_seconds_stay(tmp_path):
    meta = {"bpm": 97.3, "beats_per_bar": 3, "first_downbeat_s": 0.41}
    path = convert_one(tmp_path, [notes_input(tmp_path, LINE, **meta)])
    head = events(path, 0)
    (tempo,) = [m.tempo for _, m in head if m.type == "set_tempo"]
    assert tempo == pytest.approx(60e6 / 97.3, abs=1)
    assert [(m.numerator, m.denominator) for _, m in head if m.type == "time_signature"] == [(3, 4)]
    assert any("detected" in m.text and "97.30" in m.text for _, m in head if m.type == "text")
    (mark,) = [(tick, m.text) for tick, m in head if m.type == "marker"]
    assert mark == (round(0.41 * 97.3 / 60 * 960), "first downbeat")
    np.testing.assert_allclose([n.start for n in played(path)], [0.25, 1.0, 3.33333], atol=0.0004)


def test_a_tempo_map_with_changes_keeps_every_second(tmp_path):
    points = [
        {"at_s": 0.0, "bpm": 120.0, "num": 4, "den": 4},
        {"at_s": 2.0, "bpm": 90.0, "num": 3, "den": 4},
        {"at_s": 3.1, "bpm": 133.3, "num": 6, "den": 8},
    ]
    path = convert_one(tmp_path, [notes_input(tmp_path, LINE, bpm=77.0)], tempo_map=points)
    head = events(path, 0)
    assert [(t, m.numerator, m.denominator) for t, m in head if m.type == "time_signature"] == [
        (0, 4, 4),
        (4 * 960, 3, 4),
        (4 * 960 + round(1.1 * 1.5 * 960), 6, 8),
    ]
    assert any("project" in m.text for _, m in head if m.type == "text")
    np.testing.assert_allclose([n.start for n in played(path)], [0.25, 1.0, 3.33333], atol=0.0004)


def test_a_ramp_moves_in_a_straight_line_over_time(tmp_path):
    """From 60 to 120 bpm in 8 s: 12 beats in all, the first 4 s hold (60 + 90) / 2 * 4 / 60 = 5 of them."""
    points = [{"at_s": 0.0, "bpm": 60.0, "ramp": True}, {"at_s": 8.0, "bpm": 120.0}]
    times = [0.0, 4.0, 6.0, 8.0, 9.0]
    path = convert_one(
        tmp_path, [notes_input(tmp_path, [note(at, at + 0.1, 50) for at in times])], tempo_map=points
    )
    ticks = [tick for tick, m in events(path, 1) if m.type == "note_on"]
    beats = [(60 * t + 60 * t * t / 16) / 60 for t in times[:4]] + [14.0]
    np.testing.assert_allclose(ticks, [960 * beat for beat in beats], atol=2)
    np.testing.assert_allclose([n.start for n in played(path)], times, atol=0.001)
    tempos = [mido.tempo2bpm(m.tempo) for _, m in events(path, 0) if m.type == "set_tempo"]
    assert tempos == sorted(tempos) and len(tempos) > 20 and tempos[-1] == pytest.approx(120)


def test_many_changes_do_not_drift(tmp_path):
    draw = np.random.default_rng(5)
    at = np.concatenate([[0.0], np.cumsum(draw.uniform(0.3, 0.8, 400))])
    points = [{"at_s": float(t), "bpm": float(draw.uniform(80, 160))} for t in at]
    line = [note(float(t), float(t) + 0.05, 60) for t in at[1:-1]]
    path = convert_one(tmp_path, [notes_input(tmp_path, line)], tempo_map=points)
    np.testing.assert_allclose([n.start for n in played(path)], at[1:-1], atol=0.0006)


def test_a_map_that_begins_before_the_audio_is_entered_where_it_is(tmp_path):
    points = [{"at_s": -4.0, "bpm": 60.0, "ramp": True}, {"at_s": 4.0, "bpm": 120.0, "num": 3}]
    path = convert_one(tmp_path, [notes_input(tmp_path, LINE)], tempo_map=points)
    head = events(path, 0)
    first = next(m.tempo for _, m in head if m.type == "set_tempo")
    assert mido.tempo2bpm(first) == pytest.approx(90, abs=1)
    beats = (90 * 4 + (120 - 90) / 8 * 16) / 60
    assert [t for t, m in head if m.type == "time_signature"] == [0, round(beats * 960)]


def test_a_ramp_of_days_stays_small_and_exact(tmp_path):
    """From 4 to 1000 bpm in 600,000 s, 5 million beats: the first 6,000 s hold (4 + 13.96) / 2 / 60 of them each."""
    points = [{"at_s": 0.0, "bpm": 4.0, "ramp": True}, {"at_s": 600_000.0, "bpm": 1000.0}]
    line = [note(1.0, 1.5, 50), note(6_000.0, 6_001.0, 50), note(600_000.0, 600_001.0, 50)]
    path = convert_one(tmp_path, [notes_input(tmp_path, line)], tempo_map=points)
    assert path.stat().st_size < 1_000_000
    starts, now_s = [], 0.0  # mido's own count: pretty_midi has no room for so many ticks
    for message in mido.MidiFile(path):
        now_s += message.time
        starts += [now_s] if message.type == "note_on" else []
    np.testing.assert_allclose(starts, [1.0, 6_000.0, 600_000.0], atol=0.01)
    ticks = [tick for tick, m in events(path, 1) if m.type == "note_on"]
    assert ticks[1] / 960 == pytest.approx((4 + 4 + 996 / 100) / 2 * 6_000 / 60, rel=1e-3)


def test_a_pause_longer_than_the_format_has_a_number_for(tmp_path):
    """400,000 s at 1000 bpm are 6.4e9 ticks, a delta time holds 2.7e8."""
    path = convert_one(
        tmp_path,
        [notes_input(tmp_path, [note(400_000.0, 400_001.0, 50)])],
        tempo_map=[{"at_s": 0, "bpm": 1000.0}],
    )
    assert max(m.time for track in mido.MidiFile(path).tracks for m in track) < 2**28
    assert [tick for tick, m in events(path, 1) if m.type == "note_on"] == [400_000 * 16_000]


@pytest.mark.parametrize(
    "points",
    [
        [],
        [{"at_s": 1.0, "bpm": 100.0}, {"at_s": 1.0, "bpm": 90.0}],
        [{"at_s": 0, "bpm": 0}],
        [{"at_s": 1e6, "bpm": 90.0}],
        [{"at_s": 0.0, "bpm": 2.0}],
        [{"at_s": float("nan"), "bpm": 90.0}],
    ],
)
def test_a_senseless_tempo_map_is_refused(tmp_path, points):
    with pytest.raises((BadParameter, msgspec.ValidationError)):
        convert(tmp_path, [notes_input(tmp_path, LINE)], tempo_map=points)


def test_a_key_is_let_go_before_it_is_struck_again(tmp_path):
    line = [note(0.0, 0.8, 50), note(0.5, 1.0, 50), note(1.0, 1.5, 50), note(1.0, 1.2, 50, 30)]
    path = convert_one(tmp_path, [notes_input(tmp_path, line, mode="poly")])
    kinds = [(tick, m.type) for tick, m in events(path, 1) if m.type.startswith("note")]
    assert kinds == [
        (0, "note_on"),
        (960, "note_off"),
        (960, "note_on"),
        (1920, "note_off"),
        (1920, "note_on"),
        (2880, "note_off"),
    ]


def wheel(path: Path) -> list[tuple[int, int]]:
    return [(tick, m.pitch) for tick, m in events(path, 1) if m.type == "pitchwheel"]


def test_bends_stay_within_the_range_that_the_file_sets(tmp_path):
    line = [note(0.0, 1.0, 50, bends=[(0.0, 100.0), (0.5, -200.0), (0.75, 0.0)]), note(1.0, 2.0, 52)]
    path = convert_one(tmp_path, [notes_input(tmp_path, line)])
    controls = [(m.control, m.value) for _, m in events(path, 1) if m.type == "control_change"]
    assert controls == [(101, 0), (100, 0), (6, 2), (38, 0), (101, 127), (100, 127)]
    assert wheel(path) == [(0, 4096), (960, -8192), (1440, 0)]
    wide = convert_one(tmp_path, [notes_input(tmp_path, [note(0, 1, 50, bends=[(0.0, 700.0)])])])
    assert wheel(wide) == [(0, round(700 / 1200 * 8192))]
    bends = pretty_midi.PrettyMIDI(str(wide)).instruments[0].pitch_bends
    assert [bend.pitch for bend in bends] == [round(700 / 1200 * 8192)]


def test_a_note_never_inherits_the_bend_of_the_one_before(tmp_path):
    line = [note(0.0, 0.5, 50, bends=[(0.25, 150.0)]), note(1.0, 1.5, 52, bends=[(1.2, 50.0)])]
    path = convert_one(tmp_path, [notes_input(tmp_path, line)])
    assert wheel(path) == [(480, 6144), (1920, 0), (round(1.2 * 1920), 2048)]
    at_start = [m.type for tick, m in events(path, 1) if tick == 1920]
    assert at_start == ["pitchwheel", "note_on"]


def test_bends_are_off_for_chords_unless_asked_and_never_clash(tmp_path):
    chord = [note(0.0, 1.0, 50, bends=[(0.0, 50.0)]), note(0.0, 1.0, 54, bends=[(0.0, -50.0)])]
    alone = note(2.0, 3.0, 57, bends=[(2.0, 50.0)])
    source = [notes_input(tmp_path, [*chord, alone], mode="poly")]
    assert wheel(convert_one(tmp_path, source)) == []
    assert wheel(convert_one(tmp_path, source, bends=True)) == [(3840, 2048)]


def test_quantise_moves_to_the_grid_through_the_downbeat(tmp_path):
    line = [note(0.26, 0.4, 40), note(0.74, 1.0, 41), note(1.27, 1.3, 42)]
    plain = convert_one(tmp_path, [notes_input(tmp_path, line, bpm=120.0)], quantise="1/8")
    assert [t for t, m in events(plain, 1) if m.type == "note_on"] == [480, 1440, 2400]
    shifted = convert_one(
        tmp_path, [notes_input(tmp_path, line, bpm=120.0, first_downbeat_s=0.1)], quantise="1/4"
    )
    assert [t for t, m in events(shifted, 1) if m.type == "note_on"] == [192, 1152, 2112]
    triplets = convert_one(tmp_path, [notes_input(tmp_path, line, bpm=120.0)], quantise="1/8t")
    assert all(t % 320 == 0 for t, m in events(triplets, 1) if m.type == "note_on")


def drum_inputs(folder: Path, stem="drums") -> list[InputFile]:
    classes = {
        "drums 01.wav": {"class": "kick"},
        "drums 02.wav": {"class": "snare"},
        "drums 03.wav": {"class": "tom", "brightness_hz": 210.0},
        "drums 04.wav": {"class": "tom", "brightness_hz": 600.0},
        "drums 05.wav": {"class": "unsure"},
    }
    names = [*classes, None]
    onsets = [
        {"onset_s": 0.5 * i, "start_s": 0.5 * i, "length_s": 0.4, "velocity": 20 * i + 7, "slice": name}
        for i, name in enumerate(names)
    ]
    path = folder / "onsets.json"
    path.write_text(json.dumps({"version": 1, "stem": stem, "rate_hz": 44100, "onsets": onsets}))
    made = [InputFile(path, AssetId("o"), Kind.ONSETS, path.name, meta={"stem": stem, "bpm": 120.0})]
    for name, meta in classes.items():
        kind = Kind.ONE_SHOT if meta["class"] == "kick" else Kind.SLICE
        made.append(InputFile(folder / name, AssetId(name), kind, name, meta={"stem": stem, **meta}))
    return made


def test_drums_are_general_midi_on_channel_ten(tmp_path):
    result, (path,) = convert(tmp_path, drum_inputs(tmp_path))
    assert (result.files[0].name, result.files[0].kind) == ("drums.mid", Kind.MIDI)
    assert result.files[0].meta == {"stem": "drums"}
    strikes = [(t, m.note, m.velocity, m.channel) for t, m in events(path, 1) if m.type == "note_on"]
    assert strikes == [
        (0, 36, 7, 9),
        (960, 38, 27, 9),
        (1920, 45, 47, 9),
        (2880, 50, 67, 9),
        (3840, 76, 87, 9),
        (4800, 76, 107, 9),
    ]
    (kit,) = pretty_midi.PrettyMIDI(str(path)).instruments
    assert kit.is_drum
    names = [pretty_midi.note_number_to_drum_name(n.pitch) for n in kit.notes]
    assert names[:4] == ["Bass Drum 1", "Acoustic Snare", "Low Tom", "High Tom"]


def test_hits_of_another_stem_make_no_drums(tmp_path):
    result, _ = convert(tmp_path, drum_inputs(tmp_path, stem="other"))
    assert result.files == ()


def test_the_drum_map_names_what_general_midi_names():
    from daemon.steps.notation.drum_map import KEYS, tom_keys

    spoken = {
        "kick": "Bass Drum 1", "snare": "Acoustic Snare", "rim": "Side Stick", "clap": "Hand Clap",
        "closed-hat": "Closed Hi Hat", "open-hat": "Open Hi Hat", "crash": "Crash Cymbal 1",
        "ride": "Ride Cymbal 1", "tambourine": "Tambourine", "cowbell": "Cowbell", "hand-drum": "Mute Hi Conga",
        "perc": "Hi Bongo", "tom": "Low-Mid Tom",
    }  # fmt: skip
    assert {name: pretty_midi.note_number_to_drum_name(KEYS[name]) for name in spoken} == spoken
    assert set(KEYS) - set(spoken) == {"shaker"} and KEYS["shaker"] == 82  # General MIDI 2, not in pretty_midi
    assert tom_keys([200.0, 220.0]) == {200.0: 47, 220.0: 47}
    assert tom_keys([200.0, 300.0, 500.0]) == {200.0: 45, 300.0: 47, 500.0: 50}


def test_one_file_for_each_stem_or_one_for_all(tmp_path):
    inputs = [
        notes_input(tmp_path, LINE, source="Song"),
        notes_input(tmp_path, LINE, stem="vocals"),
        notes_input(tmp_path, [], stem="piano"),
        *drum_inputs(tmp_path),
    ]
    result, paths = convert(tmp_path, inputs)
    assert [path.name for path in paths] == ["bass.mid", "vocals.mid", "drums.mid"]
    assert [made.parent for made in result.files] == [0, 1, 3]
    assert len({made.payload for made in result.files}) == 3
    assert any("piano" in warning for warning in result.warnings)
    _, (merged,) = convert(tmp_path, inputs, merge=True)
    song = mido.MidiFile(merged)
    assert merged.name == "Song.mid" and [t.name for t in song.tracks] == ["Song", "bass", "vocals", "drums"]
    channels = Counter(m.channel for t in song.tracks for m in t if m.type == "note_on")
    assert channels == {0: 3, 1: 3, 9: 6}


def test_two_recordings_of_one_stem_do_not_share_a_name(tmp_path):
    (tmp_path / "more").mkdir()
    one = notes_input(tmp_path, LINE)
    other = notes_input(tmp_path / "more", LINE)
    other = InputFile(other.path, other.payload, other.kind, "bass loop 01 notes.json", meta=other.meta)
    _, paths = convert(tmp_path, [one, other])
    assert sorted(path.name for path in paths) == ["bass loop 01.mid", "bass.mid"]


def test_a_file_that_is_no_notes_file_is_named(tmp_path):
    source = notes_input(tmp_path, LINE)
    source.path.write_text("{}")
    with pytest.raises(InputError, match=r"bass notes\.json"):
        convert(tmp_path, [source])


def test_the_spec_reads_every_key_that_it_uses():
    used = {"source", "stem", "class", "brightness_hz", "bpm", "beats_per_bar", "first_downbeat_s"}
    assert used <= set(SPEC.reads)
