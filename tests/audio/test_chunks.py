from __future__ import annotations

import io
import json
import subprocess
from pathlib import Path

import mutagen.wave
import numpy as np
import pytest
import soundfile
import wavinfo
from hypothesis import given, settings
from hypothesis import strategies as st

from daemon.audio import chunk_bodies as bodies
from daemon.audio.chunks import Chunk, read_chunks, write_with_chunks
from daemon.audio.identity import payload_hash
from daemon.audio.tags import Tags, id3_chunk
from daemon.kernel.errors import BadParameter, InputError, UnreadableAudio
from tests.audio import chunk_readers
from tests.audio.material import RATE, need, noise

BEXT = bodies.Bext(
    "Drums of a song", "roadie", "ref 7", "2026-11-23", "10:20:30", 2**33 + 5, -14.25, -1.5, "A=PCM,F=44100\r\n"
)
SMPL = bodies.Sampler(57, RATE, (bodies.Loop(0, 9_999), bodies.Loop(100, 200)))
ACID = bodies.Acid(False, 8, 123.5, 57, (3, 4))
MARKERS = [bodies.Marker(10, "verse"), bodies.Marker(500, "refrain", 200), bodies.Marker(9000)]
INFO = {"INAM": "Kick", "ICMT": "odd", "ISFT": "roadie"}
USER = {"STEM": "drums & bass", "BPM": "123.5", "SOURCE": "Größe <1>"}


@pytest.fixture
def plain(tmp_path: Path) -> Path:
    path = tmp_path / "plain.wav"
    soundfile.write(path, noise(10_001, 1).T, RATE, subtype="PCM_24")
    return path


@pytest.fixture
def full(plain: Path, tmp_path: Path) -> Path:
    path = tmp_path / "full.wav"
    tags = Tags(title="Kick", comment="hello", bpm=123.5, key="Am", fields={"stem": "drums"})
    chunks = [bodies.bext(BEXT), bodies.smpl(SMPL), *bodies.cue(MARKERS), bodies.info(INFO), bodies.acid(ACID)]
    write_with_chunks(
        plain, path, [*chunks, bodies.ixml("A song", USER), Chunk(b"wEiR", b"abc"), id3_chunk(tags)]
    )
    return path


def test_wavinfo_reads_what_was_written(full: Path) -> None:
    read = wavinfo.WavInfoReader(str(full), info_encoding="utf-8")
    bext = read.bext.to_dict()
    assert (bext["description"], bext["originator"], bext["originator_ref"]) == (
        "Drums of a song",
        "roadie",
        "ref 7",
    )
    assert (bext["originator_date"], bext["originator_time"]) == ("2026-11-23", "10:20:30")
    assert (bext["time_reference"], bext["loudness_value"], bext["max_true_peak"]) == (2**33 + 5, -14.25, -1.5)
    assert read.info.title == "Kick" and read.info.software == "roadie"
    assert read.smpl.midi_note == 57
    assert [(loop.start, loop.end) for loop in read.smpl.sample_loops] == [(0, 9_999), (100, 200)]
    cues = read.cues.to_dict()
    assert [cues[n]["frame"] for n in (1, 2, 3)] == [10, 500, 9000]
    assert (cues[2]["label"], cues[2]["length"]) == ("refrain", 200)
    assert read.ixml.project == "A song"
    assert {e.tag: e.text for e in read.ixml.parsed.find("USER")} == USER


def test_other_programs_read_what_was_written(full: Path, plain: Path) -> None:
    tags = mutagen.wave.WAVE(full).tags
    assert (str(tags["TIT2"]), str(tags["TKEY"]), str(tags["TBPM"]), str(tags["TXXX:stem"])) == (
        "Kick",
        "Am",
        "123.5",
        "drums",
    )
    with soundfile.SoundFile(full) as file:
        said = file.extra_info
    for line in (
        "Beats     : 8",
        "Meter     : 3/4",
        "Tempo     : 123.5",
        "Root note : 0x39",
    ):
        assert line in said, line
    assert np.array_equal(soundfile.read(full, dtype="int32")[0], soundfile.read(plain, dtype="int32")[0])
    need("ffprobe")
    command = ["ffprobe", "-v", "error", "-show_format", "-of", "json", str(full)]
    found = json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout)["format"][
        "tags"
    ]
    assert int(found["time_reference"]) == 2**33 + 5
    assert found["encoded_by"] == "roadie"


def test_what_is_written_can_be_read_again(full: Path) -> None:
    chunks = {chunk.id + chunk.list_type: chunk for chunk in read_chunks(full)}
    assert chunk_readers.parse_bext(chunks[b"bext"]) == BEXT
    sampler = chunk_readers.parse_smpl(chunks[b"smpl"])
    assert (sampler.root_note, sampler.loops) == (SMPL.root_note, SMPL.loops)
    assert sampler.rate_hz == pytest.approx(RATE, abs=1)  # the chunk holds whole nanoseconds
    assert chunk_readers.parse_acid(chunks[b"acid"]) == ACID
    assert chunk_readers.parse_info(chunks[b"LISTINFO"]) == INFO
    assert chunk_readers.parse_cue(list(chunks.values())) == MARKERS
    assert chunk_readers.parse_ixml_user(chunks[b"iXML"]) == USER


def test_other_chunks_keep_their_bytes_and_order(full: Path, tmp_path: Path) -> None:
    copy = tmp_path / "copy.wav"
    write_with_chunks(full, copy, [bodies.info({"INAM": "Renamed"})])
    before, after = read_chunks(full), read_chunks(copy)
    assert [c.id + c.list_type for c in before] == [c.id + c.list_type for c in after]
    changed = [new for old, new in zip(before, after, strict=True) if old != new]
    assert [chunk_readers.parse_info(chunk) for chunk in changed] == [{"INAM": "Renamed"}]
    assert payload_hash(copy) == payload_hash(full)
    write_with_chunks(full, tmp_path / "same.wav", [])
    assert (tmp_path / "same.wav").read_bytes() == full.read_bytes()


def test_a_foreign_layout_survives(tmp_path: Path) -> None:
    """Metadata before the audio, an odd size, an upper-case ID3 chunk, two LISTs: as other programs write it."""
    source = tmp_path / "in.wav"
    buffer = io.BytesIO()
    soundfile.write(buffer, noise(100, 1).T, RATE, format="WAV", subtype="PCM_16")
    raw = buffer.getvalue()
    extra = [
        Chunk(b"LGWV", b"\x01\x02\x03"),
        bodies.info({"INAM": "old"}),
        Chunk(b"LIST", b"exif1234"),
        Chunk(b"ID3 ", b"ID3" + bytes(7)),
    ]
    body = (
        raw[12:36] + b"".join(chunk.framed() for chunk in extra) + raw[36:] + Chunk(b"_PMX", b"<x/>1").framed()
    )
    source.write_bytes(b"RIFF" + (len(body) + 4).to_bytes(4, "little") + b"WAVE" + body)
    out = tmp_path / "out.wav"
    write_with_chunks(source, out, [bodies.info({"INAM": "new"}), id3_chunk(Tags(title="t"))])
    names = [chunk.id + chunk.list_type for chunk in read_chunks(out)]
    assert names == [b"LGWV", b"LISTINFO", b"LISTexif", b"id3 ", b"_PMX"]
    found = read_chunks(out)
    assert (found[0], found[2], found[4]) == (extra[0], extra[2], Chunk(b"_PMX", b"<x/>1"))
    assert chunk_readers.parse_info(found[1]) == {"INAM": "new"}
    assert payload_hash(out) == payload_hash(source)


def test_nothing_is_written_over_or_left_behind(plain: Path, full: Path, tmp_path: Path) -> None:
    before = full.read_bytes()
    with pytest.raises(FileExistsError):
        write_with_chunks(plain, full, [])
    assert full.read_bytes() == before
    cut = tmp_path / "cut.wav"
    cut.write_bytes(plain.read_bytes()[:5000])
    with pytest.raises(UnreadableAudio, match="truncated"):
        write_with_chunks(cut, tmp_path / "out.wav", [])
    assert not (tmp_path / "out.wav").exists()
    soundfile.write(tmp_path / "a.flac", noise(100).T, RATE)
    with pytest.raises(InputError, match="flac"):
        read_chunks(tmp_path / "a.flac")


def test_ixml_refuses_what_is_no_name() -> None:
    with pytest.raises(BadParameter):
        bodies.ixml("", {"two words": "x"})


names = st.binary(min_size=4, max_size=4).filter(
    lambda n: n not in (b"fmt ", b"data", b"fact", b"ds64", b"LIST", b"ID3 ", b"id3 ")
)


@settings(max_examples=50)
@given(st.dictionaries(names, st.binary(max_size=300), max_size=6))
def test_any_chunks_come_back(tmp_path_factory: pytest.TempPathFactory, wanted: dict[bytes, bytes]) -> None:
    folder = tmp_path_factory.mktemp("any")
    soundfile.write(folder / "a.wav", noise(11, 1).T, RATE, subtype="PCM_U8")
    chunks = [Chunk(name, body) for name, body in wanted.items()]
    write_with_chunks(folder / "a.wav", folder / "b.wav", chunks)
    found = [chunk for chunk in read_chunks(folder / "b.wav") if chunk.id != b"PEAK"]
    assert {chunk.id: chunk.body for chunk in found} == wanted
    assert (folder / "b.wav").stat().st_size % 2 == 0
    assert soundfile.info(str(folder / "b.wav")).frames == 11
    assert payload_hash(folder / "a.wav") == payload_hash(folder / "b.wav")
