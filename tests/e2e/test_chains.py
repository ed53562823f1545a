"""Chains as somebody careless asks for them, through a real daemon: what cannot be is refused, with the reason."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.plugins.rig import write_sound
from tests.recovery.house import House

DIGITS = int(400 * "9")


@pytest.fixture
def kick(tmp_path: Path) -> Path:
    return write_sound(tmp_path / "kick.wav", 3, seconds=0.3)


def test_a_number_of_hundreds_of_digits_is_refused_and_the_other_chains_are_listed(
    house: House, kick: Path
) -> None:
    (house.home / "chains").mkdir(exist_ok=True)
    (house.home / "chains" / "huge.toml").write_text(f'[[fx]]\nuse = "Gain"\ngain_db = {DIGITS}\n')
    listed = {one["name"]: one for one in house.ask("GET", "/chains")["items"]}
    assert "line 3: gain_db must be a number" in listed["huge"]["problem"] and "vinyl" in listed
    chain = {"fx": [{"use": "Gain", "gain_db": DIGITS}]}
    problem = house.refused("POST", "/chains/preview", {"chain": chain, "input": {"path": str(kick)}})
    assert (problem["status"], problem["code"]) == (422, "bad_chain")


@pytest.mark.parametrize(
    ("more", "status", "said"),
    [
        ({"start_s": 1e308}, 422, "behind the end"),
        ({"chain": "a\0b.toml"}, 422, "no path"),
        ({"chain": "a\0b"}, 404, "no chain"),
        ({"chain": {"fx": [{"plugin": "a\0b", "preset": "c\0d"}]}}, 409, "no such plug-in"),
        ({"input": {"path": "/tmp/a\0b.wav"}}, 422, "absolute"),
    ],
)
def test_a_preview_that_cannot_be_is_refused_with_the_reason(
    house: House, kick: Path, more: dict[str, Any], status: int, said: str
) -> None:
    asked = {"chain": "tape", "input": {"path": str(kick)}, **more}
    problem = house.refused("POST", "/chains/preview", asked)
    assert problem["status"] == status and said in problem["detail"]


def test_a_preview_of_what_is_no_sound_says_so(house: House, tmp_path: Path) -> None:
    (tmp_path / "text.wav").write_text("not a sound")
    problem = house.refused(
        "POST", "/chains/preview", {"chain": "tape", "input": {"path": str(tmp_path / "text.wav")}}
    )
    assert (problem["status"], problem["code"]) == (422, "unreadable_audio") and "text.wav" in problem["detail"]


@pytest.mark.parametrize("name", [260 * "a" + ".wav", 260 * "a", "a\0b.wav"])
def test_a_name_that_no_disk_takes_is_refused_before_anything_is_done(
    house: House, kick: Path, tmp_path: Path, name: str
) -> None:
    body = {"chain": "tape", "inputs": [{"path": str(kick)}], "out": f"{tmp_path}/{name}"}
    assert 400 <= house.refused("POST", "/chains/apply", body)["status"] < 500


@pytest.mark.parametrize("out", ["", "{name}.flac"])
def test_a_sound_with_the_longest_name_goes_through(house: House, kick: Path, tmp_path: Path, out: str) -> None:
    name = 125 * "ä" + "a"
    long = kick.rename(tmp_path / f"{name}.wav")
    wanted = tmp_path / "through" / out.format(name=name[:-1])
    body = {"chain": "tape", "inputs": [{"path": str(long)}], "out": str(wanted)}
    job = house.wait(house.ask("POST", "/chains/apply", body)["id"])
    assert job["state"] == "done", job["error"]
    (made,) = (path for path in (tmp_path / "through").iterdir() if path.is_file())
    assert made.stem == (name[:-1] if out else name)


def test_an_input_that_can_be_no_path_is_named(house: House, kick: Path, tmp_path: Path) -> None:
    name = f"{tmp_path}/{300 * 'a'}/kick.wav"
    body = {"chain": "tape", "inputs": [{"path": name}, {"path": str(kick)}], "out": str(tmp_path / "through")}
    job = house.wait(house.ask("POST", "/chains/apply", body)["id"])
    assert job["state"] == "done" and (tmp_path / "through" / "kick.wav").is_file()
    assert any("kick.wav: the file cannot be opened (File name too long)" in line for line in job["warnings"])
