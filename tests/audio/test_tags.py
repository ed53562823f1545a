from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path

import pytest

from daemon.audio.tags import Tags, write_tags
from daemon.kernel.errors import InputError, UnreadableAudio
from tests.audio.material import RATE, every_kind, need, sweep

TAGS = Tags(
    title="Größe", artist="Ä", comment="über", genre="kick", bpm=123.5, key="C#m", fields={"stem": "drums"}
)


@pytest.fixture(scope="module")
def kinds(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    return every_kind(tmp_path_factory.mktemp("kinds"), sweep(RATE))


def ffprobe_tags(path: Path) -> dict[str, str]:
    need("ffprobe")
    command = ["ffprobe", "-v", "error", "-show_format", "-show_streams", "-of", "json", str(path)]
    found = json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout)
    tags = {**found["streams"][0].get("tags", {}), **found["format"].get("tags", {})}
    return {name.lower(): text for name, text in tags.items()}


@pytest.mark.parametrize("name", ["mp3", "flac", "ogg", "m4a", "aiff", "wav24"])
def test_ffprobe_reads_the_tags(kinds: dict[str, Path], tmp_path: Path, name: str) -> None:
    path = tmp_path / "no extension"
    shutil.copy(kinds[name], path)
    write_tags(path, TAGS)
    found = ffprobe_tags(path)
    assert (found["title"], found["artist"], found["genre"], found["stem"]) == ("Größe", "Ä", "kick", "drums")
    assert "C#m" in (found.get("key"), found.get("tkey"), found.get("initialkey"), found.get("initial_key"))


def test_what_is_not_named_stays(kinds: dict[str, Path], tmp_path: Path) -> None:
    path = tmp_path / "a.flac"
    shutil.copy(kinds["flac"], path)
    write_tags(path, TAGS)
    write_tags(path, Tags(title="Other"))
    found = ffprobe_tags(path)
    assert (found["title"], found["artist"], found["bpm"]) == ("Other", "Ä", "123.5")


def test_containers_without_tags_are_refused(kinds: dict[str, Path], tmp_path: Path) -> None:
    path = tmp_path / "a.au"
    shutil.copy(kinds["au"], path)
    before = path.read_bytes()
    with pytest.raises(InputError, match="au files"):
        write_tags(path, TAGS)
    assert path.read_bytes() == before
    path.write_bytes(kinds["m4a"].read_bytes()[:300])
    with pytest.raises(UnreadableAudio):
        write_tags(path, TAGS)
