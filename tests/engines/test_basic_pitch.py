"""The engine against the package it adapts, on real inference with the package's own weights."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
import soundfile as sf

from daemon.engines.basic_pitch.constants import RATE
from daemon.engines.basic_pitch.engine import BasicPitch
from daemon.engines.basic_pitch.posteriors import Spool
from daemon.engines.basic_pitch.settings import Settings
from daemon.engines.protocol import Compute, Note
from daemon.kernel.errors import BadParameter, Cancelled, NotInstalled
from daemon.kernel.work import EngineChoice


def quiet(fraction: float, note: str = "") -> None:
    pass


@pytest.fixture(scope="session")
def reference():
    """The real `basic_pitch`, without its advice to install TensorFlow."""
    logging.disable(logging.WARNING)
    import basic_pitch.inference

    logging.disable(logging.NOTSET)
    return basic_pitch


@pytest.fixture(scope="session")
def weights(reference) -> Path:
    return Path(reference.ICASSP_2022_MODEL_PATH)


@pytest.fixture(scope="session")
def engine(weights: Path) -> BasicPitch:
    return BasicPitch.load(EngineChoice("basic_pitch", "1", path=weights), Compute("cpu", 1))


def tone(pitch: float, length_s: float, harmonics: int = 6, vibrato_cents: float = 0.0) -> np.ndarray:
    t = np.arange(int(length_s * RATE)) / RATE
    cents = vibrato_cents * np.sin(2 * np.pi * 5.5 * t)
    phase = 2 * np.pi * np.cumsum(440 * 2 ** ((pitch - 69 + cents / 100) / 12)) / RATE
    wave = sum(np.sin(phase * h) / h for h in range(1, harmonics + 1))
    envelope = np.minimum(1, t / 0.005) * np.exp(-1.5 * t) * np.minimum(1, (length_s - t) / 0.01)
    return np.asarray(0.25 * wave * envelope)


def song(notes: list[tuple[float, float, float]], length_s: float, vibrato_cents: float = 0.0) -> np.ndarray:
    """notes: (start_s, length_s, pitch). Mono float32 at the engine's rate."""
    audio = np.zeros(int(length_s * RATE))
    for start_s, note_s, pitch in notes:
        wave = tone(pitch, note_s, vibrato_cents=vibrato_cents)
        first = int(start_s * RATE)
        audio[first : first + len(wave)] += wave[: len(audio) - first]
    return audio.astype(np.float32)


def polyphonic(seed: int, length_s: float) -> np.ndarray:
    draw = np.random.default_rng(seed)
    starts = np.sort(draw.uniform(0, length_s - 0.5, int(length_s * 4)))
    notes = [(s, draw.uniform(0.08, 1.2), int(draw.integers(36, 90))) for s in starts]
    noise = 0.002 * draw.standard_normal(int(length_s * RATE))
    return (song(notes, length_s, vibrato_cents=40) + noise).astype(np.float32)


def in_blocks(audio: np.ndarray, size: int = 10_000) -> Iterator[np.ndarray]:
    for first in range(0, len(audio), size):
        yield audio[None, first : first + size]


def transcribe(engine: BasicPitch, audio: np.ndarray, **settings) -> list[Note]:
    return engine.notes(in_blocks(audio), settings, quiet, len(audio))


def predict(reference, folder: Path, audio: np.ndarray, **thresholds) -> list[tuple]:
    path = folder / "audio.wav"
    sf.write(path, audio, RATE, subtype="FLOAT")
    events = reference.inference.predict(path, **thresholds)[2]
    return sorted(events, key=lambda event: (event[0], event[2]))


def assert_same_notes(found: list[Note], expected: list[tuple]) -> None:
    assert [note.pitch for note in found] == [event[2] for event in expected]
    assert [note.start_s for note in found] == [event[0] for event in expected]
    assert [note.end_s for note in found] == [event[1] for event in expected]
    np.testing.assert_allclose(
        [note.confidence for note in found], [event[3] for event in expected], rtol=0, atol=1e-5
    )
    for note, event in zip(found, expected, strict=True):
        assert [round(cents * 3 / 100) for _, cents in note.bends] == list(event[4])
        assert note.velocity == max(1, int(np.round(127 * note.confidence)))


@pytest.mark.parametrize(
    "settings",
    [
        {},
        {"onset_threshold": 0.3, "frame_threshold": 0.2, "minimum_note_length": 58.0},
        {"onset_threshold": 0.7, "minimum_frequency": 110.0, "maximum_frequency": 900.0},
    ],
)
def test_raw_mode_finds_the_notes_of_predict(engine, reference, tmp_path, settings):
    audio = polyphonic(seed=1, length_s=17.3)
    expected = predict(reference, tmp_path, audio, **settings)
    names = {
        "minimum_note_length": "minimum_note_ms",
        "minimum_frequency": "minimum_hz",
        "maximum_frequency": "maximum_hz",
    }
    ours = {names.get(name, name): value for name, value in settings.items()}
    found = transcribe(engine, audio, mode="raw", **ours)
    assert len(expected) > 10
    assert_same_notes(found, expected)


@pytest.mark.parametrize("length_s", [0.02, 0.5, 1.9885, 4.0])
def test_raw_mode_agrees_on_short_files(engine, reference, tmp_path, length_s):
    audio = song([(0.0, length_s, 57)], length_s)
    assert_same_notes(transcribe(engine, audio, mode="raw"), predict(reference, tmp_path, audio))


def test_decoding_in_sections_is_decoding_at_once(reference):
    """On matrices that no music makes, longer than a section, with rests: the reference decodes them whole."""
    from daemon.engines.basic_pitch.decode_raw import decode
    from daemon.engines.basic_pitch.sections import section_bounds

    draw = np.random.default_rng(7)
    frames = 13_000
    level = np.repeat(draw.uniform(0, 1, (frames // 50, 88)) ** 6, 50, axis=0)
    notes = (level * draw.uniform(0.7, 1, (frames, 88))).astype(np.float32)
    onsets = (draw.uniform(0, 1, (frames, 88)) ** 30).astype(np.float32)
    contours = draw.uniform(0, 1, (frames, 264)).astype(np.float32)
    for rest in range(1000, frames, 1700):
        notes[rest : rest + 30] *= 0.2
    assert len(section_bounds(notes.max(axis=1), 0.3)) > 3
    _, expected = reference.note_creation.model_output_to_notes(
        {"note": notes.copy(), "onset": onsets.copy(), "contour": contours}, 0.5, 0.3
    )
    with Spool() as spool:
        for first in range(0, frames, 777):
            part = slice(first, first + 777)
            spool.append(notes[part], onsets[part], contours[part])
        found = decode(spool, Settings(), quiet)
    assert len(expected) > 1000
    assert_same_notes(
        sorted(found, key=lambda note: (note.start_s, note.pitch, note.end_s)),
        sorted(expected, key=lambda event: (event[0], event[2], event[1])),
    )


def test_silence_has_no_notes(engine):
    for mode in ("raw", "mono", "poly"):
        assert transcribe(engine, np.zeros(5 * RATE, np.float32), mode=mode) == []
        assert transcribe(engine, np.zeros(0, np.float32), mode=mode) == []


def test_blocks_of_any_size_give_the_same_notes(engine):
    audio = polyphonic(seed=2, length_s=6)
    whole = engine.notes(iter([audio[None]]), {"mode": "raw"}, quiet, len(audio))
    small = engine.notes(in_blocks(audio, 777), {"mode": "raw"}, quiet, len(audio))
    assert whole == small != []


def test_a_wrong_setting_is_named(engine):
    with pytest.raises(BadParameter, match="loudness"):
        transcribe(engine, np.zeros(10, np.float32), loudness=1)
    with pytest.raises(BadParameter, match="duo"):
        transcribe(engine, np.zeros(10, np.float32), mode="duo")


def test_missing_and_damaged_weights_are_named(tmp_path):
    with pytest.raises(NotInstalled):
        BasicPitch.load(EngineChoice("basic_pitch", "1"), Compute())
    broken = tmp_path / "nmp.onnx"
    broken.write_bytes(b"not a network")
    with pytest.raises(NotInstalled, match=r"nmp\.onnx"):
        BasicPitch.load(EngineChoice("basic_pitch", "1", path=broken), Compute())


def test_a_cancel_is_heard_between_batches(engine):
    calls: list[float] = []

    def cancel(fraction: float, note: str = "") -> None:
        calls.append(fraction)
        if len(calls) == 2:
            raise Cancelled("cancelled")

    with pytest.raises(Cancelled):
        engine.notes(in_blocks(polyphonic(3, 30)), {"mode": "raw"}, cancel, 30 * RATE)
    assert 0 < calls[0] < calls[1] < 0.9


BASS_LINE = [
    (0.3, 0.4, 40),
    (0.75, 0.18, 40),
    (0.95, 0.18, 40),
    (1.15, 0.5, 43),
    (1.7, 0.45, 33),
    (2.2, 0.3, 45),
    (2.55, 0.9, 38),
]


def test_mono_mode_finds_one_bass_note_at_a_time(engine):
    found = transcribe(engine, song(BASS_LINE, 4.0), mode="mono")
    assert [note.pitch for note in found] == [pitch for _, _, pitch in BASS_LINE]
    starts = [start_s for start_s, _, _ in BASS_LINE]
    np.testing.assert_allclose([note.start_s for note in found], starts, atol=0.05)
    assert all(a.end_s <= b.start_s for a, b in pairwise(found))
    assert all(1 <= note.velocity <= 127 and 0 < note.confidence <= 1 for note in found)


def test_a_sine_played_again_without_a_gap_is_two_notes(engine):
    """The second fades in while the first fades out, at another phase: its spectrum does not change."""
    t = np.arange(2 * RATE) / RATE
    fade = np.clip((t - 0.99) / 0.02, 0, 1)
    first, second = np.sin(2 * np.pi * 82.41 * t), np.sin(2 * np.pi * 82.41 * t + 2.0)
    audio = (0.3 * ((1 - fade) * first + fade * second)).astype(np.float32)
    audio[: RATE // 100] *= np.linspace(0, 1, RATE // 100, dtype=np.float32)
    found = transcribe(engine, audio, mode="mono")
    assert [note.pitch for note in found] == [40, 40]
    assert abs(found[1].start_s - 1.0) < 0.05


def test_a_sub_oscillator_does_not_lower_the_notes(engine):
    """An organ with a sine at 0.4 an octave below, driven hard: what a synth bass with a sub is."""
    audio = np.zeros(4 * RATE)
    line = [(0.2, 40), (0.8, 43), (1.4, 45), (2.0, 38), (2.6, 40), (3.2, 47)]
    for start_s, pitch in line:
        t = np.arange(RATE // 2) / RATE
        phase = 2 * np.pi * 440 * 2 ** ((pitch - 69) / 12) * t
        partials = ((0.5, 0.4), (1, 1.0), (2, 0.6), (3, 0.4), (4, 0.3), (6, 0.15))
        wave = sum(gain * np.sin(h * phase) for h, gain in partials)
        place = int(start_s * RATE)
        audio[place : place + len(t)] += wave * np.exp(-2 * t) * np.clip((0.5 - t) / 0.02, 0, 1)
    driven = 0.3 * np.tanh(4 * audio / np.abs(audio).max())
    found = transcribe(engine, driven.astype(np.float32), mode="mono")
    assert [note.pitch for note in found] == [pitch for _, pitch in line]


def test_mono_bends_follow_a_vibrato(engine):
    """A tone of one second whose pitch swings by 40 cents either way, 5.5 times a second."""
    (note,) = transcribe(engine, song([(0.2, 1.2, 60)], 1.8, vibrato_cents=40), mode="mono")
    cents = np.array([value for _, value in note.bends])
    times = np.array([time_s for time_s, _ in note.bends])
    assert note.pitch == 60
    assert 20 < cents.max() < 60 and -60 < cents.min() < -20
    expected = 40 * np.sin(2 * np.pi * 5.5 * (times - 0.2))
    assert np.corrcoef(cents, expected)[0, 1] > 0.8


def test_a_detuned_note_is_named_by_its_nearest_key_and_bent(engine):
    (note,) = transcribe(engine, song([(0.2, 0.8, 45.3)], 1.4), mode="mono")
    assert note.pitch == 45
    assert 20 < np.median([value for _, value in note.bends]) < 40


def test_mono_sections_do_not_change_the_notes(engine, monkeypatch):
    """Decoded in short sections, cut at rests, a line keeps its notes."""
    from daemon.engines.basic_pitch import sections

    audio = np.concatenate([song(BASS_LINE, 4.5)] * 4)
    whole = transcribe(engine, audio, mode="mono")
    monkeypatch.setattr(sections, "_LONG_FRAMES", 200)
    parts = transcribe(engine, audio, mode="mono")
    assert len(whole) == 4 * len(BASS_LINE)
    assert [(n.start_s, n.pitch) for n in parts] == [(n.start_s, n.pitch) for n in whole]


def test_the_end_of_a_long_file_is_heard(engine):
    """Basic Pitch drops the last 0.7 %; here that is the second half of the last note and more."""
    audio = song([(at, 0.7, 45) for at in np.arange(0, 119, 1.0)] + [(119.2, 0.75, 52)], 120.0)
    last = transcribe(engine, audio, mode="mono")[-1]
    assert last.pitch == 52
    assert abs(last.start_s - 119.2) < 0.03 and last.end_s > 119.7


def test_poly_mode_drops_an_overtone_and_keeps_a_chord():
    from daemon.engines.basic_pitch.decode_poly import drop_ghosts, join_broken

    low, third, fifth = (Note(1.0, 2.0, pitch, 90, 0.7) for pitch in (48, 52, 55))
    octave_ghost = Note(1.01, 1.8, 60, 40, 0.3)
    octave_played = Note(1.01, 1.8, 67, 80, 0.68)
    assert drop_ghosts([low, third, fifth, octave_ghost, octave_played]) == [low, third, fifth, octave_played]
    broken = [Note(0.0, 0.5, 60, 90, 0.8), Note(0.52, 0.9, 60, 50, 0.4), Note(1.5, 1.9, 60, 50, 0.4)]
    assert [(n.start_s, n.end_s) for n in join_broken(broken)] == [(0.0, 0.9), (1.5, 1.9)]


def test_poly_mode_hears_a_chord(engine):
    chord = [(0.3, 1.0, 55), (0.3, 1.0, 59), (0.3, 1.0, 62), (1.5, 1.0, 53), (1.5, 1.0, 57), (1.5, 1.0, 60)]
    found = transcribe(engine, song(chord, 3.0), mode="poly")
    assert sorted((round(note.start_s, 1), note.pitch) for note in found) == [
        (s, p) for s, _, p in sorted(chord)
    ]


def test_the_rewritten_network_answers_as_the_one_that_ships(weights):
    """Every output against onnxruntime on the file as it is."""
    import onnxruntime as ort

    from daemon.engines.basic_pitch.network import Network

    audio = polyphonic(seed=4, length_s=8)
    batch = np.stack([audio[at : at + 43844] for at in (0, 36164, 90000)])
    batch[1, 20000:] = 0
    session = ort.InferenceSession(str(weights), providers=["CPUExecutionProvider"])
    names = ["StatefulPartitionedCall:1", "StatefulPartitionedCall:2", "StatefulPartitionedCall:0"]
    expected = session.run(names, {"serving_default_input_2:0": batch[:, :, None]})
    for place, answer in enumerate(Network(weights, 2).answers(batch)):
        for found, whole in zip(answer, expected, strict=True):
            np.testing.assert_allclose(found, whole[place, 15:-15], atol=5e-6)
    assert place == 2


def test_the_rewriting_finds_the_layers_it_is_for(weights):
    """Else the network would be right and slow."""
    import onnx

    from daemon.engines.basic_pitch import graph
    from daemon.engines.basic_pitch.sums import parted
    from daemon.engines.basic_pitch.unroll import widened

    def kernels(model):
        constants = graph.constants(model)
        return {constants[node.input[1]].shape for node in model.graph.node if node.op_type == "Conv"}

    model = onnx.load(str(weights))
    assert kernels(parted(model)) - kernels(model) == {(1, 1, 3, 3), (1, 32, 3, 3)}
    assert kernels(model) - kernels(parted(model)) == {(1, 33, 3, 3)}
    assert {(1, 8, 5, 5), (1, 32, 7, 3)} <= kernels(model) - kernels(widened(model))


@pytest.mark.parametrize(("height", "width", "rows"), [(3, 39, 162), (1, 5, 7), (5, 21, 48)])
def test_a_spectral_convolution_is_a_convolution(height, width, rows):
    from scipy.signal import correlate

    from daemon.engines.basic_pitch.spectral import SpectralConvolution

    draw = np.random.default_rng(6)
    kernel = draw.standard_normal((2, 3, height, width)).astype(np.float32)
    data = draw.standard_normal((3, rows, 50)).astype(np.float32)
    bias = np.array([0.5, -2], np.float32)
    found = SpectralConvolution(kernel, bias, 50).into(np.empty((2, rows, 50), np.float32), data)
    expected = [
        sum(correlate(plane, taps, mode="same") for plane, taps in zip(data, into, strict=True))
        for into in kernel
    ]
    np.testing.assert_allclose(found, np.array(expected) + bias[:, None, None], atol=2e-4)


def test_silent_windows_answer_as_silence(weights):
    from daemon.engines.basic_pitch.network import Network

    sounding = polyphonic(seed=5, length_s=4)[:43844]
    silence = np.zeros_like(sounding)
    network = Network(weights, 1)
    mixed = list(network.answers([silence, sounding, silence]))
    alone = [next(iter(Network(weights, 1).answers([window]))) for window in (silence, sounding, silence)]
    for found, expected in zip(mixed, alone, strict=True):
        for part, whole in zip(found, expected, strict=True):
            np.testing.assert_array_equal(part, whole)
