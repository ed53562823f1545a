"""Tags into copies of the user's files, of every container; the sound and what stands there stay."""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import mutagen
import mutagen.wave
import pytest
from mutagen.aiff import AIFF
from mutagen.flac import FLAC, Picture
from mutagen.id3 import APIC, COMM, GEOB, ID3, TIT2
from mutagen.mp4 import MP4, MP4Cover

from daemon.audio.identity import payload_hash
from daemon.kernel.errors import InputError
from daemon.kernel.types import AssetId
from daemon.kernel.work import InputFile, Kind
from daemon.steps.retag import RetagParams
from daemon.steps.retag_run import run
from tests.audio.material import every_kind, sweep
from tests.audio.test_tags import ffprobe_tags
from tests.steps.context import Context

FACTS = {
    "class": "kick",
    "kind": "one-shot",
    "bpm": 123.5,
    "key": "C#m",
    "root_note": 37,
    "tags": ["punchy", "Größe"],
}
PICTURE = b"\x89PNG" + bytes(range(200))


@pytest.fixture(scope="module")
def kinds(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("kinds")
    made = every_kind(folder, sweep(48000, 48000), 48000)
    _adorn(made)
    return made


def _adorn(made: Mapping[str, Path]) -> None:
    """Artwork, a comment and a DJ program's grid, as a user's files have them."""
    for name, kind in (("mp3", None), ("aiff", AIFF)):
        frames: Any = ID3() if kind is None else kind(made[name])
        if kind is not None:
            frames.add_tags()
        tags = frames if kind is None else frames.tags
        tags.add(TIT2(encoding=3, text=["Mine"]))
        tags.add(COMM(encoding=3, lang="eng", desc="", text=["my comment"]))
        tags.add(APIC(encoding=3, mime="image/png", type=3, desc="", data=PICTURE))
        tags.add(
            GEOB(
                encoding=0, mime="application/octet-stream", filename="", desc="Serato BeatGrid", data=b"\1\0g"
            )
        )
        frames.save(made[name])
    with made["mp3"].open("ab") as file:
        file.write(b"TAG" + b"an old title".ljust(124, b"\0") + b"\xff")
    flac = FLAC(made["flac"])
    flac["TITLE"], flac["COMMENT"] = "Mine", "my comment"
    picture = Picture()
    picture.data, picture.mime = PICTURE, "image/png"
    flac.add_picture(picture)
    flac.save()
    for name in ("ogg", "opus"):
        ogg = mutagen.File(made[name])
        ogg["TITLE"], ogg["COMMENT"], ogg["METADATA_BLOCK_PICTURE"] = "Mine", "my comment", "AAAA"
        ogg.save()
    mp4 = MP4(made["m4a"])
    mp4["\xa9nam"], mp4["\xa9cmt"], mp4["covr"] = "Mine", "my comment", [MP4Cover(PICTURE, MP4Cover.FORMAT_PNG)]
    mp4.save()


def retagged(path: Path, tmp_path: Path, **more: Any) -> tuple[Path, dict[str, Any]]:
    one = InputFile(path, AssetId(""), Kind.SOURCE, path.name)
    result = run(Context(tmp_path), (one,), RetagParams(facts=FACTS, **more))
    return tmp_path / result.files[0].name, dict(result.annotations[0].meta)


@pytest.mark.parametrize(
    "name", ["wav24", "wav-float", "rf64", "mp3", "aiff", "flac", "ogg", "opus", "m4a", "alac"]
)
def test_every_container_gets_its_tags_and_keeps_its_sound(
    kinds: dict[str, Path], tmp_path: Path, name: str
) -> None:
    before = kinds[name].read_bytes()
    copy, said = retagged(kinds[name], tmp_path)
    assert kinds[name].read_bytes() == before
    assert said["before"] == hashlib.sha256(before).hexdigest() and said["changed"] and said["wrote"]
    assert payload_hash(copy) == payload_hash(kinds[name])
    found = ffprobe_tags(copy)
    assert found["genre"] == "kick"
    if name.startswith("wav"):  # ffprobe reads a WAV's INFO alone
        tags = mutagen.wave.WAVE(copy).tags
        assert (str(tags["TKEY"]), str(tags["TBPM"]), str(tags["TXXX:tags"])) == (
            "C#m",
            "123.5",
            "punchy; Größe",
        )
    elif name != "rf64":  # which mutagen does not know
        assert "C#m" in (found.get("key"), found.get("tkey"), found.get("initialkey"), found.get("initial_key"))
        assert "Größe" in found["tags"]
    if said["shared"]:
        old, new, length = said["shared"]
        assert length > 1000 and before[old : old + length] == copy.read_bytes()[new : new + length]


@pytest.mark.parametrize("name", ["mp3", "aiff", "flac", "ogg", "opus", "m4a"])
def test_titles_comments_and_artwork_stay(kinds: dict[str, Path], tmp_path: Path, name: str) -> None:
    copy, _ = retagged(kinds[name], tmp_path, overwrite=True)
    found = ffprobe_tags(copy) if name != "m4a" else {}
    tags: Any = mutagen.File(copy).tags
    if name in ("mp3", "aiff"):
        assert tags["GEOB:Serato BeatGrid"].data == b"\1\0g" and tags["APIC:"].data == PICTURE
        assert str(tags["TIT2"]) == "Mine" and str(tags["COMM::eng"]) == "my comment"
    elif name == "m4a":
        assert (
            tags["\xa9nam"] == ["Mine"]
            and tags["\xa9cmt"] == ["my comment"]
            and bytes(tags["covr"][0]) == PICTURE
        )
    else:
        assert found["title"] == "Mine" and found["comment"] == "my comment"
    if name == "flac":
        assert FLAC(copy).pictures[0].data == PICTURE
    if name in ("ogg", "opus"):
        assert tags["METADATA_BLOCK_PICTURE"] == ["AAAA"]


def test_an_old_tag_at_the_end_keeps_its_bytes(kinds: dict[str, Path], tmp_path: Path) -> None:
    copy, _ = retagged(kinds["mp3"], tmp_path)
    assert copy.read_bytes()[-128:] == kinds["mp3"].read_bytes()[-128:]


def test_again_nothing_is_to_be_written(kinds: dict[str, Path], tmp_path: Path) -> None:
    for name in ("wav24", "mp3", "aiff", "flac", "ogg", "opus", "m4a"):
        for number in (1, 2):
            (tmp_path / f"{name}{number}").mkdir()
        first, _ = retagged(kinds[name], tmp_path / f"{name}1")
        again, said = retagged(first, tmp_path / f"{name}2")
        assert not said["changed"], name
        assert again.read_bytes() == first.read_bytes()


def test_what_has_no_tags_is_refused(kinds: dict[str, Path], tmp_path: Path) -> None:
    path = Path(shutil.copy(kinds["au"], tmp_path / "a.au"))
    with pytest.raises(InputError, match="au files") as refused:
        retagged(path, tmp_path)
    assert refused.value.message.startswith(f"{path}:")
