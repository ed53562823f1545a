"""What roadie writes into a file of the user's does not contradict what the file says, in whichever of its parts."""

from __future__ import annotations

import re
from io import BytesIO
from pathlib import Path
from typing import Any

import mutagen
import pytest
import soundfile
from mutagen.apev2 import APEv2
from mutagen.flac import FLAC
from mutagen.id3 import ID3, TBPM, TCON, TKEY, TXXX

from daemon.audio import chunk_bodies as bodies
from daemon.audio.chunks import Chunk, read_chunks, write_with_chunks
from daemon.kernel.types import AssetId
from daemon.kernel.work import InputFile, Kind
from daemon.steps.retag import RetagParams
from daemon.steps.retag_run import run
from tests.audio.material import RATE, every_kind, noise, sweep
from tests.steps.context import Context

FACTS: dict[str, Any] = {
    "class": "kick", "confidence": 0.9, "kind": "loop", "bpm": 120.0, "bars": 2, "key": "Am", "root_note": 57,
}  # fmt: skip


def id3(*frames: Any) -> Chunk:
    tag, body = ID3(), BytesIO()
    for frame in frames:
        tag.add(frame)
    tag.save(body, v2_version=3, padding=lambda _: 0)
    return Chunk(b"id3 ", body.getvalue())


def text(value: str) -> dict[str, Any]:
    return {"encoding": 0, "text": [value]}


def retagged(tmp_path: Path, *chunks: Chunk, facts: dict[str, Any] = FACTS, **more: Any) -> tuple[bytes, dict]:
    """All of the file but its sound, and what the step said."""
    plain, path, out = tmp_path / "plain.wav", tmp_path / "mine.wav", tmp_path / "out"
    soundfile.write(plain, noise(RATE, 1).T, RATE, subtype="PCM_16")
    write_with_chunks(plain, path, chunks)
    out.mkdir()
    one = InputFile(path, AssetId(""), Kind.SOURCE, path.name)
    result = run(Context(out), (one,), RetagParams(facts=facts, **more))
    found = [chunk.body for chunk in read_chunks(out / result.files[0].name)]
    return b"".join(found), dict(result.annotations[0].meta)


def test_a_genre_and_a_tempo_of_the_users_stand_alone(tmp_path: Path) -> None:
    found, said = retagged(tmp_path, id3(TCON(**text("Techno")), TBPM(**text("87.5")), TKEY(**text("Dm"))))
    assert b"IGNR" not in found and b"Techno" in found
    assert "acid" not in said["wrote"]
    assert not re.search(rb"120|Am<|>Am|, Am", found)
    assert b"<CLASS>kick</CLASS>" in found  # which is no genre
    assert said["left"] == []


def test_chunks_of_the_users_count_for_id3(tmp_path: Path) -> None:
    acid = bodies.acid(bodies.Acid(False, 8, 100.0, 40))
    found, _ = retagged(tmp_path, bodies.info({"IGNR": "Breaks"}), acid)
    assert b"TCON" not in found and b"TBPM" not in found and b"120" not in found and b"ROOT_NOTE" not in found
    assert b"TKEY" in found and b"TXXX" in found


def test_a_class_that_stands_in_a_field_is_contradicted_nowhere(tmp_path: Path) -> None:
    found, _ = retagged(tmp_path, id3(TXXX(desc="class", **text("rim"))))
    assert b"kick" not in found and b"0.9" not in found


def test_what_agrees_is_no_hindrance(tmp_path: Path) -> None:
    found, said = retagged(tmp_path, id3(TCON(**text("Kick")), TBPM(**text("120")), TKEY(**text("A minor"))))
    assert (
        b"IGNR" in found
        and b"<BPM>120</BPM>" in found
        and "acid" in said["wrote"]
        and b"<KEY>Am</KEY>" in found
    )


def test_overwriting_writes_it_everywhere(tmp_path: Path) -> None:
    found, said = retagged(tmp_path, id3(TCON(**text("Techno")), TBPM(**text("87.5"))), overwrite=True)
    assert b"IGNR" in found and b"Techno" not in found and b"87.5" not in found and "acid" in said["wrote"]


@pytest.mark.parametrize("name", ["flac", "m4a", "mp3"])
def test_other_containers_too(tmp_path: Path, name: str) -> None:
    path = every_kind(tmp_path, sweep(RATE))[name]
    if name == "flac":
        flac = FLAC(path)
        flac["INITIALKEY"], flac["GENRE"] = "Dm", "Techno"
        flac.save()
    elif name == "mp3":
        tags = ID3()
        tags.add(TKEY(**text("Dm")))
        tags.add(TCON(**text("Techno")))
        tags.save(path)
    else:
        mp4 = mutagen.File(path)
        mp4["----:com.apple.iTunes:initialkey"], mp4["\xa9gen"] = [b"Dm"], ["Techno"]
        mp4.save()
    (tmp_path / "out").mkdir()
    one = InputFile(path, AssetId(""), Kind.SOURCE, path.name)
    run(Context(tmp_path / "out"), (one,), RetagParams(facts=FACTS))
    tags = mutagen.File(tmp_path / "out" / "tagged").tags
    said = " ".join(f"{key}={value}" for key, value in tags.items())
    assert "Dm" in said and "Am" not in said and "Techno" in said and said.lower().count("class") >= 1, said


def test_a_class_that_nobody_knows_is_not_written(tmp_path: Path) -> None:
    found, _ = retagged(tmp_path, facts={"class": "unsure", "confidence": 0.1, "kind": "one-shot"})
    assert b"unsure" not in found and b"one-shot" in found


def test_a_part_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    torn = Chunk(b"LIST", b"INFOIART\xff\xff\0\0Abcd\0\0")
    found, said = retagged(tmp_path, torn)
    assert torn.body in found and [why.split(",")[0] for why in said["left"]] == [
        "the entries of its LIST INFO chunk cannot be told apart"
    ]


def test_the_apev2_tag_of_an_mp3_counts(tmp_path: Path) -> None:
    path = every_kind(tmp_path, sweep(2))["mp3"]
    tag = APEv2()
    tag["BPM"], tag["Key"] = "133", "F#m"
    tag.save(path)
    (out := tmp_path / "retagged").mkdir()
    run(Context(out), (InputFile(path, AssetId(""), Kind.SOURCE, path.name),), RetagParams(facts=FACTS))
    frames = ID3(out / "tagged")
    assert str(frames["TCON"]) == "kick" and "TBPM" not in frames and "TKEY" not in frames
