"""WAV files that bend the rules, as other programs leave them: what stands there stays, what is new is found."""

from __future__ import annotations

import json
import struct
import subprocess
from collections.abc import Sequence
from pathlib import Path

import pytest
import soundfile

from daemon.audio import chunk_bodies as bodies
from daemon.audio.chunks import Chunk, read_chunks, write_with_chunks
from daemon.audio.identity import payload_hash
from daemon.audio.riff import layout
from daemon.kernel.errors import InputError, UnreadableAudio
from tests.audio import chunk_readers
from tests.audio.material import RATE, need

SOUND = b"".join(struct.pack("<h", (at * 37) % 2000 - 1000) for at in range(2000))
FMT = Chunk(b"fmt ", struct.pack("<HHIIHH", 1, 1, RATE, 2 * RATE, 2, 16)).framed()
DATA = Chunk(b"data", SOUND).framed()
CUT = b"unkn" + struct.pack("<I", 1000)
NEW = [bodies.bext(bodies.Bext("heard", "roadie")), bodies.info({"ISFT": "roadie"}), Chunk(b"wEiR", b"odd")]
ID3V1 = b"TAG" + b"Title".ljust(30, b"\0") + b"Me".ljust(30, b"\0") + bytes(64) + b"\x01"
SHORT_ID3V1 = b"TAG" + b"Ab".ljust(30, b"\0") + b"Me".ljust(30, b"\0") + bytes(64) + b"\x01"
"""Read as a chunk it is `TAGA` with a size that fits."""


def wav(path: Path, parts: Sequence[bytes], tail: bytes = b"", size: int | None = None) -> Path:
    """size: what the header says where it is wrong."""
    body = b"WAVE" + b"".join(parts)
    path.write_bytes(b"RIFF" + struct.pack("<I", len(body) if size is None else size) + body + tail)
    return path


def unpadded(name: bytes, body: bytes) -> bytes:
    return name + struct.pack("<I", len(body)) + body


def tagged(path: Path) -> Path:
    out = path.with_suffix(".out.wav")
    write_with_chunks(path, out, NEW)
    assert payload_hash(out) == payload_hash(path)
    return out


def riff_end(path: Path) -> int:
    return 8 + int.from_bytes(path.read_bytes()[4:8], "little")


def ffprobe_tags(path: Path) -> dict[str, str]:
    need("ffprobe")
    command = ["ffprobe", "-v", "error", "-show_format", "-of", "json", str(path)]
    found = json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout)
    return found["format"].get("tags", {})


def check_readers(path: Path) -> None:
    """ffmpeg and libsndfile both skip a pad byte that is not there: they find what is new all the same."""
    assert ffprobe_tags(path)["encoder"] == "roadie"
    with soundfile.SoundFile(path) as file:
        assert "ISFT : roadie" in file.extra_info and file.frames == len(SOUND) // 2


def test_a_chunk_without_its_pad_byte_hides_none(tmp_path: Path) -> None:
    mine = bodies.info({"IART": "My artist", "ICMT": "my comment"})
    for number, parts in enumerate(
        (
            [FMT, DATA, unpadded(b"note", b"abc"), mine.framed()],
            [FMT, DATA, unpadded(b"note", b"abc"), unpadded(b"xtra", bytes(61)), unpadded(b"more", b""), mine.framed()],
            [FMT, unpadded(b"note", b"abc"), DATA, mine.framed()],
        )
    ):  # fmt: skip
        path = wav(tmp_path / f"{number}.wav", parts)
        found = read_chunks(path)
        assert found[0] == Chunk(b"note", b"abc") and found[-1] == mine, number
        out = tmp_path / f"{number}.out.wav"
        write_with_chunks(path, out, [Chunk(b"LIST", mine.body + bodies.info({"ISFT": "roadie"}).body[4:])])
        after = read_chunks(out)
        assert after[:-1] == found[:-1]
        assert chunk_readers.parse_info(after[-1]) == {
            "IART": "My artist",
            "ICMT": "my comment",
            "ISFT": "roadie",
        }
        assert riff_end(out) == out.stat().st_size
        check_readers(out)
        assert ffprobe_tags(out)["artist"] == "My artist"


def test_the_last_chunk_may_lack_its_pad_byte(tmp_path: Path) -> None:
    path = wav(tmp_path / "a.wav", [FMT, DATA, unpadded(b"note", b"abc")])
    out = tagged(path)
    assert [chunk for chunk in read_chunks(out) if chunk.id == b"note"] == [Chunk(b"note", b"abc")]
    check_readers(out)


@pytest.mark.parametrize("tail", [ID3V1, SHORT_ID3V1, b"\1\2\3\4\5", bytes(300), b"x"])
def test_what_stands_behind_the_riff_stays_behind_it(tmp_path: Path, tail: bytes) -> None:
    path = wav(tmp_path / "a.wav", [FMT, DATA], tail)
    out = tagged(path)
    assert out.read_bytes()[riff_end(out) :] == tail
    check_readers(out)
    inside = wav(tmp_path / "b.wav", [FMT, DATA, b"\1\2\3\4\5"])  # of which the size in the header knows
    assert tagged(inside).read_bytes().endswith(b"\1\2\3\4\5")
    assert riff_end(tagged_path := inside.with_suffix(".out.wav")) == tagged_path.stat().st_size


def test_headers_and_padding_are_carried_as_they_are(tmp_path: Path) -> None:
    odd = b"Xyz " + struct.pack("<I", 3) + b"123Q"
    cut = CUT + b"only this"
    out = tagged(wav(tmp_path / "a.wav", [FMT, DATA, odd, cut]))
    raw = out.read_bytes()
    assert odd in raw and raw.endswith(cut)  # last, since readers take all behind it for its body
    assert riff_end(out) == len(raw)
    check_readers(out)


def test_a_list_that_claims_too_much_stays_as_it_is(tmp_path: Path) -> None:
    claims = b"LIST" + struct.pack("<I", 500) + bodies.info({"IART": "My artist"}).body
    path = wav(tmp_path / "a.wav", [FMT, DATA, claims])
    out = tagged(path)
    assert out.read_bytes().endswith(claims) and not read_chunks(out)[-1].whole


def test_a_size_that_was_never_filled_in_is_filled_in(tmp_path: Path) -> None:
    path = wav(tmp_path / "a.wav", [FMT, b"data" + b"\xff" * 4 + SOUND], size=0xFFFFFFFF)
    check_readers(tagged(path))
    out = tagged(wav(tmp_path / "b.wav", [FMT, DATA, Chunk(b"unkn", b"abc").framed()], size=0))
    assert riff_end(out) == out.stat().st_size and Chunk(b"unkn", b"abc") in read_chunks(out)


@pytest.mark.parametrize(
    ("parts", "said"),
    [
        ([FMT, DATA, CUT + b"abcd" + bodies.info({"IART": "Me"}).framed()], "other chunks"),
        ([FMT, b"data" + bytes(4), SOUND], "says nothing of the sound"),
        ([FMT, b"note" + struct.pack("<I", 9000) + b"abc", DATA], "no chunk with sound"),
        ([FMT, b"data" + struct.pack("<I", 9000) + SOUND], "truncated"),
    ],
)  # fmt: skip
def test_what_cannot_be_written_again_whole_is_refused(tmp_path: Path, parts: list[bytes], said: str) -> None:
    path = wav(tmp_path / "a.wav", parts)
    before = path.read_bytes()
    with pytest.raises(UnreadableAudio, match=said):
        write_with_chunks(path, tmp_path / "out.wav", NEW)
    assert path.read_bytes() == before and not (tmp_path / "out.wav").exists()


GIB4 = 1 << 32


def long_wav(path: Path, data_bytes: int, claimed: int, form: bytes = b"RIFF", ds64: bytes = b"") -> Path:
    """With holes instead of sound, which take no place on the disk."""
    head = b"WAVE" + ds64 + FMT + b"data" + struct.pack("<I", claimed)
    with path.open("wb") as file:
        file.write(form + struct.pack("<I", (len(head) + data_bytes) % GIB4) + head)
        file.truncate(8 + len(head) + data_bytes)
    return path


def test_silence_behind_the_sound_is_not_a_million_chunks(tmp_path: Path) -> None:
    path = long_wav(tmp_path / "a.wav", 200_000, 40_000)
    with path.open("rb") as file:
        found = layout(file, path)
    assert [place.id for place in found.places] == [b"fmt ", b"data"] and found.file_end > found.end
    out = tagged(path)
    assert out.read_bytes().endswith(path.read_bytes()[found.end :])


@pytest.mark.parametrize("claimed", [GIB4 - 1, 40_000, 0x7FFFF000], ids=["to a pipe", "wrapped", "sox"])
def test_sound_of_more_than_4_gb_that_the_header_cannot_say_is_refused(tmp_path: Path, claimed: int) -> None:
    """It would be cut in two: what is new would stand where the header says that the sound ends, which is amid it."""
    path = long_wav(tmp_path / "a.wav", GIB4 + 40_000, claimed)
    with pytest.raises(InputError, match="longer than the 4 GB"):
        write_with_chunks(path, tmp_path / "out.wav", NEW)
    assert not (tmp_path / "out.wav").exists()


def test_an_rf64_that_does_not_say_its_size_is_refused(tmp_path: Path) -> None:
    path = long_wav(tmp_path / "a.wav", GIB4 + 40_000, GIB4 - 1, b"RF64")
    with pytest.raises(InputError, match="longer than the 4 GB"):
        write_with_chunks(path, tmp_path / "out.wav", NEW)


def test_a_wav_that_would_pass_4_gb_is_refused_and_stays_a_riff(tmp_path: Path) -> None:
    path = long_wav(tmp_path / "a.wav", GIB4 - 100, GIB4 - 100)
    with pytest.raises(InputError, match=r"would pass 4 GB.*RF64"):
        write_with_chunks(path, tmp_path / "out.wav", NEW)
    assert not (tmp_path / "out.wav").exists()


@pytest.mark.parametrize("form", [b"BW64", b"RF64"])
def test_a_chunk_is_taken_away_and_renewed_in_long_forms_too(tmp_path: Path, form: bytes) -> None:
    ds64 = Chunk(b"ds64", struct.pack("<QQQI", 0, len(SOUND), len(SOUND) // 2, 0)).framed()
    path, out = tmp_path / "a.wav", tmp_path / "b.wav"
    old = [Chunk(b"acid", bytes(24)), bodies.info({"IGNR": "kick"}), Chunk(b"LGWV", b"mine!")]
    rest = b"data" + b"\xff" * 4 + SOUND + b"".join(chunk.framed() for chunk in old)
    path.write_bytes(form + b"\xff" * 4 + b"WAVE" + ds64 + FMT + rest)
    write_with_chunks(path, out, [Chunk(b"acid", b"", gone=True), bodies.info({"IGNR": "tom"})])
    assert read_chunks(out) == [bodies.info({"IGNR": "tom"}), old[2]]
    assert struct.unpack_from("<Q", out.read_bytes(), 20)[0] == out.stat().st_size - 8


@pytest.mark.parametrize("form", [b"BW64", b"RF64"])
def test_long_forms_stay_what_they_are(tmp_path: Path, form: bytes) -> None:
    """Their `ds64` keeps its table, so that a further long chunk keeps its size; only the whole's is another."""
    axml = b"<ebuCoreMain>" + b"x" * 100 + b"</ebuCoreMain>"
    chna = Chunk(b"chna", b"\1\0\1\0" + bytes(40))
    table = struct.pack("<4sQ", b"axml", len(axml))
    ds64 = Chunk(b"ds64", struct.pack("<QQQI", 0, len(SOUND), len(SOUND) // 2, 1) + table)
    rest = b"data" + b"\xff" * 4 + SOUND + b"axml" + b"\xff" * 4 + axml + b"\0" * (len(axml) & 1)
    path = tmp_path / "a.wav"
    path.write_bytes(form + b"\xff" * 4 + b"WAVE" + ds64.framed() + FMT + chna.framed() + rest)
    out = tagged(path)
    raw = out.read_bytes()
    assert raw[:8] == form + b"\xff" * 4
    assert struct.unpack_from("<QQQI", raw, 20) == (len(raw) - 8, len(SOUND), len(SOUND) // 2, 1)
    assert raw[48:60] == table
    found = read_chunks(out)
    assert chna in found and Chunk(b"axml", axml) in found and NEW[1] in found
    need("ffprobe")
    command = ["ffprobe", "-v", "error", "-show_entries", "stream=duration_ts", "-of", "csv=p=0", str(out)]
    assert int(subprocess.run(command, capture_output=True, text=True, check=True).stdout) == len(SOUND) // 2
