"""The engine on a small model in the real format that says a script; decoding, alignment and VAD are real."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from daemon.engines.protocol import Compute, Lyrics
from daemon.engines.whisper.engine import Whisper
from daemon.engines.whisper.guard import believable, line_of
from daemon.engines.whisper.passages import LONGEST_S, stream, voiced
from daemon.engines.whisper.silence import RATE_HZ, Gate, Span
from daemon.kernel.errors import BadParameter, Cancelled, NotInstalled
from daemon.kernel.work import EngineChoice
from tests.fakes import whisper_model
from tests.fakes.voice import speech

SCRIPT = ["Wir", "fahren", "übers", "Meer"]


def quiet(fraction: float, note: str = "") -> None:
    assert 0 <= fraction <= 1


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    return whisper_model.write(tmp_path_factory.mktemp("whisper") / "model", SCRIPT, 1.6, "de")


def load(folder: Path, precision: str = "int8") -> Whisper:
    choice = EngineChoice("whisper", "1", model="tiny-test", path=folder, precision=precision)
    return Whisper.load(choice, Compute("cpu", 1))


@pytest.fixture(scope="module")
def engine(folder: Path) -> Whisper:
    return load(folder)


def song(length_s: float, *voices: tuple[float, float]) -> np.ndarray:
    """voices: (start_s, length_s). A stem that is silent but for a faint hiss elsewhere."""
    audio = 1e-5 * np.random.default_rng(1).standard_normal(int(length_s * RATE_HZ))
    for number, (start_s, voice_s) in enumerate(voices):
        first = int(start_s * RATE_HZ)
        audio[first : first + int(voice_s * RATE_HZ)] += speech(voice_s, number)
    return audio.astype(np.float32)


def blocks(audio: np.ndarray, size: int = 50_000) -> Iterator[np.ndarray]:
    for first in range(0, len(audio), size):
        yield audio[None, first : first + size]


def words(lyrics: Lyrics) -> list[str]:
    return [word.text for line in lyrics.lines for word in line.words]


def test_words_come_with_times_inside_their_passage(engine):
    audio = song(14, (2, 3), (9, 2.5))
    found = engine.lyrics(blocks(audio), {}, quiet, len(audio))
    assert found.language == "de" and found.language_confidence > 0.9
    assert words(found) == SCRIPT * 2
    first, second = found.lines
    assert 1.5 <= first.start_s < first.end_s <= 5.5
    assert 8.5 <= second.start_s < second.end_s <= 12.0
    for line in found.lines:
        starts = [word.start_s for word in line.words[1:]]
        np.testing.assert_allclose(np.diff(starts), whisper_model.WORD_S, atol=0.05)
        assert all(a.end_s <= b.start_s + 1e-6 for a, b in pairwise(line.words))
        assert all(word.start_s <= word.end_s and word.confidence > 0.9 for word in line.words)


def test_the_batched_path_says_the_same(folder, engine):
    """What a GPU runs, the real batched pipeline, here on the CPU."""
    audio = song(14, (2, 3), (9, 2.5))
    batched = load(folder, "fp32")
    batched.device = "cuda"
    found = batched.lyrics(blocks(audio), {}, quiet, len(audio))
    assert words(found) == SCRIPT * 2
    starts = [line.start_s for line in engine.lyrics(blocks(audio), {}, quiet, len(audio)).lines]
    np.testing.assert_allclose([line.start_s for line in found.lines], starts, atol=1.5)


def test_a_silent_stem_has_no_words(engine):
    for audio in (np.zeros(10 * RATE_HZ, np.float32), song(10), np.zeros(0, np.float32)):
        found = engine.lyrics(blocks(audio), {}, quiet, len(audio))
        assert found.lines == () and found.language == ""


def test_the_language_asked_for_is_taken(engine):
    audio = song(6, (1, 3))
    assert engine.lyrics(blocks(audio), {"language": "fr"}, quiet, len(audio)).language == "fr"
    with pytest.raises(BadParameter, match="xx"):
        engine.lyrics(blocks(audio), {"language": "xx"}, quiet, len(audio))
    with pytest.raises(BadParameter, match="tempo"):
        engine.lyrics(blocks(audio), {"tempo": 1}, quiet, len(audio))


def test_loudness_alone_finds_what_the_voice_detector_does_not(engine):
    """A plain tone is no voice for Silero; with the detector off it is heard all the same."""
    t = np.arange(3 * RATE_HZ) / RATE_HZ
    audio = np.concatenate([np.zeros(RATE_HZ), 0.2 * np.sin(2 * np.pi * 2000 * t), np.zeros(RATE_HZ)])
    audio = audio.astype(np.float32)
    assert words(engine.lyrics(blocks(audio), {}, quiet, len(audio))) == []
    assert words(engine.lyrics(blocks(audio), {"voice_threshold": 0.0}, quiet, len(audio))) == SCRIPT


def test_a_long_recording_is_cut_between_passages():
    """Eight minutes, a voice every twenty seconds: no passage is lost, doubled or cut in two."""
    at = np.arange(5, 470, 20.0)
    audio = song(480, *((float(start), 4.0) for start in at))
    gate = Gate(-40)
    longest, starts, ends = 0, [], []
    for position, part, spans in stream(blocks(audio, 160_000), gate, 0.3):
        longest = max(longest, len(part))
        starts += [(position + span.start) / RATE_HZ for span in spans]
        ends += [(position + span.end) / RATE_HZ for span in spans]
    assert longest <= 200 * RATE_HZ
    np.testing.assert_allclose(starts, at, atol=0.5)
    np.testing.assert_allclose(ends, at + 4, atol=0.7)


def test_passages_are_never_longer_than_one_look():
    audio = song(100, (1, 95))
    gate = Gate(-40)
    gate.hear(audio)
    for threshold in (0.3, 0.0):
        spans = voiced(audio, gate, threshold)
        assert max(span.end - span.start for span in spans) <= (LONGEST_S + 1) * RATE_HZ
        assert sum(span.end - span.start for span in spans) > 90 * RATE_HZ
        assert all(a.end <= b.start for a, b in pairwise(spans))


def segment(text="la la", words=(), ratio=1.0, log_probability=-0.3, no_speech=0.1):
    made = [SimpleNamespace(word=w, start=s, end=e, probability=0.5) for w, s, e in words]
    return SimpleNamespace(
        text=text, words=made, compression_ratio=ratio, avg_logprob=log_probability, no_speech_prob=no_speech
    )


def test_text_that_repeats_itself_or_that_the_model_doubts_is_dropped():
    assert believable(segment())
    assert not believable(segment(ratio=2.5))
    assert not believable(segment(log_probability=-1.5, no_speech=0.9))
    assert believable(segment(log_probability=-1.5, no_speech=0.1))
    assert not believable(segment(text="  "))


def test_a_word_over_silence_is_dropped():
    audio = song(4, (2, 2))
    gate = Gate(-40)
    gate.hear(audio)
    line = line_of(segment(words=[(" Thanks", 0.2, 1.0), (" sing", 2.5, 3.0)]), audio, 10.0, gate)
    assert line is not None
    assert [(w.text, w.start_s, w.end_s) for w in line.words] == [("sing", 12.5, 13.0)]
    assert line_of(segment(words=[(" Thanks", 0.2, 1.0)]), audio, 10.0, gate) is None
    assert gate.sounds(audio, Span(2 * RATE_HZ, 4 * RATE_HZ))


def test_a_cancel_is_heard_between_passages(engine):
    audio = song(40, (1, 3), (12, 3), (24, 3))
    calls = 0

    def cancel(fraction: float, note: str = "") -> None:
        nonlocal calls
        calls += 1
        if calls == 2:
            raise Cancelled("cancelled")

    with pytest.raises(Cancelled):
        engine.lyrics(blocks(audio), {}, cancel, len(audio))


def test_missing_and_damaged_weights_are_named(tmp_path):
    with pytest.raises(NotInstalled, match="tiny-test"):
        load(tmp_path)
    (tmp_path / "model.bin").write_bytes(b"nothing")
    with pytest.raises(NotInstalled, match="cannot be read"):
        load(tmp_path)
