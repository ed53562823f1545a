"""Notes through an instrument plug-in."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import mido
import numpy as np
import pytest
import soundfile

from daemon.chains.errors import PluginFault
from daemon.chains.plugins.catalogue import Catalogue
from daemon.kernel.errors import BadParameter, StepFailed
from daemon.kernel.types import AssetId
from daemon.kernel.work import InputFile, Kind
from daemon.steps import playing
from daemon.steps.play import SPEC, PlayParams
from daemon.steps.spec import Shelves
from tests.plugins.build import VENDOR
from tests.plugins.rig import chain, effect, scanned
from tests.steps.context import Context

Plugin = Callable[[str], Path]


def write_midi(
    path: Path, notes: list[tuple[int, float, float]], bpm: float = 90.0, velocity: int = 100
) -> InputFile:
    """notes: (number, start in beats, length in beats), one after the other."""
    file = mido.MidiFile(ticks_per_beat=480)
    track = mido.MidiTrack()
    file.tracks.append(track)
    track.append(mido.MetaMessage("set_tempo", tempo=mido.bpm2tempo(bpm)))
    at = 0.0
    for number, start, length in notes:
        track.append(mido.Message("note_on", note=number, velocity=velocity, time=int((start - at) * 480)))
        track.append(mido.Message("note_off", note=number, time=int(length * 480)))
        at = start + length
    file.save(path)
    return InputFile(path, AssetId("midi"), Kind.MIDI, path.name, meta={"stem": "bass"})


def played(tmp_path: Path, given: InputFile, plan: dict, *more: InputFile):
    out = tmp_path / "out"
    out.mkdir(exist_ok=True)
    context = Context(out)
    try:
        result = playing.run(context, (given, *more), PlayParams(chain=plan, rate_hz=44100, patience_s=60))
        if result.failure is not None:
            raise StepFailed(result.failure)
        return result, out
    finally:
        context.close()


def test_midi_becomes_a_stem_in_time_and_in_tune(plugin: Plugin, tmp_path: Path) -> None:
    given = write_midi(tmp_path / "bass.mid", [(69, 1.0, 1.0), (57, 3.0, 1.0)])
    plan = chain(effect(plugin("INSTRUMENT")), {"use": "Gain", "gain_db": -6.0})
    result, out = played(tmp_path, given, plan)
    (stem,) = result.files
    assert (stem.kind, stem.meta["stem"], stem.parent) == (Kind.STEM, "bass Instrument", 0)
    audio, rate = soundfile.read(out / stem.name)
    beat = 60 / 90
    loud = np.abs(audio[:, 0]) > 0.01
    assert np.argmax(loud) / rate == pytest.approx(beat, abs=0.01)
    assert not loud[int((2 * beat + 0.01) * rate) : int((3 * beat - 0.01) * rate)].any()
    for start, hz in ((1, 440.0), (3, 220.0)):
        part = audio[int((start + 0.1) * beat * rate) : int((start + 0.9) * beat * rate), 0]
        spectrum = np.abs(np.fft.rfft(part * np.hanning(len(part))))
        assert np.argmax(spectrum) * rate / len(part) == pytest.approx(hz, abs=3)
    assert np.abs(audio).max() == pytest.approx(100 / 127 * 10 ** (-6 / 20), rel=0.02)
    assert result.plugins[0].done == 1 and not result.provisional


def test_an_instrument_that_stays_silent_is_named(plugin: Plugin, tmp_path: Path) -> None:
    given = write_midi(tmp_path / "a.mid", [(69, 0.0, 1.0)])
    with pytest.raises(StepFailed, match=rf"{VENDOR}/Instrument.*silence for notes.*a preset or a state"):
        played(tmp_path, given, chain(effect(plugin("INSTRUMENT"), params={"mode": "Muted"})))


def test_a_quiet_instrument_is_not_a_silent_one(plugin: Plugin, tmp_path: Path) -> None:
    given = write_midi(tmp_path / "a.mid", [(69, 0.0, 1.0)], velocity=2)
    result, _ = played(tmp_path, given, chain(effect(plugin("INSTRUMENT"), params={"gain_db": -24.0})))
    assert result.files[0].meta["peak_db"] == pytest.approx(20 * np.log10(2 / 127) - 24, abs=0.1)
    assert not result.warnings


def test_one_in_quarantine_is_not_played_wherever_it_stands(plugin: Plugin, tmp_path: Path) -> None:
    given = write_midi(tmp_path / "a.mid", [(69, 0.0, 1.0)])
    with pytest.raises(PluginFault, match=r"Instrument: is quarantined.*plugins check"):
        played(tmp_path, given, chain(effect(plugin("INSTRUMENT"), blocked="it crashed")))
    behind = effect(plugin("CRASH_ON_LOAD"), blocked="it crashed")
    with pytest.raises(PluginFault, match=r"Crash on load: is quarantined \(it crashed\)"):
        played(tmp_path, given, chain(effect(plugin("INSTRUMENT")), behind))


def test_an_effect_that_fails_again_and_again_is_not_tried_for_every_file(
    plugin: Plugin, tmp_path: Path
) -> None:
    """One that swallows what can be heard; the first file cannot."""
    plan = chain(effect(plugin("INSTRUMENT"), params={"gain_db": -24.0}), effect(plugin("SILENT")))
    faint = write_midi(tmp_path / "faint.mid", [(69, 0.0, 1.0)], velocity=1)
    files = [write_midi(tmp_path / f"{i}.mid", [(69, 0.0, 1.0)]) for i in range(6)]
    result, _ = played(tmp_path, faint, plan, *files)
    assert [file.parent for file in result.files] == [0]
    assert len(result.warnings) == 4 and "3 files are not played" in result.warnings[-1]
    silent = next(use for use in result.plugins if use.name == "Silent")
    assert (silent.done, silent.failed, silent.in_a_row) == (1, 3, 3)


def test_what_is_no_midi_is_refused(plugin: Plugin, tmp_path: Path) -> None:
    (tmp_path / "a.mid").write_text("no notes")
    given = InputFile(tmp_path / "a.mid", AssetId("x"), Kind.MIDI, "a.mid")
    with pytest.raises(StepFailed, match=r"a\.mid.*no MIDI file"):
        played(tmp_path, given, chain(effect(plugin("INSTRUMENT"))))


def test_a_file_without_notes_is_named_as_the_person_knows_it(plugin: Plugin, tmp_path: Path) -> None:
    kept = write_midi(tmp_path / "kept in the cache.mid", [])
    given, good = replace(kept, name="verse.mid"), write_midi(tmp_path / "b.mid", [(69, 0.0, 1.0)])
    plan = chain(effect(plugin("INSTRUMENT")))
    result, _ = played(tmp_path, good, plan, given)
    assert result.warnings == ("verse.mid: there are no notes in it",) and len(result.files) == 1
    with pytest.raises(StepFailed, match=r"^verse\.mid: there are no notes in it$"):
        played(tmp_path, given, plan)


@pytest.mark.parametrize("pause_s", [0.0, 130.0])
def test_a_loudness_that_a_limiter_cannot_reach_is_told(plugin: Plugin, tmp_path: Path, pause_s: float) -> None:
    """A sine under a ceiling of -12 dBTP is hardly louder than -15 LUFS; in one go, and for a longer file block by
    block."""
    kept = write_midi(tmp_path / "kept.mid", [(69, 0.0, 4.0), (69, 4.0 + pause_s, 4.0)], bpm=60.0)
    given = replace(kept, name="verse.mid")
    level = {"mode": "lufs", "ceiling_dbtp": -12.0, "limit": True}
    loud = chain(effect(plugin("INSTRUMENT")), normalize={**level, "lufs": -6.0})
    (warning,) = played(tmp_path, given, loud)[0].warnings
    assert warning.startswith("verse.mid: up to ") and "LU softer than the chain asks" in warning
    soft = chain(effect(plugin("INSTRUMENT")), normalize={**level, "lufs": -24.0})
    assert not played(tmp_path, given, soft)[0].warnings


@pytest.mark.parametrize("pause_s", [0.0, 130.0])
def test_what_rings_behind_the_instrument_rings_out(plugin: Plugin, tmp_path: Path, pause_s: float) -> None:
    """An echo of a second behind the last note, in one go and, for a longer file, block by block."""
    given = write_midi(tmp_path / "a.mid", [(69, 0.0, 1.0), (69, 1.0 + pause_s, 1.0)], bpm=60.0)
    echo = {"use": "Delay", "delay_seconds": 1.5, "feedback": 0.0, "mix": 0.5}
    result, out = played(tmp_path, given, chain(effect(plugin("INSTRUMENT")), echo))
    audio, rate = soundfile.read(out / result.files[0].name)
    assert len(audio) / rate == pytest.approx(2.0 + pause_s + 1.5, abs=0.1)
    assert np.abs(audio[-rate // 2 :]).max() > 0.1


def test_the_chain_must_begin_with_an_instrument(plugin: Plugin, tmp_path: Path) -> None:
    shelves = Shelves(tmp_path, tmp_path / "plugins")
    for variant in ("INSTRUMENT", "GAIN"):
        scanned(plugin(variant), Catalogue(shelves.plugins))
    assert SPEC.resolve is not None
    params = SPEC.resolve(PlayParams(instrument=f"vst3:{VENDOR}/Instrument"), shelves)
    assert params.chain["fx"][0]["instrument"] is True and params.instrument == ""
    with pytest.raises(BadParameter, match="'file' does not go with plugin"):
        SPEC.resolve(params, shelves)  # a person would have written that
    with pytest.raises(BadParameter, match="does not begin with an instrument"):
        SPEC.resolve(PlayParams(instrument=f"vst3:{VENDOR}/Gain"), shelves)
    with pytest.raises(BadParameter, match="not both"):
        SPEC.resolve(PlayParams(instrument="vst3:a/b", chain="vinyl"), shelves)
    with pytest.raises(BadParameter, match="needs an instrument"):
        SPEC.resolve(PlayParams(), shelves)


def test_a_long_piece_is_sung_in_pieces_and_streamed(
    plugin: Plugin, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Notes on both sides of a piece's border are where the file has them, to the frame, and in one go or block by
    block is the same."""
    from daemon.chains.plugins import sing
    from daemon.chains.plugins.hosted import PIECE_FRAMES, LoadedRack
    from daemon.chains.plugins.messages import Sing

    file = mido.MidiFile(ticks_per_beat=480)
    track = mido.MidiTrack()
    file.tracks.append(track)
    beats = [0, 2, 3, 7, 8]  # at 120 a minute, half a second each
    before = 0
    for beat in beats:
        track.append(mido.Message("note_on", note=69, velocity=127, time=beat * 480 - before))
        track.append(mido.Message("note_off", note=69, time=240))
        before = beat * 480 + 240
    file.save(tmp_path / "long.mid")
    plan = chain(effect(plugin("INSTRUMENT")), {"use": "Gain", "gain_db": -6.0})
    told: list[float] = []

    def sung(out: Path, chain: dict) -> np.ndarray:
        order = Sing(0, str(tmp_path / "long.mid"), str(out), 44100, 1)
        made = sing.sing_file(order, chain, LoadedRack(lambda _: None), told.append)
        audio = soundfile.read(out, dtype="float32", always_2d=True)[0]
        assert made.frames == len(audio)
        return audio[:, 0]

    whole = sung(tmp_path / "a.wav", plan)
    assert len(whole) > 2 * PIECE_FRAMES and len(whole) == int(4.25 * 44100)

    def stand(audio: np.ndarray, earlier_frames: int) -> bool:
        sounds = np.abs(audio) > 1e-6
        starts = [beat * 22050 - earlier_frames for beat in beats]
        return all(
            not sounds[max(0, start - 10) : max(0, start)].any()
            and sounds[max(0, start) + 2 : start + 1000].mean() > 0.9
            and not sounds[start + 11030 : start + 11200].any()
            for start in starts
        )

    assert stand(whole, 0)
    assert told == sorted(told) and len(told) > 3
    monkeypatch.setattr(sing, "IN_ONE_GO_SAMPLES", 0)
    assert np.array_equal(sung(tmp_path / "b.wav", plan), whole)
    late = chain(
        effect(plugin("INSTRUMENT"), latency_frames=700.0, preroll_s=0.1), {"use": "Gain", "gain_db": -6.0}
    )
    earlier = sung(tmp_path / "c.wav", late)
    assert len(earlier) == len(whole) and stand(earlier, 700)
