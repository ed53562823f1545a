"""Lyrics from audio to files; the files are read back by parsers that share nothing with the writers."""

from __future__ import annotations

import html
import json
import re
import shutil
import subprocess
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
import soundfile as sf

from daemon.engines import registry as engines
from daemon.engines.protocol import Compute, Line, Lyrics, Word
from daemon.kernel.errors import BadParameter, NotInstalled
from daemon.kernel.types import AssetId
from daemon.kernel.work import InputFile, Kind
from daemon.models.store import ModelStore
from daemon.steps.lyrics import LyricsParams, choose
from daemon.steps.words import document, lrc, subtitles
from daemon.steps.words.lyrics_run import run
from tests.fakes import whisper_model
from tests.fakes.voice import speech

SCRIPT = ["Ça", "va", "<bien>", "&", "-->"]


@dataclass
class Context:
    out: Path
    loaded: object = None
    device: str = "cpu"
    threads: int = 1
    seed: int = 0

    def checkpoint(self, fraction: float, note: str = "") -> None:
        assert 0 <= fraction <= 1

    def engine(self):
        return self.loaded


@pytest.fixture(scope="module")
def store(tmp_path_factory) -> ModelStore:
    folder = tmp_path_factory.mktemp("lyrics")
    store = ModelStore(folder / "models")
    store.add("scripted", whisper_model.write(folder / "scripted", SCRIPT, 1.6, "fr"))
    return store


@pytest.fixture(scope="module")
def engine(store):
    return engines.load(choose(LyricsParams(), store, "cpu"), Compute("cpu", 1))


def test_the_best_installed_model_is_chosen(store, tmp_path):
    choice = choose(LyricsParams(), store, "cpu")
    assert (choice.engine, choice.model, choice.precision) == ("whisper", "scripted", "int8")
    assert choose(LyricsParams(model="scripted"), store, "cuda").precision == "fp16"
    with pytest.raises(NotInstalled, match="roadie models pull large-v3"):
        choose(LyricsParams(model="large-v3"), store, "cpu")
    with pytest.raises(NotInstalled, match="roadie models pull small"):
        choose(LyricsParams(), ModelStore(tmp_path), "cpu")
    with pytest.raises(BadParameter, match="icassp"):
        choose(LyricsParams(model="icassp-2022"), store, "cpu")


def listen(folder: Path, engine, audio: np.ndarray, rate: int = 44_100):
    path = folder / "Chanson - vocals.wav"
    sf.write(path, np.stack([audio, audio], axis=1), rate, subtype="PCM_24")
    out = folder / "out"
    out.mkdir(exist_ok=True)
    file = InputFile(path, AssetId("v"), Kind.STEM, path.name, meta={"source": "Chanson"})
    return run(Context(out, engine), (file,), LyricsParams()), out


def test_a_stem_becomes_four_files(tmp_path, engine):
    rate = 44_100
    audio = np.concatenate([np.zeros(2 * rate), speech(3.0, 4, rate), np.zeros(2 * rate)])
    result, out = listen(tmp_path, engine, audio)
    names = [f"Chanson - vocals.{end}" for end in ("json", "lrc", "srt", "vtt")]
    assert [made.name for made in result.files] == names == sorted(path.name for path in out.iterdir())
    assert {made.kind for made in result.files} == {Kind.LYRICS}
    found = json.loads((out / names[0]).read_text(encoding="utf-8"))
    assert found["language"] == "fr" and found["length_s"] == pytest.approx(7.0)
    assert [word["text"] for line in found["lines"] for word in line["words"]] == SCRIPT
    assert all(1.5 < word["start_s"] < word["end_s"] + 1e-9 < 5.5 for word in found["lines"][0]["words"])


def test_a_silent_stem_makes_no_files(tmp_path, engine):
    result, out = listen(tmp_path, engine, np.zeros(44_100 * 3))
    assert result.files == () and list(out.iterdir()) == []
    assert any("no words" in warning for warning in result.warnings)


def lyrics(language: str = "en") -> document.LyricsFile:
    lines = (
        Line(
            (Word("Rock", 1.0, 1.2996, 0.9), Word("&", 1.3, 1.4, 0.8), Word("<roll>", 1.5, 2.0, 0.7)), 1.0, 2.0
        ),
        Line((Word("[é]", 2.004, 2.1, 0.5), Word("-->", 2.1, 2.15, 0.5)), 2.004, 2.15),
        Line((Word("日本", 3599.995, 3600.5, 0.5), Word("語", 3600.6, 3601.0, 0.5)), 3599.995, 3601.0),
    )
    return document.document(Lyrics(language, 0.75, lines), 6100.0)


def test_json_says_every_word():
    found = json.loads(document.encode(lyrics()))
    assert (found["version"], found["language"], found["language_confidence"]) == (1, "en", 0.75)
    assert found["lines"][0]["text"] == "Rock & <roll>"
    assert found["lines"][0]["words"][0] == {"text": "Rock", "start_s": 1.0, "end_s": 1.3, "confidence": 0.9}


def test_lrc_stamps_lines_and_words():
    rows = lrc.encode(lyrics(), "A [live] song").splitlines()
    tags = dict(re.fullmatch(r"\[([a-z]+):(.*)\]", row).groups() for row in rows[:4])
    assert tags == {"ti": "A (live) song", "la": "en", "length": "101:40.00", "re": "roadie"}
    timed = [re.fullmatch(r"\[(\d+):(\d\d)\.(\d\d)\](.*)", row).groups() for row in rows[4:]]
    at_s = [int(m) * 60 + int(s) + int(c) / 100 for m, s, c, _ in timed]
    assert at_s == pytest.approx([1.0, 2.0, 2.15, 3600.0, 3601.0])
    words = re.findall(r"<(\d+:\d\d\.\d\d)>([^<]*)", timed[0][3])
    assert words == [("00:01.00", "Rock "), ("00:01.30", "& "), ("00:01.50", "(roll)"), ("00:02.00", "")]
    assert timed[2][3] == timed[4][3] == ""


def parse_srt(text: str) -> list[tuple[float, float, str]]:
    cues = []
    for number, block in enumerate(text.strip().split("\n\n"), start=1):
        index, times, *rows = block.split("\n")
        assert int(index) == number
        found = re.fullmatch(r"(\d\d):(\d\d):(\d\d),(\d{3}) --> (\d\d):(\d\d):(\d\d),(\d{3})", times).groups()
        h, m, s, ms, h2, m2, s2, ms2 = map(int, found)
        start_s, end_s = h * 3600 + m * 60 + s + ms / 1000, h2 * 3600 + m2 * 60 + s2 + ms2 / 1000
        cues.append((start_s, end_s, "\n".join(rows)))
    return cues


def test_srt_has_one_cue_for_each_line():
    assert parse_srt(subtitles.encode_srt(lyrics())) == [
        (1.0, 2.0, "Rock & ‹roll›"),
        (2.004, 2.304, "[é] →"),
        (3599.995, 3601.0, "日本 語"),
    ]


def test_vtt_stamps_and_escapes():
    text = subtitles.encode_vtt(lyrics("ja"))
    head, *blocks = text.strip().split("\n\n")
    assert head.splitlines() == ["WEBVTT", "Language: ja"]
    times = [block.split("\n")[0] for block in blocks]
    assert times[2] == "00:59:59.995 --> 01:00:01.000"
    body = blocks[0].split("\n")[1]
    assert body == "Rock<00:00:01.300>&amp;<00:00:01.500>&lt;roll&gt;"
    spoken = html.unescape(re.sub(r"<\d\d:\d\d:\d\d\.\d{3}>", "", blocks[1].split("\n")[1]))
    assert spoken == "[é]-->"


def test_cues_never_overlap_or_vanish():
    lines = tuple(
        Line((Word("a", at, at + length, 1.0),), at, at + length)
        for at, length in [(0.0, 0.0), (0.1, 5.0), (0.2, 0.01), (9.0, 0.0)]
    )
    made = document.document(Lyrics("en", 1.0, lines), 10.0)
    cues = parse_srt(subtitles.encode_srt(made))
    assert all(start < end for start, end, _ in cues)
    assert all(a[1] <= b[0] for a, b in pairwise(cues))


@pytest.mark.skipif(shutil.which("ffmpeg") is None, reason="ffmpeg is not installed")
@pytest.mark.parametrize("extension", ["srt", "vtt"])
def test_ffmpeg_reads_what_was_written(tmp_path, extension):
    text = subtitles.encode_srt(lyrics()) if extension == "srt" else subtitles.encode_vtt(lyrics())
    path = tmp_path / f"words.{extension}"
    path.write_text(text, encoding="utf-8")
    command = ["ffmpeg", "-v", "error", "-i", str(path), "-f", "srt", "-"]
    read = subprocess.run(command, check=True, capture_output=True, text=True)
    assert read.stderr == ""
    cues = [(start, end, re.sub(r"<[^>]*>", "", text)) for start, end, text in parse_srt(read.stdout)]
    assert [(start, end) for start, end, _ in cues] == [(1.0, 2.0), (2.004, 2.304), (3599.995, 3601.0)]
    assert "Rock" in cues[0][2] and "é" in cues[1][2] and "日本" in cues[2][2]
