"""The root note that files are written with: a DAW transposes a loop by it, and a sampler plays a one-shot by it."""

from __future__ import annotations

import struct
from pathlib import Path

import pytest
import soundfile

from daemon.audio import chunk_bodies as bodies
from daemon.audio.chunks import Chunk, read_chunks, write_with_chunks
from daemon.audio.places import places
from daemon.audio.said import said
from daemon.kernel.types import AssetId, Json
from daemon.kernel.work import InputFile, Kind
from daemon.steps.encode import SPEC, EncodeParams
from daemon.steps.encode_run import run as encode
from daemon.steps.retag import RetagParams
from daemon.steps.retag_run import run as retag
from tests.audio.chunk_readers import parse_acid, parse_ixml_user, parse_smpl
from tests.audio.material import RATE, noise
from tests.steps.context import Context

LOOP: dict[str, Json] = {"kind": "loop", "bpm": 120.0, "bars": 1.0}
MEASURED: dict[str, Json] = {"root_note": 38, "root_cents": 11.0, "root_confidence": 0.8}
KICK: dict[str, Json] = {"kind": "one-shot", "class": "kick", "root_note": 30, "root_cents": -46.8}
ROOT_SET = 2  # of the flags of acid


def sound(path: Path, *chunks: Chunk) -> Path:
    plain = path.with_suffix(".plain")
    soundfile.write(plain, noise(2 * RATE, 1).T, RATE, format="WAV", subtype="PCM_16")
    write_with_chunks(plain, path, chunks)
    return path


def chunks_of(path: Path) -> dict[bytes, Chunk]:
    return {chunk.id + chunk.list_type: chunk for chunk in read_chunks(path)}


def encoded(folder: Path, **meta: Json) -> dict[bytes, Chunk]:
    kind = Kind.LOOP if meta["kind"] == "loop" else Kind.ONE_SHOT
    one = InputFile(sound(folder / "in.wav"), AssetId(""), kind, "in.wav", meta=meta)
    (folder / "out").mkdir()
    (made,) = encode(Context(folder / "out"), (one,), EncodeParams()).files
    return chunks_of(folder / "out" / made.name)


def retagged(folder: Path, path: Path, overwrite: bool = False, **facts: Json) -> dict[bytes, Chunk]:
    folder.mkdir(exist_ok=True)
    one = InputFile(path, AssetId(""), Kind.SOURCE, path.name)
    result = retag(Context(folder), (one,), RetagParams(facts=facts, overwrite=overwrite))
    return chunks_of(folder / result.files[0].name)


@pytest.mark.parametrize(
    ("key", "note"),
    [
        ("Am", 69),
        ("Bbm", 70),
        ("C#m", 61),
        ("Ebm", 63),
        ("Em", 64),
        ("F#m", 66),
        ("C", 60),
        ("Db", 61),
        ("Cb", 71),
    ],
)
def test_a_loop_has_the_tonic_of_its_key(tmp_path: Path, key: str, note: int) -> None:
    for found in (
        encoded(tmp_path, **LOOP, **MEASURED, key=key),
        retagged(tmp_path / "again", sound(tmp_path / "mine.wav"), **LOOP, **MEASURED, key=key),
    ):
        assert parse_acid(found[b"acid"]).root_note == note
        sampler = parse_smpl(found[b"smpl"])
        assert (sampler.root_note, sampler.cents) == (note, 0)
        assert parse_ixml_user(found[b"iXML"])["ROOT_NOTE"] == str(note)


def test_a_loop_without_a_key_claims_no_root(tmp_path: Path) -> None:
    found = encoded(tmp_path, **LOOP, **MEASURED)
    flags = struct.unpack_from("<I", found[b"acid"].body)[0]
    assert not flags & ROOT_SET
    sampler = parse_smpl(found[b"smpl"])
    assert (sampler.root_note, sampler.cents) == (60, 0)  # the chunk has no way to say none
    assert "ROOT_NOTE" not in parse_ixml_user(found[b"iXML"])


def test_a_one_shot_keeps_its_note_and_carries_its_cents(tmp_path: Path) -> None:
    found = encoded(tmp_path, **KICK)
    note, fraction = struct.unpack_from("<II", found[b"smpl"].body, 12)
    # 46.8 cents below note 30 are 53.2 cents above note 29; a semitone has 2 ** 32 parts
    assert (note, fraction) == (29, pytest.approx(0.532 * 2**32, abs=1))
    assert parse_acid(found[b"acid"]).root_note == 30
    assert parse_ixml_user(found[b"iXML"])["ROOT_NOTE"] == "30"
    assert {"root_note", "root_cents"} <= set(SPEC.reads)


@pytest.mark.parametrize(
    ("cents", "note", "above"), [(20.0, 60, 20), (-20.0, 59, 80), (50.0, 60, 50), (-3.0, 60, 0), (3.0, 60, 0)]
)
def test_cents_are_above_a_note(cents: float, note: int, above: float) -> None:
    sampler = parse_smpl(bodies.smpl(bodies.Sampler(60, RATE, cents=cents)))
    assert (sampler.root_note, sampler.cents) == (note, pytest.approx(above, abs=1e-6))


def test_what_was_written_agrees_with_itself(tmp_path: Path) -> None:
    chunks = retagged(tmp_path / "once", sound(tmp_path / "kick.wav"), **KICK)
    path = tmp_path / "once" / "tagged"
    assert all(29.4 < float(text) < 30.1 for text in said(places(path))["root_note"])
    assert retagged(tmp_path / "twice", path, **KICK) == chunks


def test_a_loops_root_contradicts_nothing_that_the_file_says(tmp_path: Path) -> None:
    mine = sound(tmp_path / "mine.wav", bodies.smpl(bodies.Sampler(48, RATE)))
    found = retagged(tmp_path / "note", mine, **LOOP, key="Am")
    assert parse_smpl(found[b"smpl"]).root_note == 48 and parse_acid(found[b"acid"]).root_note is None
    other = sound(tmp_path / "other.wav", bodies.ixml("", {"KEY": "Dm"}))
    found = retagged(tmp_path / "key", other, **LOOP, key="Am")
    assert parse_acid(found[b"acid"]).root_note is None and b"Am" not in b"".join(
        c.body for c in found.values()
    )
    found = retagged(tmp_path / "all", mine, overwrite=True, **LOOP, key="Am")
    assert parse_smpl(found[b"smpl"]).root_note == 69 and parse_acid(found[b"acid"]).root_note == 69
