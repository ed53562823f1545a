from __future__ import annotations

import hashlib
import json
import os
import subprocess
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest

from bridges.folder.provenance import sidecars
from daemon.kernel.work import Kind
from tests.bridges.folder.items import hit, item

NOON = datetime(2026, 11, 23, 13, 0, tzinfo=timezone(timedelta(hours=1)))
LATER = datetime(2026, 11, 24, tzinfo=UTC)


def place(folder: Path, name: str, content: bytes = b"audio") -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / name).write_bytes(content)
    return folder / name


def write(texts: dict[Path, str]) -> dict[str, Any]:
    """Write as the journal would, and read it back: by file name."""
    for path, text in texts.items():
        path.write_text(text, "utf-8")
    return {path.name: json.loads(path.read_bytes()) for path in texts}


def test_each_folder_says_how_its_files_came_to_be(tmp_path: Path):
    stem, kick = item(Kind.STEM, "drums.wav", stem="drums"), hit(0)
    placed = [place(tmp_path / "Stems", "Song - drums.wav"), place(tmp_path / "kick", "k.wav", b"kick")]
    texts = sidecars([stem, kick], placed, NOON)
    assert set(texts) == {tmp_path / "Stems" / "roadie.json", tmp_path / "kick" / "roadie.json"}
    found = json.loads(texts[tmp_path / "kick" / "roadie.json"])
    assert (found["format"], found["version"]) == ("roadie-provenance", 1)
    assert list(found["files"]) == ["k.wav"]
    entry = found["files"]["k.wav"]
    assert entry["sha256"] == subprocess.check_output(["sha256sum", str(placed[1])], text=True).split()[0]
    assert entry["made_at"] == "2026-11-23T12:00:00+00:00"
    assert entry["job"] == "j1"
    assert entry["source"] == {"path": "/music/Song.wav", "asset": "s"}
    assert entry["meta"]["class"] == "kick"
    assert (entry["asset"], entry["kind"]) == (kick.asset, "one-shot")


def test_what_stands_there_stays_and_what_has_gone_goes(tmp_path: Path):
    first = [place(tmp_path, "a.wav"), place(tmp_path, "b.wav")]
    write(sidecars([hit(0), hit(1)], first, NOON))
    first[0].unlink()
    found = write(sidecars([hit(2)], [place(tmp_path, "c.wav")], LATER))
    assert list(found["roadie.json"]["files"]) == ["b.wav", "c.wav"]
    assert found["roadie.json"]["files"]["b.wav"]["made_at"].startswith("2026-11-23")


def test_delivered_again_a_file_keeps_its_time_and_another_content_gets_its_own(tmp_path: Path):
    path = place(tmp_path, "a.wav")
    first = sidecars([hit(0)], [path], NOON)
    write(first)
    assert sidecars([hit(0)], [path], LATER) == first
    path.write_bytes(b"other")
    changed = write(sidecars([hit(0)], [path], LATER))["roadie.json"]["files"]["a.wav"]
    assert changed["made_at"].startswith("2026-11-24")
    assert changed["sha256"] == hashlib.sha256(b"other").hexdigest()


@pytest.mark.parametrize(
    "foreign", ["not json", "[]", '{"format": "x"}', '{"format": "roadie-provenance", "version": 2}', ""]
)
def test_a_file_that_is_not_ours_is_left_alone(tmp_path: Path, foreign: str):
    (tmp_path / "roadie.json").write_text(foreign)
    path = place(tmp_path, "a.wav")
    texts = sidecars([hit(0)], [path], NOON)
    assert list(texts) == [tmp_path / "roadie-2.json"]
    write(texts)
    assert list(sidecars([hit(0)], [path], LATER)) == [tmp_path / "roadie-2.json"]


def test_a_measure_that_is_no_number_is_not_known(tmp_path: Path):
    found = write(sidecars([hit(0, width=float("nan"))], [place(tmp_path, "a.wav")], NOON))
    assert found["roadie.json"]["files"]["a.wav"]["meta"]["width"] is None


def test_a_source_whose_name_is_no_utf8_can_be_written_and_read_back(tmp_path: Path):
    name = os.fsdecode(b"/music/caf\xe9.wav")
    one = replace(hit(0), provenance={"job": "j1", "source": {"path": name}})
    texts = sidecars([one], [place(tmp_path, "ä.wav")], NOON)
    found = write(texts)["roadie.json"]["files"]["ä.wav"]
    assert os.fsencode(found["source"]["path"]) == b"/music/caf\xe9.wav"
