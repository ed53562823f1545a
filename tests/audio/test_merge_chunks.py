"""A file of the user's with everything in it gets what is missing and keeps the rest, byte for byte."""

from __future__ import annotations

import struct
from io import BytesIO
from pathlib import Path

import mutagen.wave
import pytest
import soundfile
import wavinfo
from mutagen.id3 import APIC, COMM, GEOB, ID3, TBPM, TCON, TIT2

from daemon.audio import chunk_bodies as bodies
from daemon.audio.chunks import Chunk, read_chunks, write_with_chunks
from daemon.audio.identity import payload_hash
from daemon.audio.merge_chunks import left_alone, merged
from daemon.audio.tags import Tags, id3_chunk
from tests.audio import chunk_readers
from tests.audio.material import RATE, noise
from tests.audio.test_odd_chunks import ffprobe_tags

UMID = bytes(range(64))
IXML = (
    b'<?xml version="1.0" encoding="UTF-8"?>\n<BWFXML><SCENE>12A</SCENE><!-- by a recorder -->'
    b"<USER>as said<CLASS>my own word</CLASS></USER><ODD a='1'/></BWFXML>\0\0"
)
TAGS = Tags(comment="roadie heard a kick", genre="kick", bpm=120.0, key="Am", fields={"class": "kick"})


def of_the_user(path: Path) -> Path:
    """A WAV as a recorder, a DJ program and a sampler have left it."""
    plain = path.with_suffix(".plain")
    soundfile.write(plain, noise(8001, 2).T, RATE, subtype="PCM_24", format="WAV")
    bext = bytearray(
        bodies.bext(bodies.Bext("", "", "ref", "2020-01-02", "03:04:05", 7, -9.5, -0.5, "A=PCM\r\n")).body
    )
    bext[348:412] = UMID
    frames = ID3()
    frames.add(COMM(encoding=3, lang="deu", desc="", text=["mein Kommentar"]))
    frames.add(TBPM(encoding=3, text=["87.5"]))
    frames.add(APIC(encoding=3, mime="image/png", type=3, desc="", data=b"\x89PNG" + bytes(range(256))))
    frames.add(
        GEOB(encoding=0, mime="application/octet-stream", filename="", desc="Serato BeatGrid", data=b"\1\0grid")
    )
    body = BytesIO()
    frames.save(body, v2_version=4)
    info = b"INFO" + b"".join(
        name + struct.pack("<I", len(text)) + text + b"\0" * (len(text) & 1)
        for name, text in ((b"ICMT", b"by hand, latin \xe4\0"), (b"IGNR", b"Breaks\0"), (b"XODD", b"\1\2\3"))
    )
    loops = bodies.smpl(bodies.Sampler(48, RATE, (bodies.Loop(10, 500),)))
    write_with_chunks(
        plain, path,
        [Chunk(b"bext", bytes(bext)), Chunk(b"LIST", info), Chunk(b"iXML", IXML), loops,
         *bodies.cue([bodies.Marker(99, "mine"), bodies.Marker(4000, "drop", 200)]), Chunk(b"LGWV", b"\7" * 33),
         Chunk(b"id3 ", body.getvalue())],
    )  # fmt: skip
    return path


def wanted() -> list[Chunk]:
    acid = bodies.Acid(False, 8, 120.0, 57)
    return [
        bodies.bext(bodies.Bext("a kick", "roadie")), bodies.info({"ICMT": "no", "IGNR": "kick", "ISFT": "roadie"}),
        bodies.ixml("", {"CLASS": "kick", "BPM": "120"}), bodies.smpl(bodies.Sampler(57, RATE)), bodies.acid(acid),
        *bodies.cue([bodies.Marker(1, "not wanted")]), id3_chunk(TAGS),
    ]  # fmt: skip


@pytest.fixture
def mine(tmp_path: Path) -> Path:
    return of_the_user(tmp_path / "mine.wav")


def tagged(path: Path, overwrite: bool = False) -> Path:
    out = path.with_name(f"tagged-{overwrite}.wav")
    write_with_chunks(path, out, merged(read_chunks(path), wanted(), TAGS, overwrite))
    assert payload_hash(out) == payload_hash(path)
    return out


def kept(chunks: list[Chunk], *names: bytes) -> list[Chunk]:
    return [chunk for chunk in chunks if chunk.id + chunk.list_type in names]


@pytest.mark.parametrize("overwrite", [False, True])
def test_cues_grids_artwork_comments_and_unknown_chunks_keep_their_bytes(mine: Path, overwrite: bool) -> None:
    out = tagged(mine, overwrite)
    before, after = read_chunks(mine), read_chunks(out)
    names = (b"cue ", b"LISTadtl", b"LGWV")
    assert kept(after, *names) == kept(before, *names) != []
    tags = mutagen.wave.WAVE(out).tags
    assert [frame.text for frame in tags.getall("COMM")] == [["mein Kommentar"]]
    assert tags.getall("APIC")[0].data == b"\x89PNG" + bytes(range(256))
    assert tags["GEOB:Serato BeatGrid"].data == b"\1\0grid"
    assert tags.version == (2, 4, 0)


def test_what_is_empty_is_filled_and_what_is_said_stays(mine: Path) -> None:
    out = tagged(mine)
    after = {chunk.id + chunk.list_type: chunk for chunk in read_chunks(out)}
    bext = after[b"bext"].body
    assert bext[348:412] == UMID
    said = chunk_readers.parse_bext(after[b"bext"])
    assert (said.description, said.originator, said.originator_reference) == ("a kick", "roadie", "ref")
    assert (said.time_reference_frames, said.loudness_lufs, said.coding_history) == (7, -9.5, "A=PCM\r\n")
    parts = dict(bodies.info_parts(after[b"LISTINFO"].body))
    assert parts == {
        b"ICMT": b"by hand, latin \xe4\0",
        b"IGNR": b"Breaks\0",
        b"XODD": b"\1\2\3",
        b"ISFT": b"roadie\0",
    }
    text = after[b"iXML"].body
    assert b"<SCENE>12A</SCENE><!-- by a recorder -->" in text and b"<ODD a='1'/></BWFXML>\0\0" in text
    assert b"as said<CLASS>my own word</CLASS><BPM>120</BPM>" in text
    assert chunk_readers.parse_smpl(after[b"smpl"]).root_note == 48
    assert chunk_readers.parse_acid(after[b"acid"]).beats == 8
    tags = mutagen.wave.WAVE(out).tags
    assert (str(tags["TBPM"]), str(tags["TCON"]), str(tags["TKEY"])) == ("87.5", "kick", "Am")
    read = wavinfo.WavInfoReader(str(out), info_encoding="latin-1")
    assert read.cues.to_dict()[2]["label"] == "drop" and read.bext.originator == "roadie"


def test_overwrite_replaces_facts_and_nothing_else(mine: Path) -> None:
    out = tagged(mine, overwrite=True)
    after = {chunk.id + chunk.list_type: chunk for chunk in read_chunks(out)}
    parts = dict(bodies.info_parts(after[b"LISTINFO"].body))
    assert parts[b"IGNR"] == b"kick\0" and parts[b"ICMT"] == b"by hand, latin \xe4\0"
    sampler = chunk_readers.parse_smpl(after[b"smpl"])
    assert (sampler.root_note, sampler.loops) == (57, (bodies.Loop(10, 500),))
    assert b"<CLASS>kick</CLASS>" in after[b"iXML"].body
    assert str(mutagen.wave.WAVE(out).tags["TBPM"]) == "120"


def test_again_there_is_nothing_to_write(mine: Path) -> None:
    assert merged(read_chunks(tagged(mine)), wanted(), TAGS, False) == []


def test_a_second_chunk_of_a_kind_stays(tmp_path: Path, mine: Path) -> None:
    raw = bytearray(mine.read_bytes())
    extra = Chunk(b"LIST", b"INFO" + b"IART" + struct.pack("<I", 4) + b"Me\0\0").framed()
    raw += extra
    raw[4:8] = struct.pack("<I", len(raw) - 8)
    double = tmp_path / "double.wav"
    double.write_bytes(raw)
    out = tagged(double)
    assert extra in out.read_bytes()


def test_titles_stay(tmp_path: Path) -> None:
    frames = ID3()
    frames.add(TIT2(encoding=3, text=["Mine"]))
    frames.add(TCON(encoding=3, text=["(4)(7)Disco"]))
    body = BytesIO()
    frames.save(body, v2_version=3)
    chunk = next(c for c in merged([Chunk(b"ID3 ", body.getvalue())], [id3_chunk(TAGS)], TAGS, False))
    again = ID3(BytesIO(chunk.body))
    assert chunk.id == b"ID3 " and str(again["TIT2"]) == "Mine" and again.version == (2, 3, 0)
    assert again["TCON"].text == ["(4)(7)Disco"] or "Disco" in again["TCON"].genres


def unpadded(*entries: tuple[bytes, bytes]) -> Chunk:
    """As programs write it that know of no pad byte."""
    return Chunk(
        b"LIST", b"INFO" + b"".join(name + struct.pack("<I", len(text)) + text for name, text in entries)
    )


MINE = ((b"IART", b"Abcd\0"), (b"ICOP", b"mine\0"), (b"IENG", b"engineer\0"))


@pytest.mark.parametrize("overwrite", [False, True])
@pytest.mark.parametrize("count", [1, 2, 3])
def test_texts_without_padding_keep_their_bytes(
    tmp_path: Path, mine: Path, count: int, overwrite: bool
) -> None:
    old = unpadded(*MINE[:count], (b"IGNR", b"Own\0"))
    path, out = tmp_path / "a.wav", tmp_path / "b.wav"
    write_with_chunks(mine.with_suffix(".plain"), path, [old])
    before = ffprobe_tags(path)
    write_with_chunks(path, out, merged(read_chunks(path), wanted(), TAGS, overwrite))
    body = next(chunk.body for chunk in read_chunks(out) if chunk.list_type == b"INFO")
    assert body.startswith(old.body[: old.body.index(b"IGNR")])
    genre = b"kick\0" if overwrite else b"Own\0"
    more = [(b"IGNR", genre), (b"ICMT", b"no\0"), (b"ISFT", b"roadie\0")]
    assert bodies.info_parts(body) == [*MINE[:count], *more]
    after = ffprobe_tags(out)
    assert before.items() <= {**after, **({"genre": "Own"} if overwrite else {})}.items()
    assert after["encoder"] == "roadie"


def test_texts_that_cannot_be_told_apart_stay_as_they_are(mine: Path) -> None:
    torn = Chunk(b"LIST", b"INFOIART" + struct.pack("<I", 900) + b"Abcd\0")
    cut = Chunk(b"acid", bytes(5), whole=False)
    old = [torn, cut]
    changed = merged(old, wanted(), TAGS, True)
    assert not any(chunk.list_type == b"INFO" or chunk.id == b"acid" for chunk in changed)
    assert len(changed) == len(wanted()) - 2
    assert [why.split(",")[0] for why in left_alone(old, wanted())] == [
        "the entries of its LIST INFO chunk cannot be told apart",
        "its acid chunk is cut off",
    ]


def test_an_empty_text_is_filled() -> None:
    old = Chunk(b"LIST", b"INFO" + bodies.sub_chunk(b"IGNR", b"\0") + bodies.sub_chunk(b"IART", b"Me\0"))
    (changed,) = merged([old], [bodies.info({"IGNR": "kick"})], TAGS, False)
    assert bodies.info_parts(changed.body) == [(b"IGNR", b"kick\0"), (b"IART", b"Me\0")]
