"""What roadie wrote into a file is told apart, place by place, from what others say there: it is renewed, and taken
back where the library knows it no more."""

from __future__ import annotations

from collections.abc import Mapping
from io import BytesIO
from pathlib import Path
from typing import Any

import mutagen.wave
import pytest
import soundfile
import wavinfo
from mutagen.id3 import COMM, ID3, TCON, TIT2

from daemon.audio import chunk_bodies as bodies
from daemon.audio.chunks import Chunk, read_chunks, write_with_chunks
from daemon.audio.identity import payload_hash
from daemon.audio.places import places, texts_of
from daemon.kernel.types import AssetId
from daemon.kernel.work import InputFile, Kind
from daemon.steps.retag import RetagParams, Written
from daemon.steps.retag_run import run
from tests.audio.material import RATE, every_kind, noise, sweep
from tests.steps.context import Context

FACTS: dict[str, Any] = {
    "class": "kick", "confidence": 0.9, "kind": "loop", "bpm": 123.0, "bars": 2, "key": "F#m", "root_note": 57,
    "tags": ["punchy", "R&B"],
}  # fmt: skip
WORDS = (b"kick", b"F#m", b"punchy")
WRITABLE = ["wav24", "wav-float", "rf64", "mp3", "aiff", "flac", "ogg", "opus", "m4a", "alac"]


class Place:
    """Writes into one file, one time after the other, as the daemon does."""

    def __init__(self, path: Path, folder: Path) -> None:
        self.path = path
        self._folder = folder
        self._times = 0
        self.own = Written()
        self.told: Mapping[str, Any] = {}

    def write(self, facts: Mapping[str, Any], *, overwrite: bool = False) -> bytes:
        """The file afterwards."""
        self._times += 1
        out = self._folder / f"out{self._times}"
        out.mkdir()
        one = InputFile(self.path, AssetId(""), Kind.SOURCE, self.path.name)
        result = run(Context(out), (one,), RetagParams(facts=dict(facts), own=self.own, overwrite=overwrite))
        self.told = dict(result.annotations[0].meta)
        copy = out / result.files[0].name
        assert payload_hash(copy) == payload_hash(self.path)
        if self.told["changed"]:
            own: Any = self.told["own"]
            self.own = Written(facts=tuple(own["facts"]), texts=own["texts"])
        self.path = copy
        return copy.read_bytes()

    def chunks(self) -> dict[bytes, bytes]:
        return {chunk.id + chunk.list_type: chunk.body for chunk in read_chunks(self.path)}


@pytest.fixture(scope="module")
def kinds(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    return every_kind(tmp_path_factory.mktemp("kinds"), sweep(48000, 48000), 48000)


def wav(tmp_path: Path, *chunks: Chunk) -> Place:
    plain, path = tmp_path / "plain.wav", tmp_path / "mine.wav"
    soundfile.write(plain, noise(RATE, 1).T, RATE, subtype="PCM_16")
    write_with_chunks(plain, path, chunks)
    return Place(path, tmp_path)


def id3(*frames: Any) -> Chunk:
    tag, body = ID3(), BytesIO()
    for frame in frames:
        tag.add(frame)
    tag.save(body, v2_version=3, padding=lambda _: 0)
    return Chunk(b"id3 ", body.getvalue())


@pytest.mark.parametrize("overwrite", [False, True])
@pytest.mark.parametrize("name", WRITABLE)
def test_facts_that_are_taken_back_go_from_every_place(
    kinds: dict[str, Path], tmp_path: Path, name: str, overwrite: bool
) -> None:
    plain = kinds[name].read_bytes()
    place = Place(kinds[name], tmp_path)
    full = place.write(FACTS, overwrite=overwrite)
    left = place.write({}, overwrite=overwrite)
    assert place.told["gone"] and not place.told["wrote"]
    for word in WORDS:
        assert left.count(word) == plain.count(word) < full.count(word), word
    stays = texts_of(places(kinds[name]))
    if name.startswith("wav") or name == "rf64":  # a WAV still says who wrote into it
        stays |= {"INFO ISFT": "roadie", "bext originator": "roadie"}
    assert texts_of(places(place.path)) == stays
    if name.startswith("wav"):
        chunks = place.chunks()
        assert not {b"smpl", b"acid", b"id3 "} & set(chunks)
        assert bodies.info_parts(chunks[b"LISTINFO"]) == [(b"ISFT", b"roadie\0")]
        assert not chunks[b"bext"][:256].strip(b"\0")
    place.write({}, overwrite=overwrite)
    assert not place.told["changed"]


@pytest.mark.parametrize("name", WRITABLE)
def test_one_fact_that_is_taken_back_leaves_the_others(
    kinds: dict[str, Path], tmp_path: Path, name: str
) -> None:
    place = Place(kinds[name], tmp_path)
    place.write(FACTS)
    less = {key: value for key, value in FACTS.items() if key not in ("class", "confidence")}
    once = place.write(less)
    assert place.told["wrote"]  # comments without it
    (tmp_path / "fresh").mkdir()
    fresh = Place(kinds[name], tmp_path / "fresh")
    fresh.write(less)
    assert texts_of(places(place.path)) == texts_of(places(fresh.path))
    assert b"kick" not in once and place.write(less) == once


def test_words_that_others_have_changed_since_stay(tmp_path: Path) -> None:
    place = wav(tmp_path)
    place.write(FACTS)
    info = bodies.info({"IGNR": "Techno", "ICMT": "by hand", "ISFT": "roadie"})
    out = tmp_path / "edited.wav"
    acid = bodies.acid(bodies.Acid(False, 8, 99.0, 40))
    write_with_chunks(place.path, out, [info, acid])
    place.path = out
    place.write({})
    chunks = place.chunks()
    assert bodies.info_parts(chunks[b"LISTINFO"]) == [
        (b"IGNR", b"Techno\0"), (b"ICMT", b"by hand\0"), (b"ISFT", b"roadie\0"),
    ]  # fmt: skip
    assert chunks[b"acid"] == acid.body and b"smpl" not in chunks and b"kick" not in chunks[b"iXML"]


def test_the_same_word_of_somebody_else_stays_and_roadies_beside_it_is_renewed(tmp_path: Path) -> None:
    theirs = id3(TCON(encoding=0, text=["Techno"]), TIT2(encoding=0, text=["Mine"]))
    place = wav(tmp_path, id3(TIT2(encoding=0, text=["Mine"]), TCON(encoding=0, text=["kick"])))
    place.write({"class": "kick"})
    for label in ("snare", "tom"):
        place.write({"class": label})
        read = wavinfo.WavInfoReader(str(place.path))
        assert read.info.genre == label  # roadie's
        assert str(mutagen.wave.WAVE(place.path).tags["TCON"]) == "kick"  # theirs, though it once was the same
        assert str(mutagen.wave.WAVE(place.path).tags["TXXX:class"]) == label
    edited = tmp_path / "edited.wav"
    write_with_chunks(place.path, edited, [theirs])
    place.path = edited
    place.write({"class": "rim"})
    assert wavinfo.WavInfoReader(str(place.path)).info.genre == "rim"
    assert str(mutagen.wave.WAVE(place.path).tags["TCON"]) == "Techno"
    place.write({})
    assert wavinfo.WavInfoReader(str(place.path)).info.genre is None
    assert str(mutagen.wave.WAVE(place.path).tags["TCON"]) == "Techno"


def test_where_others_spoke_first_roadie_still_says_nothing(tmp_path: Path) -> None:
    place = wav(tmp_path, id3(TCON(encoding=0, text=["Techno"])))
    once = place.write(FACTS)
    assert b"IGNR" not in once
    assert place.write(FACTS) == once
    assert b"IGNR" not in place.write({**FACTS, "class": "tom"})


def test_a_tempo_of_somebody_beside_roadies_own(tmp_path: Path) -> None:
    """Roadie wrote first; then somebody said another tempo in one place."""
    place = wav(tmp_path)
    place.write(FACTS)
    frames = ID3(BytesIO(place.chunks()[b"id3 "]))
    frames["TBPM"].text = ["99"]
    body = BytesIO()
    frames.save(body, v2_version=3)
    edited = tmp_path / "edited.wav"
    write_with_chunks(place.path, edited, [Chunk(b"id3 ", body.getvalue())])
    place.path = edited
    place.write({**FACTS, "bpm": 140.0})
    assert str(mutagen.wave.WAVE(place.path).tags["TBPM"]) == "99"
    assert str(mutagen.wave.WAVE(place.path).tags["TXXX:bpm"]) == "140"
    assert b"<BPM>140</BPM>" in place.chunks()[b"iXML"]
    place.write({key: value for key, value in FACTS.items() if key not in ("bpm", "bars")})
    assert b"acid" not in place.chunks() and b"BPM" not in place.chunks()[b"iXML"]
    assert str(mutagen.wave.WAVE(place.path).tags["TBPM"]) == "99"


def test_loop_points_and_cues_of_the_users_stay_where_roadies_root_note_goes(tmp_path: Path) -> None:
    cues = bodies.cue([bodies.Marker(5, "mine")])
    loops = bodies.smpl(bodies.Sampler(48, RATE, (bodies.Loop(10, 500),)))
    place = wav(tmp_path, loops, *cues)
    before = place.chunks()
    place.write({"class": "kick", "kind": "one-shot", "root_note": 37}, overwrite=True)
    place.write({"class": "kick"})
    after = place.chunks()
    assert (after[b"cue "], after[b"LISTadtl"]) == (before[b"cue "], before[b"LISTadtl"])
    assert after[b"smpl"][36:] == before[b"smpl"][36:] and after[b"smpl"][:12] == before[b"smpl"][:12]
    assert after[b"smpl"][12:20] == bodies.smpl(bodies.Sampler(60, RATE)).body[12:20]
    assert b"acid" not in after


def test_a_loop_that_is_none_loses_the_loop_that_roadie_wrote(tmp_path: Path) -> None:
    place = wav(tmp_path)
    place.write(FACTS)
    place.write({"class": "kick", "kind": "one-shot", "root_note": 37})
    assert place.chunks()[b"smpl"] == bodies.smpl(bodies.Sampler(37, RATE)).body


def test_elements_of_others_keep_their_bytes(tmp_path: Path) -> None:
    mine = b"<BWFXML><SCENE>1</SCENE>\n<USER>as said <TAKE>3</TAKE></USER>\n</BWFXML>\0"
    place = wav(tmp_path, Chunk(b"iXML", mine))
    place.write(FACTS)
    assert b"<TAGS>punchy; R&amp;B</TAGS>" in place.chunks()[b"iXML"]
    place.write({})
    assert place.chunks()[b"iXML"] == mine


def test_texts_between_roadies_own_keep_their_bytes(tmp_path: Path) -> None:
    place = wav(tmp_path, bodies.info({"IART": "Me", "ICOP": "mine, all"}))
    before = place.chunks()[b"LISTINFO"]
    place.write(FACTS)
    place.write({})
    assert place.chunks()[b"LISTINFO"] == before + bodies.info({"ISFT": "roadie"}).body[4:]


def test_a_comment_in_another_language_is_nobodys_but_theirs(tmp_path: Path) -> None:
    place = wav(tmp_path, id3(COMM(encoding=0, lang="deu", desc="", text=["mein"])))
    place.write(FACTS)
    place.write({})
    assert [str(frame) for frame in mutagen.wave.WAVE(place.path).tags.values()] == ["mein"]


def test_an_old_tag_of_an_mp3_is_not_roadies(kinds: dict[str, Path], tmp_path: Path) -> None:
    """What its ID3v1 tag says goes into the newer one, and stays there."""
    path = tmp_path / "old.mp3"
    sound = kinds["mp3"].read_bytes()
    if sound.startswith(b"ID3"):
        sound = sound[int(ID3(kinds["mp3"]).size) :]
    path.write_bytes(sound + b"TAG" + b"a title".ljust(124, b"\0") + bytes([TCON.GENRES.index("Swing")]))
    place = Place(path, tmp_path)
    place.write({"class": "Swing"})
    assert "ID3 TCON" not in place.own.texts
    place.write({"class": "tom"})
    assert str(ID3(place.path)["TCON"]) == "Swing" and str(ID3(place.path)["TXXX:class"]) == "tom"


def test_the_content_of_a_file_tells_whose_words_stand_in_its_copy(tmp_path: Path) -> None:
    place = wav(tmp_path)
    place.write(FACTS)
    copies = {str(place.told["after"]): place.own}
    out = tmp_path / "of a copy"
    out.mkdir()
    one = InputFile(place.path, AssetId(""), Kind.SOURCE, "copy.wav")
    run(Context(out), (one,), RetagParams(facts={"class": "tom"}, copies=copies))
    assert wavinfo.WavInfoReader(str(out / "tagged")).info.genre == "tom"


def test_a_header_that_was_never_filled_in_is_no_reason_to_write(tmp_path: Path) -> None:
    """Writing chunks mends it; but there is nothing to write."""
    place = wav(tmp_path)
    place.write(FACTS)
    raw = bytearray(place.path.read_bytes())
    raw[4:8] = b"\xff" * 4
    place.path.write_bytes(raw)
    place.write(FACTS)
    assert not place.told["changed"] and not place.told["wrote"]


def test_cue_points_that_a_loop_gets_are_something_to_write(tmp_path: Path) -> None:
    place = wav(tmp_path)
    place.write(FACTS)
    place.write({**FACTS, "slices_frames": [0, 400, 900]})
    assert place.told["changed"] and b"cue " in place.chunks()
    place.write({})
    assert b"cue " in place.chunks()  # which a person may have come to use
