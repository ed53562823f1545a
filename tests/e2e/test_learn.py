"""A person's corrections on a real daemon: they stay, they are learnt from, and what was learnt is forgotten again."""

from __future__ import annotations

import urllib.error
from pathlib import Path

import numpy as np
import pytest
import soundfile

from tests.recovery.house import House

RATE = 44100


def warble(path: Path, seed: int) -> Path:
    """A kind of sound that has no class: a tone that wanders quickly, the same each time but for its pitch."""
    rng = np.random.default_rng(seed)
    t = np.arange(RATE // 2) / RATE
    hz = rng.uniform(480, 520) * 2 ** (0.6 * np.sin(2 * np.pi * 9 * t))
    soundfile.write(path, 0.5 * np.sin(2 * np.pi * np.cumsum(hz) / RATE) * np.exp(-t / 0.3), RATE)
    return path


def scanned(house: House, folder: Path) -> dict[str, str]:
    house.wait(house.ask("POST", "/scans", {"path": str(folder)})["id"])
    items = house.ask("GET", "/assets?limit=1000")["items"]
    return {Path(each["path"]).name: each["id"] for each in items if each["path"].startswith(str(folder))}


def found_like(house: House, asset: str) -> int:
    return len(house.ask("GET", f"/assets?like={asset}&limit=1000")["items"])


def test_learnt_and_forgotten(house: House, tmp_path: Path) -> None:
    with pytest.raises(urllib.error.HTTPError) as refused:
        house.ask("POST", "/learn", {})
    assert refused.value.code == 409
    folder = tmp_path / "mine"
    folder.mkdir()
    for i in range(5):
        warble(folder / f"{i}.wav", i)
    (folder / "gone.wav").write_bytes(warble(tmp_path / "x.wav", 9).read_bytes())
    warble(folder / "unsaid.wav", 10)
    assets = scanned(house, folder)
    unsaid = assets.pop("unsaid.wav")
    own = house.ask("GET", f"/assets/{unsaid}")
    assert own["class"] != "warble"
    for each in assets.values():
        assert house.ask("PATCH", f"/assets/{each}", {"class": "warble"})["class"] == "warble"
    (folder / "gone.wav").unlink()
    before = found_like(house, assets["0.wav"])

    view = house.wait(house.ask("POST", "/learn", {})["id"])
    assert view["state"] == "done", view
    came, *others = view["warnings"]
    assert "and 1 of their sounds are called otherwise now" in came
    assert (
        sum("gone.wav" in line for line in others) == 2 and len(others) == 4
    )  # each time with how many they are
    assert house.ask("GET", f"/assets/{unsaid}")["class"] == "warble"  # without a scan
    (taught,) = (house.home / "models" / "taught").glob("*.npz")

    from daemon.engines.classifier.engine import TrainedClassifier
    from daemon.engines.protocol import Compute
    from daemon.kernel.work import EngineChoice

    new = [warble(tmp_path / f"new{i}.wav", 100 + i) for i in range(3)]
    with_it = TrainedClassifier.load(EngineChoice("classifier", "1.0", path=taught), Compute())
    without = TrainedClassifier.load(EngineChoice("classifier", "1.0"), Compute())
    assert [one.label for one in with_it.classify(new, [{}] * 3, lambda *_: None)] == ["warble"] * 3
    assert "warble" not in [one.label for one in without.classify(new, [{}] * 3, lambda *_: None)]

    # What is heard from now on is compared with all that was heard before.
    (tmp_path / "more").mkdir()
    new[0].rename(tmp_path / "more" / "new.wav")
    scanned(house, tmp_path / "more")
    assert found_like(house, assets["0.wav"]) == before + 1
    assert found_like(house, str(folder / "0.wav")) == before + 1  # it is not like itself, by its name either

    forgotten = house.ask("DELETE", "/learn")
    assert forgotten["forgotten"] and not taught.exists()
    assert house.ask("DELETE", "/learn") == {"forgotten": False, "job": None}
    assert house.wait(forgotten["job"])["state"] == "done"
    assert house.ask("GET", f"/assets/{unsaid}") == own
    assert house.ask("GET", f"/assets/{assets['0.wav']}")["class"] == "warble"  # the corrections stay


def test_a_correction_is_taken_back(house: House, tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    warble(tmp_path / "mine" / "slip.wav", 200)
    asset = scanned(house, tmp_path / "mine")["slip.wav"]
    own = house.ask("GET", f"/assets/{asset}")
    house.ask("PATCH", f"/assets/{asset}", {"class": "snare"})
    assert house.ask("PATCH", f"/assets/{asset}", {"rating": 0})["class"] == "snare"
    assert house.ask("PATCH", f"/assets/{asset}", {"class": None}) == own
    assert house.ask("PATCH", f"/assets/{asset}", {"class": None}) == own
    refused = house.refused("PATCH", f"/assets/{asset}", {"class": "unsure"})
    assert refused["status"] == 422 and "does not know" in refused["detail"]
