"""Plug-ins and chains through a real daemon: scanned, rendered, heard, and not brought down by any of them."""

from __future__ import annotations

import json
import shutil
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any

import mido
import numpy as np
import psutil
import pytest
import soundfile

from daemon.demo.drums import make_kit
from tests.plugins.build import VENDOR, build
from tests.plugins.rig import RATE, read, write_sound
from tests.recovery.house import House

Plugin = Callable[[str], Path]
RENDER = """
[[step]]
id = "shaped"
use = "render"
[[step]]
id = "again"
use = "render"
chain = { fx = [ { use = "Invert" } ] }
from = "shaped"
[[effect]]
use = "deliver"
from = "shaped"
layout = "{kind}"
"""


SING = """
[[step]]
id = "sung"
use = "play"
chain = { fx = [ { plugin = "vst3:VENDOR/Instrument" }, { plugin = "vst3:VENDOR/Not a number" } ] }
"""


def melody(path: Path, note: int) -> Path:
    file = mido.MidiFile()
    track = mido.MidiTrack()
    file.tracks.append(track)
    track.append(mido.Message("note_on", note=note, velocity=100))
    track.append(mido.Message("note_off", note=note, time=480))
    file.save(path)
    return path


def scan(house: House, *paths: Path, **more: Any) -> dict[str, dict[str, Any]]:
    """Plug-ins by the last part of their id, after a scan of these."""
    body = {"paths": [str(path) for path in paths], "patience_s": 5, **more}
    job = house.wait(house.ask("POST", "/plugins/scan", body)["id"], 120)
    assert job["state"] == "done", job["error"]
    return {Path(one["path"]).stem: one for one in house.ask("GET", "/plugins")["items"]}


def chain_of(variant: str, **params: Any) -> dict[str, Any]:
    return {"name": "test", "fx": [{"plugin": f"vst3:{VENDOR}/{variant}", "params": params}]}


def test_hostile_and_broken_plugins_are_told_apart_and_the_daemon_lives(
    house: House, plugin: Plugin, tmp_path: Path
) -> None:
    folder = plugin("GAIN").parent
    for variant in ("CRASH_ON_LOAD", "HANG_ON_LOAD", "NOT_A_NUMBER"):
        plugin(variant)
    (folder / "Text.vst3").write_text("not a plug-in")
    (folder / "Empty.vst3").mkdir()
    found = scan(house, folder)
    states = {name: found[name]["state"] for name in found if Path(found[name]["path"]).parent == folder}
    assert states == {
        "GAIN": "ok", "NOT_A_NUMBER": "ok", "CRASH_ON_LOAD": "broken", "HANG_ON_LOAD": "broken", "Text": "broken",
        "Empty": "broken",
    }  # fmt: skip
    assert "crashed" in found["CRASH_ON_LOAD"]["reason"] and "stood still" in found["HANG_ON_LOAD"]["reason"]
    assert "no shared library" in found["Text"]["reason"]
    assert found["GAIN"]["parameters"][0]["unit"] == "dB"
    assert house.alive and house.ask("GET", "/health")["status"] == "ok"
    before = found["GAIN"]["scanned_at"]
    assert scan(house, folder)["GAIN"]["scanned_at"] == before, "unchanged, and so not tried again"
    assert scan(house, folder / "GAIN.vst3", again=True)["GAIN"]["scanned_at"] > before


def test_a_crash_costs_one_sound_its_effects_and_three_quarantine_the_plugin(
    house: House, plugin: Plugin, tmp_path: Path
) -> None:
    (house.home / "recipes" / "shape.toml").write_text(RENDER)
    scan(house, plugin("CRASH"))
    good, bad = write_sound(tmp_path / "good.wav", 1), write_sound(tmp_path / "bad.wav", 2, poison=True)
    params = {"shaped": {"chain": chain_of("Crash", gain_db=6.0)}}
    inputs = [{"path": str(good)}, {"path": str(bad)}]
    job = house.wait(house.request(inputs, "shape", params=params))
    assert job["state"] == "done"
    assert any("Crash: crashed" in warning and "unprocessed" in warning for warning in job["warnings"])
    delivered = {
        Path(one["path"]).stem: read(Path(one["path"])) for one in job["artifacts"] if one["delivered"]
    }
    assert np.allclose(delivered["good"], 10 ** (6 / 20) * read(good), atol=1e-4)
    assert np.allclose(delivered["bad"], read(bad), atol=1e-6)
    for attempt in range(3):  # what failed is not answered from the cache: it is tried again
        again = house.wait(house.request([{"path": str(bad)}], "shape", params=params))
        said = "Crash: crashed" if attempt < 2 else "crashed"  # two inputs at once may come in either order
        assert any(said in warning for warning in again["warnings"])
    shown = {one["name"]: one for one in house.ask("GET", "/plugins")["items"]}["Crash"]
    assert shown["state"] == "quarantined" and shown["failed"] in (3, 4)
    fourth = house.wait(house.request([{"path": str(good)}], "shape", params=params))
    assert any("quarantined" in warning for warning in fourth["warnings"])
    assert scan(house, plugin("CRASH"), again=True)["CRASH"]["state"] == "ok"


def test_what_fails_for_every_midi_file_goes_into_quarantine_too(
    house: House, plugin: Plugin, tmp_path: Path
) -> None:
    (house.home / "recipes" / "sing.toml").write_text(SING.replace("VENDOR", VENDOR))
    plugin("INSTRUMENT")
    scan(house, plugin("NOT_A_NUMBER").parent)
    for attempt in range(4):
        midi = melody(tmp_path / f"{attempt}.mid", 60 + attempt)
        job = house.wait(house.request([{"path": str(midi)}], "sing"))
        assert job["state"] == "failed" and "Not a number" in job["error"]["message"]
        assert ("is quarantined" in job["error"]["message"]) is (attempt == 3), job["error"]


def test_a_changed_parameter_renders_only_what_depends_on_it(
    house: House, plugin: Plugin, tmp_path: Path
) -> None:
    (house.home / "recipes" / "shape.toml").write_text(RENDER)
    scan(house, plugin("GAIN"))
    sound = write_sound(tmp_path / "one.wav", 3)

    def attempts(gain_db: float) -> dict[str, int]:
        params = {"shaped": {"chain": chain_of("Gain", gain_db=gain_db)}}
        job = house.wait(house.request([{"path": str(sound)}], "shape", params=params))
        assert job["state"] == "done" and job["warnings"] == []
        return {step["step"]: step["attempt"] for step in job["steps"] if step["use"] == "render"}

    assert attempts(1.0) == {"shaped": 1, "again": 1}
    assert attempts(1.0) == {"shaped": 0, "again": 0}
    assert attempts(2.0) == {"shaped": 1, "again": 1}
    assert attempts(1.0) == {"shaped": 0, "again": 0}


def test_a_preview_is_heard(house: House, plugin: Plugin, tmp_path: Path) -> None:
    scan(house, plugin("GAIN"))
    sound = write_sound(tmp_path / "one.wav", 4, seconds=2.0)
    body = {
        "chain": chain_of("Gain", gain_db=-6.0),
        "input": {"path": str(sound)},
        "start_s": 0.5,
        "length_s": 1.0,
    }
    view = house.ask("POST", "/chains/preview", body)
    assert view["length_s"] == pytest.approx(1.0) and view["warnings"] == [] and view["unprocessed"] is None
    runtime = json.loads((house.home / "runtime.json").read_text())
    token = Path(runtime["token_file"]).read_text().strip()
    request = urllib.request.Request(
        f"http://127.0.0.1:{runtime['http_port']}{view['audio']}",
        headers={"Authorization": f"Bearer {token}", "Range": "bytes=0-99999999"},
    )
    with urllib.request.urlopen(request) as answer:
        assert answer.status == 206 and answer.headers["Content-Type"] == "audio/wav"
        (tmp_path / "heard.wav").write_bytes(answer.read())
    expected = 10 ** (-6 / 20) * read(sound)[RATE // 2 : RATE * 3 // 2]
    assert np.allclose(read(tmp_path / "heard.wav"), expected, atol=1e-5)


def test_a_preview_says_how_long_it_is_and_is_as_it_will_be(house: House, tmp_path: Path) -> None:
    sound = write_sound(tmp_path / "long.wav", 3, seconds=2.0)
    chain = {"fx": [], "resample": {"rate_hz": 22050}}
    asked = {"chain": chain, "input": {"path": str(sound)}, "length_s": 1.0}
    assert house.ask("POST", "/chains/preview", asked)["length_s"] == pytest.approx(1.0, abs=1e-3)


def test_a_scan_of_a_folder_forgets_what_was_deleted_in_it_and_nothing_else(
    house: House, plugin: Plugin, tmp_path: Path
) -> None:
    gone, elsewhere = plugin("GAIN"), build("LATENCY", tmp_path / "elsewhere")
    stays = build("MULTI", gone.parent / "vendor")
    scan(house, gone.parent, elsewhere)
    for bundle in (gone, elsewhere):
        shutil.rmtree(bundle)

    def known() -> set[str]:
        return {one["path"] for one in house.ask("GET", "/plugins")["items"]}

    assert known() >= {str(gone), str(stays), str(elsewhere)}
    scan(house, gone.parent)
    assert known() & {str(gone), str(stays), str(elsewhere)} == {str(stays), str(elsewhere)}
    shutil.rmtree(stays.parent)
    job = house.wait(house.ask("POST", "/plugins/scan", {"paths": [str(stays.parent)]})["id"])
    assert any("no such file or folder" in warning for warning in job["warnings"])
    assert str(stays) not in known()


def test_files_that_are_no_plugins_do_not_stay_in_the_list(house: House, tmp_path: Path) -> None:
    sound = write_sound(tmp_path / "kick.wav", 3)
    job = house.wait(house.ask("POST", "/plugins/scan", {"paths": [str(sound)]})["id"])
    assert any("kick.wav: this is no plug-in" in warning for warning in job["warnings"])
    assert str(sound) not in {one["path"] for one in house.ask("GET", "/plugins")["items"]}


def test_a_folder_goes_through_a_chain_and_back(house: House, tmp_path: Path) -> None:
    for i in range(3):
        write_sound(tmp_path / "pads" / "deep" / f"{i}.wav", i)
    (tmp_path / "pads" / "broken.wav").write_text("no sound")
    body = {
        "chain": "telephone",
        "inputs": [{"path": str(tmp_path / "pads")}],
        "out": str(tmp_path / "through"),
    }
    job = house.wait(house.ask("POST", "/chains/apply", body)["id"])
    assert job["state"] == "done" and any("broken.wav" in warning for warning in job["warnings"])
    (asked,) = job["inputs"]
    assert asked["state"] == "failed" and asked["error"]["code"] == "incomplete"
    assert "1 of 4 did not go through" in asked["error"]["message"]
    made = sorted(
        path.relative_to(tmp_path / "through").as_posix() for path in (tmp_path / "through").rglob("*.wav")
    )
    assert made == ["deep/0.wav", "deep/1.wav", "deep/2.wav"]
    audio, rate = soundfile.read(tmp_path / "through" / "deep" / "0.wav")
    spectrum = np.abs(np.fft.rfft(audio[:, 0])) ** 2
    hz = np.fft.rfftfreq(len(audio), 1 / rate)
    assert spectrum[(hz > 500) & (hz < 2500)].mean() > 100 * spectrum[hz > 10000].mean()
    assert soundfile.info(tmp_path / "through" / "deep" / "0.wav").subtype == "FLOAT"
    one = {"chain": "lo-fi", "inputs": [{"path": str(tmp_path / "pads" / "deep" / "0.wav")}],
           "out": str(tmp_path / "through" / "crushed.flac")}  # fmt: skip
    whole = house.wait(house.ask("POST", "/chains/apply", one)["id"])
    assert whole["state"] == "done" and whole["inputs"][0]["state"] == "done"
    assert soundfile.info(tmp_path / "through" / "crushed.flac").format == "FLAC"
    undone = house.ask("POST", f"/jobs/{job['id']}/undo", {})
    assert len(undone["removed"]) == 3 and not list((tmp_path / "through").rglob("*.wav"))


def test_nothing_arrives_after_a_cancel(house: House, tmp_path: Path) -> None:
    for number in range(400):
        write_sound(tmp_path / "in" / f"{number:03d}.wav", number, seconds=0.02)
    out = tmp_path / "out"
    body = {"chain": "lo-fi", "inputs": [{"path": str(tmp_path / "in")}], "out": str(out)}
    job = house.ask("POST", "/chains/apply", body)["id"]
    while not list(out.glob("*.wav")):
        time.sleep(0.002)
    house.ask("POST", f"/jobs/{job}/cancel", {})
    there = sorted(out.glob("*.wav"))
    for _ in range(20):  # enough for what was still under way
        house.ask("GET", "/health")
        time.sleep(0.02)
    assert sorted(out.glob("*.wav")) == there
    assert house.ask("GET", f"/jobs/{job}")["state"] == "cancelled" and len(there) < 400
    house.ask("POST", f"/jobs/{job}/retry", {})
    assert house.wait(job)["state"] == "done" and len(list(out.glob("*.wav"))) == 400


def test_a_sound_that_a_plugin_failed_on_is_told_as_not_done(
    house: House, plugin: Plugin, tmp_path: Path
) -> None:
    scan(house, plugin("CRASH"))
    write_sound(tmp_path / "in" / "good.wav", 1)
    write_sound(tmp_path / "in" / "bad.wav", 2, poison=True)
    body = {
        "chain": chain_of("Crash"),
        "inputs": [{"path": str(tmp_path / "in")}],
        "out": str(tmp_path / "out"),
    }
    job = house.wait(house.ask("POST", "/chains/apply", body)["id"])
    assert job["state"] == "done" and len(list((tmp_path / "out").glob("*.wav"))) == 2
    assert "1 of 2 did not go through" in job["inputs"][0]["error"]["message"]


def test_one_that_goes_into_quarantine_meanwhile_is_not_tried_by_every_batch(
    house: House, plugin: Plugin, tmp_path: Path
) -> None:
    """Six batches; four of them may be under way before the first has ended."""
    scan(house, plugin("EXITS"))
    for i in range(6 * 32):
        write_sound(tmp_path / "in" / f"{i:03d}.wav", i, poison=True, seconds=0.02)
    body = {
        "chain": chain_of("Exits"),
        "inputs": [{"path": str(tmp_path / "in")}],
        "out": str(tmp_path / "out"),
    }
    job = house.wait(house.ask("POST", "/chains/apply", body)["id"], 120)
    assert job["state"] == "done" and len(list((tmp_path / "out").glob("*.wav"))) == 6 * 32
    assert "192 of 192 did not go through" in job["inputs"][0]["error"]["message"]
    shown = {one["name"]: one for one in house.ask("GET", "/plugins")["items"]}["Exits"]
    assert shown["state"] == "quarantined" and 3 <= shown["failed"] <= 4 * 3


def test_a_sound_with_too_many_channels_costs_no_other_its_effects(
    house: House, plugin: Plugin, tmp_path: Path
) -> None:
    scan(house, plugin("STEREO_ONLY"))
    stereo, wide = (
        write_sound(tmp_path / "in" / "a.wav", 1),
        write_sound(tmp_path / "in" / "b.wav", 2, channels=6),
    )
    body = {
        "chain": chain_of("Stereo only", gain_db=6.0),
        "inputs": [{"path": str(tmp_path / "in")}],
        "out": str(tmp_path / "out"),
    }
    job = house.wait(house.ask("POST", "/chains/apply", body)["id"])
    assert "1 of 2 did not go through" in job["inputs"][0]["error"]["message"]
    assert any("b.wav" in one and "does not take 6 channels" in one for one in job["warnings"])
    assert np.allclose(read(tmp_path / "out" / "a.wav"), 10 ** (6 / 20) * read(stereo), atol=1e-3)
    assert np.allclose(read(tmp_path / "out" / "b.wav"), read(wide), atol=1e-6)


def test_settings_are_kept_as_a_preset(house: House, plugin: Plugin, tmp_path: Path) -> None:
    scan(house, plugin("GAIN"))
    kept = tmp_path / "kept" / "loud.vstpreset"
    body = {"plugin": f"vst3:{VENDOR}/Gain", "out": str(kept), "params": {"gain_db": 12.0}}
    job = house.wait(house.ask("POST", "/plugins/save", body)["id"])
    assert job["state"] == "done", job["error"]
    assert kept.read_bytes()[:4] == b"VST3" and job["warnings"] == []
    (kept.parent / "taken.state").write_text("mine")
    other = house.wait(
        house.ask("POST", "/plugins/save", {**body, "out": str(kept.parent / "taken.state")})["id"]
    )
    assert "the settings are in taken (2).state" in other["warnings"][0]
    assert (kept.parent / "taken.state").read_text() == "mine"
    with pytest.raises(urllib.error.HTTPError, match=r"400|422"):
        house.ask("POST", "/plugins/save", {**body, "out": str(kept.parent)})
    sound = write_sound(tmp_path / "one.wav", 5)
    chain = {"name": "t", "fx": [{"plugin": f"vst3:{VENDOR}/Gain", "preset": str(kept)}]}
    body = {"chain": chain, "inputs": [{"path": str(sound)}], "out": str(tmp_path / "loud.wav")}
    assert house.wait(house.ask("POST", "/chains/apply", body)["id"])["state"] == "done"
    assert np.allclose(read(tmp_path / "loud.wav"), 10 ** (12 / 20) * read(sound), atol=1e-3)


def test_one_that_was_being_tried_when_roadie_was_killed_stays_blacklisted(
    tmp_path: Path, plugin: Plugin
) -> None:
    house = House(tmp_path)
    house.start()
    try:
        assert house.up()
        job = house.ask("POST", "/plugins/scan", {"paths": [str(plugin("HANG_ON_LOAD"))], "patience_s": 600})[
            "id"
        ]
        while not any(one["state"] == "trying" for one in house.ask("GET", "/plugins")["items"]):
            time.sleep(0.05)
        workers = house.kill()
        house.start()
        assert house.up()
        assert house.wait(job, 60)["state"] == "done"
        (entry,) = house.ask("GET", "/plugins")["items"]
        assert entry["state"] == "broken" and "roadie ended while it was tried" in entry["reason"]
        assert not any(psutil.pid_exists(pid) and psutil.Process(pid).status() != "zombie" for pid in workers)
    finally:
        house.stop()


def test_chains_are_listed_with_what_is_wrong(house: House) -> None:
    (house.home / "chains").mkdir(exist_ok=True)
    (house.home / "chains" / "mine.toml").write_text('[[fx]]\nuse = "Compresor"\n')
    listed = {one["name"]: one for one in house.ask("GET", "/chains")["items"]}
    assert listed["vinyl"]["origin"] == "shipped" and listed["vinyl"]["problem"] is None
    assert listed["mine"]["origin"] == "user" and "Did you mean 'Compressor'?" in listed["mine"]["problem"]


def test_a_chain_edited_while_a_batch_runs_is_for_the_next(tmp_path: Path) -> None:
    """All of a run gets what the chain was when it was asked for, also when the daemon dies in between."""
    house = House(tmp_path)
    (house.home / "chains").mkdir()
    mine = house.home / "chains" / "mine.toml"
    mine.write_text('[[fx]]\nuse = "Gain"\ngain_db = -6\n')
    for i in range(150):
        write_sound(tmp_path / "pads" / f"{i}.wav", i, seconds=0.1)
    out = tmp_path / "through"
    body = {"chain": "mine", "inputs": [{"path": str(tmp_path / "pads")}], "out": str(out)}
    house.start()
    try:
        assert house.up()
        job = house.ask("POST", "/chains/apply", body)["id"]
        while not list(out.glob("*.wav")):
            time.sleep(0.02)
        mine.write_text('[[fx]]\nuse = "Gain"\ngain_db = -12\n')
        house.kill()
        house.start()
        assert house.up()
        assert house.wait(job, 120)["state"] == "done"
        assert {path.name for path in out.iterdir()} == {f"{i}.wav" for i in range(150)}
        for path in out.iterdir():
            dry = read(tmp_path / "pads" / path.name)
            assert np.allclose(read(path), 10 ** (-6 / 20) * dry, atol=1e-6), path.name
    finally:
        house.stop()


def test_what_is_too_loud_is_said(house: House, tmp_path: Path) -> None:
    sound = write_sound(tmp_path / "kick.wav", 3)
    body = {"chain": {"fx": [{"use": "Gain", "gain_db": 40.0}]}, "inputs": [{"path": str(sound)}],
            "out": str(tmp_path / "loud")}  # fmt: skip
    job = house.wait(house.ask("POST", "/chains/apply", body)["id"])
    peak_db = 40.0 + 20 * np.log10(np.abs(read(sound)).max())
    (warning,) = job["warnings"]
    assert f"kick.wav: above full scale, up to +{peak_db:.1f} dB" in warning and "normalize" in warning


def test_files_nobody_scanned_are_heard_where_the_chain_asks_what_they_are(
    house: House, tmp_path: Path
) -> None:
    """A kick gets what is for kicks, a hat does not; a loop keeps its length; the depth is the dither's."""
    kit = make_kit(np.random.default_rng(1), "room", RATE)
    bar = np.zeros(2 * RATE)
    for eighth in range(8):
        hit = 0.5 * kit["kick" if eighth % 2 == 0 else "closed-hat"].reshape(-1)[: RATE // 4]
        bar[eighth * RATE // 4 :][: len(hit)] += hit
    pads = tmp_path / "kit"
    pads.mkdir()
    for name, audio in (("a", kit["kick"]), ("b", kit["closed-hat"]), ("beat loop 120bpm", np.tile(bar, 2))):
        soundfile.write(pads / f"{name}.wav", 0.5 * np.asarray(audio).reshape(-1), RATE, subtype="PCM_24")
    chain = {
        "fx": [
            {"use": "Gain", "gain_db": -6.0, "only": ["kick"]},
            {"use": "Delay", "delay_seconds": 0.1, "mix": 0.5},
        ],
        "tail": {"max_s": 3.0},
        "dither": {"bits": 16},
    }
    body = {"chain": chain, "inputs": [{"path": str(pads)}], "out": str(pads / "v1.5")}
    for _ in range(2):  # what the first run made is no input of the second
        job = house.wait(house.ask("POST", "/chains/apply", body)["id"])
        assert job["state"] == "done" and any(
            "beat loop" in one and "in time" in one for one in job["warnings"]
        )
    made = {path.stem: soundfile.info(path) for path in (pads / "v1.5").rglob("*.wav")}
    assert sorted(made) == ["a", "b", "beat loop 120bpm"]
    assert {info.subtype for info in made.values()} == {"PCM_16"}
    before = {name: soundfile.info(pads / f"{name}.wav").frames for name in made}
    assert made["beat loop 120bpm"].frames == before["beat loop 120bpm"]
    assert made["a"].frames > before["a"] + RATE // 20 and made["b"].frames > before["b"] + RATE // 20
    for name, gain_db in (("a", -6.0), ("b", 0.0)):
        dry, wet = read(pads / f"{name}.wav"), read(pads / "v1.5" / f"{name}.wav")
        first = slice(0, RATE // 10)  # before the first echo there is only the dry half
        expected = 0.5 * 10 ** (gain_db / 20) * dry[first]
        assert np.allclose(wet[: len(expected)], expected, atol=2e-4)
    told = {**body, "inputs": [{"path": str(pads / "b.wav")}], "out": str(tmp_path / "told.flac"), "label": "kick",
            "kind": "loop"}  # fmt: skip
    assert house.wait(house.ask("POST", "/chains/apply", told)["id"])["state"] == "done"
    assert soundfile.info(tmp_path / "told.flac").frames == before["b"]
    assert np.abs(read(tmp_path / "told.flac")).max() < 0.6 * np.abs(read(pads / "v1.5" / "b.wav")).max()
