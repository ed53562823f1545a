"""ID3 tags of every version keep the frames that stand in them, byte for byte, whether or not anybody can read them."""

from __future__ import annotations

import shutil
import struct
from collections.abc import Sequence
from pathlib import Path

import pytest
from mutagen.id3 import ID3

from daemon.audio.chunks import Chunk, read_chunks, write_with_chunks
from daemon.audio.identity import payload_hash
from daemon.audio.merge_chunks import left_alone, merged
from daemon.audio.tags import Tags, id3_chunk, write_tags
from daemon.kernel.errors import UnreadableAudio
from tests.audio.material import RATE, every_kind, sweep
from tests.audio.test_tags import ffprobe_tags

TAGS = Tags(comment="heard", genre="kick", bpm=120.0, key="Am", fields={"class": "kick", "word": "Größe"})
MANY = (b"TPE1", b"\1" + "Artist A\0Artist B".encode("utf-16"))
ODD = [
    MANY, (b"GEOB", b"\x09bad"), (b"XYZ1", b"nobody knows"), (b"PRIV", b"owner\0\1\2\3"), (b"CHAP", b"x"),
    (b"TDRC", b"\0" + b"1999"), (b"RVAD", b"\1\2\3\4\5"), (b"APIC", b"\0image/png\0\x03d\0PNG\xff\0DATA"),
]  # fmt: skip


def syncsafe(value: int) -> bytes:
    return bytes(value >> shift & 0x7F for shift in (21, 14, 7, 0))


def frame(version: int, name: bytes, body: bytes, plain: bool = False) -> bytes:
    if version == 2:
        return name + len(body).to_bytes(3, "big") + body
    size = struct.pack(">I", len(body)) if version == 3 or plain else syncsafe(len(body))
    return name + size + b"\0\0" + body


def tag(version: int, body: bytes, flags: int = 0) -> bytes:
    return b"ID3" + bytes((version, 0, flags)) + syncsafe(len(body)) + body


@pytest.fixture(scope="module")
def kinds(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    return every_kind(tmp_path_factory.mktemp("kinds"), sweep(RATE))


def with_tag(kinds: dict[str, Path], tmp_path: Path, name: str, data: bytes) -> Path:
    """A file of this kind whose only ID3 tag is `data`."""
    path = tmp_path / f"{name}.audio"
    if name == "mp3":
        sound = kinds["mp3"].read_bytes()
        skip = int(ID3(kinds["mp3"]).size) if sound.startswith(b"ID3") else 0
        path.write_bytes(data + sound[skip:])
        return path
    if name == "wav24":
        write_with_chunks(kinds[name], path, [Chunk(b"id3 ", data)])
        return path
    raw = kinds[name].read_bytes() + b"ID3 " + struct.pack(">I", len(data)) + data + b"\0" * (len(data) & 1)
    path.write_bytes(raw[:4] + struct.pack(">I", len(raw) - 8) + raw[8:])
    return path


def retagged(path: Path, overwrite: bool = False) -> bytes:
    """The file's ID3 tag after it was tagged."""
    before = payload_hash(path)
    write_tags(path, TAGS, overwrite=overwrite)
    assert payload_hash(path) == before
    raw = path.read_bytes()
    return raw[raw.index(b"ID3\2") if b"ID3\2" in raw else max(raw.find(b"ID3\3"), raw.find(b"ID3\4")) :]


@pytest.mark.parametrize("overwrite", [False, True])
@pytest.mark.parametrize("version", [3, 4])
@pytest.mark.parametrize("name", ["mp3", "aiff", "wav24"])
def test_frames_that_nobody_can_read_stay(
    kinds: dict[str, Path], tmp_path: Path, name: str, version: int, overwrite: bool
) -> None:
    old = b"".join(frame(version, *each) for each in ODD)
    path = with_tag(kinds, tmp_path, name, tag(version, old + bytes(40)))
    data = retagged(path, overwrite)
    assert data[3] == version and data[10:].startswith(old)
    read = ID3()
    (tmp_path / "alone").write_bytes(data)
    read.load(tmp_path / "alone", translate=False)
    assert (str(read["TCON"]), str(read["TKEY"]), str(read["TXXX:word"])) == ("kick", "Am", "Größe")
    if name != "wav24":  # of whose chunks ffprobe reads INFO alone
        assert ffprobe_tags(path)["genre"] == "kick"


def test_an_old_version_stays_what_it_is(kinds: dict[str, Path], tmp_path: Path) -> None:
    odd = (
        (b"TP1", b"\0Oldie"),
        (b"CRM", b"owner\0expl\0DATA"),
        (b"PIC", b"\0PNG\x03d\0IMG"),
        (b"ZZZ", b"unknown"),
    )
    old = b"".join(frame(2, *each) for each in odd)
    path = with_tag(kinds, tmp_path, "mp3", tag(2, old))
    data = retagged(path)
    assert data[10:].startswith(old)
    found = ffprobe_tags(path)
    assert (found["artist"], found["genre"], found["word"]) == ("Oldie", "kick", "Größe")
    assert str(ID3(path)["TBPM"]) == "120"


def test_all_ways_of_writing_sizes_and_hiding_bytes_are_read(kinds: dict[str, Path], tmp_path: Path) -> None:
    """Unsynchronised tags, v2.4 with the plain sizes of old programs, and extended headers."""
    long = (b"TIT2", b"\0" + b"t" * 300)
    hidden = frame(4, b"TPE1", b"\1\xff\0\xfeA\0B\0")  # UTF-16 "AB", its mark hidden
    cases = {
        "plain 4": tag(4, frame(4, *long, plain=True) + frame(4, b"TSRC", b"\0US", plain=True)),
        "hidden 4": tag(4, frame(4, *long) + hidden, 0x80),
        "hidden 3": tag(3, (frame(3, *long) + frame(3, *MANY)).replace(b"\xff", b"\xff\0"), 0x80),
        "extended 3": tag(3, struct.pack(">IHI", 6, 0, 0) + frame(3, *long), 0x40),
        "extended 4": tag(4, syncsafe(6) + b"\1\0" + frame(4, *long), 0x40),
        "said to be extended": tag(3, frame(3, *long), 0x40),
    }
    for name, data in cases.items():
        path = with_tag(kinds, tmp_path, "mp3", data)
        before = ID3(path, translate=False)
        retagged(path)
        after = ID3(path, translate=False)
        assert before.items() <= after.items(), name
        assert (str(after["TCON"]), str(after["TXXX:word"])) == ("kick", "Größe"), name
        found = ffprobe_tags(path)
        assert (found["title"], found["genre"]) == ("t" * 300, "kick"), name


def test_padding_is_used_up_before_a_tag_grows(kinds: dict[str, Path], tmp_path: Path) -> None:
    path = with_tag(kinds, tmp_path, "mp3", tag(3, frame(3, b"TPE1", b"\0Me") + bytes(1000)))
    size = path.stat().st_size
    retagged(path)
    assert path.stat().st_size == size and str(ID3(path)["TPE1"]) == "Me"


def test_a_frame_that_cannot_be_read_is_not_given_a_second(kinds: dict[str, Path], tmp_path: Path) -> None:
    path = with_tag(kinds, tmp_path, "mp3", tag(3, frame(3, b"TCON", b"\x09odd") + frame(3, b"TBPM", b"\0")))
    data = retagged(path, overwrite=True)
    assert data.count(b"TCON") == 1 and data.count(b"TBPM") == 1 and b"TCON\0\0\0\4\0\0\x09odd" in data


def test_what_an_older_tag_says_goes_into_a_new_one(kinds: dict[str, Path], tmp_path: Path) -> None:
    path = with_tag(kinds, tmp_path, "mp3", b"")
    old = (
        b"TAG"
        + b"An old title".ljust(30, b"\0")
        + b"Me".ljust(30, b"\0")
        + bytes(30)
        + b"1999"
        + b"mine".ljust(30, b"\0")
        + b"\x11"
    )
    path.write_bytes(path.read_bytes() + old)
    retagged(path)
    assert path.read_bytes().endswith(old)
    read = ID3(path, load_v1=False, translate=False)
    assert (str(read["TIT2"]), str(read["TPE1"]), str(read["TYER"])) == ("An old title", "Me", "1999")
    assert [str(each) for each in read.getall("COMM")] == ["mine"]
    assert read["TCON"].genres == ["Rock"]  # genre 17 of ID3v1: it stands


@pytest.mark.parametrize("data", [tag(3, frame(3, *MANY))[:-3], b"ID3\5\0\0\0\0\0\0"])
def test_a_tag_that_cannot_be_read_is_left(kinds: dict[str, Path], tmp_path: Path, data: bytes) -> None:
    for name in ("aiff", "wav24"):
        path = with_tag(kinds, tmp_path, name, data)
        before = path.read_bytes()
        with pytest.raises(UnreadableAudio, match="ID3 tag"):
            write_tags(path, TAGS)
        assert path.read_bytes() == before
    wav = read_chunks(tmp_path / "wav24.audio")
    assert merged(wav, [id3_chunk(TAGS)], TAGS, True) == []
    assert ["ID3 tag" in why for why in left_alone(wav, [id3_chunk(TAGS)])] == [True]


def only(chunks: Sequence[Chunk], name: bytes) -> bytes:
    return next(chunk.body for chunk in chunks if chunk.id == name)


def test_a_wav_merges_them_the_same_way(kinds: dict[str, Path], tmp_path: Path) -> None:
    old = b"".join(frame(3, *each) for each in ODD)
    path, out = with_tag(kinds, tmp_path, "wav24", tag(3, old)), tmp_path / "out.wav"
    write_with_chunks(path, out, merged(read_chunks(path), [id3_chunk(TAGS)], TAGS, False))
    assert only(read_chunks(out), b"id3 ")[10:].startswith(old)
    shutil.copy(out, path)
    assert merged(read_chunks(path), [id3_chunk(TAGS)], TAGS, False) == []
