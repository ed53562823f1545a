from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import soundfile

from tests.cli.conftest import Ran

RATE = 44100


def kick(path: Path) -> Path:
    """A sine that falls from 160 to 50 Hz and dies away in a fifth of a second: what a drum machine calls a kick."""
    t = np.arange(int(0.35 * RATE)) / RATE
    phase = 2 * np.pi * np.cumsum(50 + 110 * np.exp(-t / 0.03)) / RATE
    soundfile.write(path, 0.8 * np.sin(phase) * np.exp(-t / 0.09), RATE)
    return path


def test_one_json_line_for_each_file(tmp_path: Path, roadie: Callable[..., Ran]) -> None:
    files = [kick(tmp_path / "a.wav"), kick(tmp_path / "b.wav")]
    ran = roadie("library", "classify", *files, "--json")
    told = [json.loads(line) for line in ran.out.splitlines()]
    assert ran.code == 0
    assert [each["path"] for each in told] == [str(file) for file in files]
    for each in told:
        assert set(each) == {"path", "class", "kind", "confidence", "alternatives"}
        assert (each["class"], each["kind"]) == ("kick", "one-shot")
        assert 0 < each["confidence"] <= 1


def test_names_are_weighed_only_when_asked(tmp_path: Path, roadie: Callable[..., Ran]) -> None:
    """Something between a tom and a kick: 90 Hz, half a second."""
    t = np.arange(int(0.6 * RATE)) / RATE
    path = tmp_path / "Floor Tom.wav"
    soundfile.write(path, 0.8 * np.sin(2 * np.pi * 90 * t) * np.exp(-t / 0.12), RATE)
    by_ear = json.loads(roadie("library", "classify", path, "--json").out)
    named = json.loads(roadie("library", "classify", "--names", path, "--json").out)
    assert named["class"] == "tom" and named["confidence"] > share(by_ear, "tom")
    other = path.rename(tmp_path / "x.wav")
    assert (
        json.loads(roadie("library", "classify", "--names", other, "--json").out) | {"path": str(path)}
        == by_ear
    )


def share(told: dict[str, Any], label: str) -> float:
    others = {each["class"]: each["confidence"] for each in told["alternatives"]}
    return float(others.get(label, 0.0) if told["class"] != label else told["confidence"])


def test_a_bad_file_is_named_and_the_rest_goes_on(tmp_path: Path, roadie: Callable[..., Ran]) -> None:
    bad = tmp_path / "list.wav"
    bad.write_text("eggs, milk")
    ran = roadie("library", "classify", bad, kick(tmp_path / "a.wav"))
    assert ran.code == 1
    assert ran.out.startswith("kick ")
    assert "list.wav" in ran.err and "Traceback" not in ran.err


def test_the_library_is_not_touched(home: Path, tmp_path: Path, roadie: Callable[..., Ran]) -> None:
    roadie("library", "classify", kick(tmp_path / "a.wav"))
    assert list(home.iterdir()) == []


def test_a_name_that_is_no_text_is_told_and_the_rest_goes_on(
    tmp_path: Path, roadie: Callable[..., Ran]
) -> None:
    odd, gone = (tmp_path / os.fsdecode(name) for name in (b"\xff\xfe.wav", b"\xff gone.wav"))
    kick(tmp_path / "a.wav").rename(odd)
    ran = roadie("library", "classify", odd, gone, "-", kick(tmp_path / "b.wav"), "--json")
    told = [json.loads(line) for line in ran.out.splitlines()]
    assert ran.code == 1
    assert ["error" in each for each in told] == [True, True, True, False]
    assert told[0]["path"].startswith(str(tmp_path)) and "not UTF-8" in told[0]["error"]["message"]
