"""Separate selected items: where the stems stand, to the sample, and what else changes."""

from __future__ import annotations

import json
import math
from pathlib import Path

import numpy as np
import pytest
import soundfile

from tests.reaper.places import audio, lag
from tests.reaper.session import NO, YES, Ended, Reaper, Tree, choose, go, item, track
from tests.recovery.house import House

STEMS = ["drums", "bass", "other", "vocals"]
RATE = 44100


def project(path: Path, *tracks: Tree, **more: object) -> Tree:
    return {"path": str(path / "My 'Song' 50% ü.rpp"), "tracks": list(tracks), **more}


def only(ended: Ended, name: str) -> Tree:
    (found,) = ended.track(name)["items"]
    return found


def check_one_step(ended: Ended, before: Tree) -> None:
    """One undo point, nothing beside it, and undone the project is as it was."""
    assert [each["text"].startswith("roadie: ") for each in ended.undo] == [True]
    assert ended.unblocked == 0
    assert ended.undone is not None
    assert [each["texts"]["P_NAME"] for each in ended.undone["tracks"]] == [
        each["texts"]["P_NAME"] for each in before["tracks"]
    ]
    for was, is_ in zip(before["tracks"], ended.undone["tracks"], strict=True):
        for old, new in zip(was["items"], is_["items"], strict=True):
            for key, value in old["values"].items():
                assert new["values"][key] == value
            assert len(new["takes"]) == len(old["takes"])


@pytest.fixture
def halves(reaper: Reaper) -> Reaper:
    """Choices that make little work: one stem, which the test looks at."""
    reaper.ext["roadie/choices.separate"] = choose(what="only bass")
    return reaper


def test_stems_stand_where_the_item_is(reaper: Reaper, song: Path, tmp_path: Path) -> None:
    # From 1.25 s into the file, 1.5 s of it, with level, fades, and a folder that its track is the last of.
    values = {"D_VOL": 0.5, "D_FADEINLEN": 0.02, "D_FADEOUTLEN": 0.1, "C_FADEINSHAPE": 3, "D_SNAPOFFSET": 0.25}
    heard = {"D_VOL": -0.7, "D_PAN": 0.3, "I_CHANMODE": 2}
    chosen = item(song, 10.0, 1.5, offset=1.25, item_values=values, take_values=heard)
    before = project(
        tmp_path, track("Folder", I_FOLDERDEPTH=1), track("Git", chosen, I_FOLDERDEPTH=-1), track("After")
    )
    ended = reaper.run("separate", before, go("4 stems"))
    assert ended.names == ["Folder", "Git", "Git stems", *STEMS, "After"]
    # Still one folder round both, the stems' own inside it, and "After" outside.
    assert [each["values"]["I_FOLDERDEPTH"] for each in ended.project["tracks"]] == [1, 0, 1, 0, 0, 0, -2, 0]
    total = np.zeros((round(1.5 * RATE), 2))
    for stem in STEMS:
        found = only(ended, stem)
        for key, value in {**values, "D_POSITION": 10.0, "D_LENGTH": 1.5}.items():
            assert found["values"][key] == value, key
        (take,) = found["takes"]
        assert take["values"]["D_STARTOFFS"] == 0.0
        assert {key: take["values"][key] for key in heard} == heard
        path = Path(take["source"]["file"])
        assert path.is_relative_to(tmp_path / "roadie") and path.name == f"{song.stem} - {stem}.wav"
        assert take["texts"]["P_NAME"] == f"{song.stem} - {stem}"
        stem_audio = audio(path)
        assert soundfile.info(str(path)).samplerate == RATE
        assert stem_audio.shape == total.shape
        total += stem_audio
        assert found["values"]["I_CUSTOMCOLOR"] != 0
    source = audio(song)
    assert lag(total[:, 0], source[:, 0], round(1.25 * RATE)) == 0
    original = only(ended, "Git")
    assert original["values"]["B_MUTE"] == 1
    check_one_step(ended, before)


@pytest.mark.parametrize(("subtype", "rate"), [("PCM_16", 48000), ("PCM_24", 88200), ("FLOAT", 44100)])
def test_rate_depth_and_channels_are_the_sources(
    halves: Reaper, tmp_path: Path, subtype: str, rate: int
) -> None:
    path, start = tmp_path / "tone.wav", 0.25
    tone = 0.3 * np.sin(2 * np.pi * 55 * np.arange(rate) / rate)
    soundfile.write(path, tone, rate, subtype=subtype)
    ended = halves.run(
        "separate", project(tmp_path, track("Git", item(path, 1.0, 0.5, offset=start))), go("only bass")
    )
    (take,) = only(ended, "bass")["takes"]
    info = soundfile.info(take["source"]["file"])
    assert (info.samplerate, info.subtype, info.channels, info.frames) == (rate, subtype, 1, rate // 2)
    assert lag(audio(take["source"]["file"])[:, 0], tone, round(start * rate), reach=100) == 0


def test_a_second_run_changes_nothing_and_computes_nothing(
    halves: Reaper, song: Path, tmp_path: Path, daemon: House
) -> None:
    before = project(tmp_path, track("Git", item(song, 0.0, 1.0)))
    first = halves.run("separate", before, go("only bass"))
    # Its items are selected now; the person selects the original again.
    first.project["tracks"][0]["items"][0]["selected"] = True
    first.project["tracks"][2]["items"][0]["selected"] = False
    jobs = len(daemon.ask("GET", "/jobs?limit=100")["items"])
    again = halves.run("separate", first.project, go("only bass"))
    assert again.names == first.names
    old, new = only(first, "bass"), only(again, "bass")
    assert old["values"] == new["values"]
    assert old["takes"][0]["source"] == new["takes"][0]["source"]
    assert len(daemon.ask("GET", "/jobs?limit=100")["items"]) == jobs
    assert len(list((tmp_path / "roadie").rglob("*.wav"))) == 1


@pytest.mark.parametrize("rate", [0.8, 1.25])
def test_a_play_rate_is_followed(halves: Reaper, song: Path, tmp_path: Path, rate: float) -> None:
    # 1.1 s on the timeline from 0.333... s into the file: no whole frames anywhere.
    offset, length = 1 / 3, 1.1
    before = project(
        tmp_path,
        track(
            "Git",
            item(song, 2.0, length, offset=offset, rate=rate, take_values={"D_PITCH": 2.0, "B_PPITCH": 0}),
        ),
    )
    ended = halves.run("separate", before, go("only bass"))
    found = only(ended, "bass")
    (take,) = found["takes"]
    first, last = math.floor(offset * RATE), math.ceil((offset + length * rate) * RATE)
    assert audio(take["source"]["file"]).shape[0] == last - first
    # The moment heard at the item's beginning is the same to a thousandth of a sample.
    assert (first + take["values"]["D_STARTOFFS"] * RATE) == pytest.approx(offset * RATE, abs=1e-3)
    assert take["values"]["D_PLAYRATE"] == rate
    assert (take["values"]["D_PITCH"], take["values"]["B_PPITCH"]) == (2.0, 0)
    assert (found["values"]["D_POSITION"], found["values"]["D_LENGTH"]) == (2.0, length)


def test_neutral_plays_at_its_own_speed(halves: Reaper, song: Path, tmp_path: Path) -> None:
    halves.ext["roadie/choices.separate"] = choose(what="only bass", shape="neutral", original="keep")
    values = {"D_VOL": 0.5, "D_FADEINLEN": 0.02}
    before = project(
        tmp_path, track("Git", item(song, 2.0, 1.0, rate=0.8, item_values=values, take_values={"D_PITCH": 1.0}))
    )
    ended = halves.run("separate", before, go("only bass"))
    found = only(ended, "bass")
    assert found["values"]["D_LENGTH"] == pytest.approx(0.8)
    assert (found["values"]["D_VOL"], found["values"]["D_FADEINLEN"]) == (1.0, 0.0)
    assert found["takes"][0]["values"]["D_PLAYRATE"] == 1.0 and found["takes"][0]["values"]["D_PITCH"] == 0.0
    assert only(ended, "Git")["values"]["B_MUTE"] == 0


def test_backwards_and_a_section_are_followed(halves: Reaper, song: Path, tmp_path: Path) -> None:
    # The file from 2 s to 5 s, backwards; of that, 0.75 s from 0.5 s on: the file's 4.5 s down to 3.75 s.
    section = {"offset": 2.0, "length": 3.0, "reversed": True}
    before = project(tmp_path, track("Git", item(song, 1.0, 0.75, offset=0.5, section=section)))
    ended = halves.run("separate", before, go("only bass"))
    (take,) = only(ended, "bass")["takes"]
    assert take["source"]["section"]["reversed"] is True
    stem = audio(take["source"]["file"])
    assert stem.shape[0] == round(0.75 * RATE)
    assert lag(stem[:, 0], audio(song)[:, 0], round(3.75 * RATE)) == 0
    assert take["values"]["D_STARTOFFS"] == pytest.approx(0.0, abs=1e-9)


def test_a_loop_takes_the_whole_section_once(halves: Reaper, song: Path, tmp_path: Path) -> None:
    section = {"offset": 1.0, "length": 0.5, "reversed": False}
    before = project(
        tmp_path, track("Git", item(song, 0.0, 1.8, offset=0.2, section=section, item_values={"B_LOOPSRC": 1}))
    )
    ended = halves.run("separate", before, go("only bass"))
    found = only(ended, "bass")
    assert audio(found["takes"][0]["source"]["file"]).shape[0] == round(0.5 * RATE)
    assert found["takes"][0]["values"]["D_STARTOFFS"] == pytest.approx(0.2)
    assert (found["values"]["B_LOOPSRC"], found["values"]["D_LENGTH"]) == (1, 1.8)


def test_items_of_one_source_are_one_region_and_cut(
    halves: Reaper, song: Path, tmp_path: Path, daemon: House
) -> None:
    before = project(
        tmp_path,
        track("A", item(song, 0.0, 0.5, offset=3.0), item(song, 4.0, 0.5, offset=3.6)),
        track("B", item(song, 1.0, 0.5, offset=3.0)),
    )
    ended = halves.run("separate", before, go("only bass"))
    assert ended.names == ["A", "A stems", "bass", "B", "B stems", "bass"]
    job = daemon.ask("GET", "/jobs?limit=1")["items"][0]
    # Two different parts of the file, three items.
    assert [each["region"]["start_s"] for each in job["inputs"]] == [pytest.approx(3.0), pytest.approx(3.6)]
    # Both are cut out of what was separated once: the part that covers both.
    view = daemon.ask("GET", f"/jobs/{job['id']}")
    covers = {each for step in view["steps"] if step["step"] == "stems-cover" for each in step["artifacts"]}
    whole_part = {(each["asset"], each["path"]) for each in view["artifacts"] if each["id"] in covers}
    assert len(covers) == 2 and len(whole_part) == 1
    assert len(audio(whole_part.pop()[1])) == round(1.1 * RATE)
    whole = audio(song)[:, 0]
    a, b = ended.project["tracks"][2]["items"], ended.project["tracks"][5]["items"]
    assert a[0]["takes"][0]["source"] == b[0]["takes"][0]["source"]
    assert lag(audio(a[1]["takes"][0]["source"]["file"])[:, 0], whole, round(3.6 * RATE)) == 0
    check_one_step(ended, before)


def test_all_takes_and_takes_as_results(halves: Reaper, song: Path, tmp_path: Path) -> None:
    two = item(song, 0.0, 0.5, offset=0.5)
    two["takes"].append(item(song, 0.0, 0.5, offset=1.5)["takes"][0])
    two["current"] = 1
    before = project(tmp_path, track("Git", two))
    halves.ext["roadie/choices.separate"] = choose(what="only bass", takes="all of them")
    ended = halves.run("separate", before, go("only bass"))
    found = only(ended, "bass")
    assert [lag(audio(each["source"]["file"])[:, 0], audio(song)[:, 0], round(at * RATE)) for each, at in
            zip(found["takes"], (0.5, 1.5), strict=True)] == [0, 0]  # fmt: skip
    assert found["current"] == 1

    halves.ext["roadie/choices.separate"] = choose(what="only bass", result="takes of the item")
    ended = halves.run("separate", before, go("only bass"))
    assert ended.names == ["Git"]
    (same,) = ended.track("Git")["items"]
    assert [each["texts"]["P_NAME"] for each in same["takes"]] == ["", "", f"{song.stem} - bass"]
    assert same["current"] == 1 and same["values"]["B_MUTE"] == 0
    check_one_step(ended, before)
    again = halves.run("separate", ended.project, go("only bass"))
    assert len(again.track("Git")["items"][0]["takes"]) == 3


def test_all_but_one(halves: Reaper, song: Path, tmp_path: Path) -> None:
    halves.ext["roadie/choices.separate"] = choose(what="all but bass", original="leave untouched")
    ended = halves.run("separate", project(tmp_path, track("Git", item(song, 0.0, 0.5))), go("all but bass"))
    assert ended.names == ["Git", "Git stems", "no bass"]
    original = only(ended, "Git")
    assert original["values"]["B_MUTE"] == 0 and original["selected"] is True


def test_what_cannot_be_followed_is_left_out_with_the_reason(
    reaper: Reaper, song: Path, tmp_path: Path
) -> None:
    stretched = item(song, 1.0, 1.0)
    stretched["takes"][0]["stretch"] = [{"pos": 0.1, "srcpos": 0.2}]
    midi = {
        "selected": True,
        "values": {"D_POSITION": 0.0, "D_LENGTH": 1.0},
        "takes": [{"midi": {"notes": []}}],
    }
    empty = {"selected": True, "values": {"D_POSITION": 0.0, "D_LENGTH": 1.0}, "takes": []}
    keys = [{"see": "stretch markers", "key": "enter"}]
    ended = reaper.run("separate", project(tmp_path, track("Git", stretched, midi, empty)), keys)
    assert ended.names == ["Git"] and ended.undo == []


def test_a_model_that_is_not_installed_is_said_to_be(reaper: Reaper, song: Path, tmp_path: Path) -> None:
    reaper.ext["roadie/choices.separate"] = choose(what="6 stems")
    keys = [{"see": "6 stems", "key": "enter"}, {"see": "htdemucs_6s", "key": "esc"}]
    ended = reaper.run("separate", project(tmp_path, track("Git", item(song, 0.0, 0.5))), keys)
    assert ended.names == ["Git"]


def test_heard_first_and_thrown_away(halves: Reaper, song: Path, tmp_path: Path) -> None:
    halves.ext["roadie/choices.separate"] = choose(what="only bass", audition="yes")
    keys = [
        {"see": "only bass", "key": "enter"}, {"see": "Throw it away", "key": "space"},
        {"see": "Throw it away", "key": "x"},
    ]  # fmt: skip
    ended = halves.run("separate", project(tmp_path, track("Git", item(song, 0.0, 0.5))), keys)
    assert ended.names == ["Git"] and ended.undo == []
    (heard,) = ended.explorer
    assert heard["play"] is True and heard["path"].endswith("bass.wav")
    assert list((tmp_path / "roadie").rglob("*.wav")) == []


def test_reaper_closed_in_between_is_offered_the_next_time(
    halves: Reaper, song: Path, tmp_path: Path, daemon: House
) -> None:
    before = project(tmp_path, track("Git", item(song, 0.5, 0.5)))
    left = halves.run(
        "separate", before, [{"see": "only bass", "key": "enter"}, {"see": "Work on", "key": "b"}]
    )
    assert left.names == ["Git"]
    (pending,) = json.loads(halves.ext["roadie/pending"]["value"])
    daemon.wait(pending["job"])
    before = left.project
    keys = [{"see": "Done", "key": "esc"}, {"see": "Retry", "key": "q"}]
    placed = halves.run("jobs", before, keys, answers=[YES])
    assert placed.names == ["Git", "Git stems", "bass"]
    assert only(placed, "bass")["values"]["D_POSITION"] == 0.5
    assert "finished" in placed.messages[0]["text"]
    assert json.loads(halves.ext["roadie/pending"]["value"]) in ([], {})
    assert halves.run("jobs", before, [{"see": "Close", "key": "q"}]).messages == []


def test_reaper_ends_while_roadie_works(halves: Reaper, song: Path, tmp_path: Path, daemon: House) -> None:
    """Its process is gone in the middle of it, with nothing said or pressed."""
    before = project(tmp_path, track("Git", item(song, 1.5, 0.5)))
    daemon.ask("PUT", "/transport", {"playing": True, "recording": True})  # so that the job is not done yet
    try:
        ended = halves.run("separate", before, [{"see": "only bass", "key": "enter"}], quit_when_pending=True)
        (pending,) = json.loads(halves.ext["roadie/pending"]["value"])
        assert ended.names == ["Git"]
    finally:
        daemon.ask("PUT", "/transport", {})
    daemon.wait(pending["job"])
    # The next action that is run in this project offers it first; another project's do not.
    elsewhere = {
        "path": str(tmp_path / "b.rpp"),
        "tracks": [track("B", {**item(song, 1.5, 0.5), "guid": "{b}"})],
    }
    assert halves.run("jobs", elsewhere, [{"see": "Retry", "key": "q"}]).messages == []
    keys = [{"see": "Done", "key": "esc"}, {"see": "Retry", "key": "q"}]
    placed = halves.run("jobs", ended.project, keys, answers=[YES])
    assert only(placed, "bass")["values"]["D_POSITION"] == 1.5


def test_a_project_that_was_saved_in_between_is_known_by_its_items(
    halves: Reaper, song: Path, tmp_path: Path, daemon: House
) -> None:
    unsaved = {"path": "", "tracks": [track("Git", item(song, 2.0, 0.5, offset=1.0))]}
    left = halves.run(
        "separate", unsaved, [{"see": "only bass", "key": "enter"}, {"see": "Work on", "key": "b"}]
    )
    daemon.wait(json.loads(halves.ext["roadie/pending"]["value"])[0]["job"])
    another = {"path": "", "tracks": [track("Other", {**item(song, 2.0, 0.5), "guid": "{other}"})]}
    assert halves.run("jobs", another, [{"see": "Retry", "key": "q"}]).messages == []
    keys = [{"see": "Done", "key": "esc"}, {"see": "Retry", "key": "q"}]
    saved = {**left.project, "path": str(tmp_path / "saved.rpp")}
    assert only(halves.run("jobs", saved, keys, answers=[YES]), "bass")["values"]["D_POSITION"] == 2.0


def test_how_long_it_takes_is_said_beforehand(halves: Reaper, song: Path, tmp_path: Path) -> None:
    before = project(tmp_path, track("Git", item(song, 0.0, 6.0), item(song, 7.0, 6.0, rate=1.25)))
    looked = halves.run("separate", before, [{"see": "14 s of audio, about", "picture": "first", "key": "q"}])
    said = " ".join(each["text"] for each in looked.pictures["first"] if each["what"] == "text")
    assert "not measured here yet" in said
    speed = 2.5  # seconds of audio in a second
    halves.ext["roadie/speeds"] = {"value": json.dumps({"separate.best installed": speed}), "persist": True}
    halves.run("separate", before, [{"see": "about 6 s (as fast as last time)", "key": "q"}])


def test_heard_first_and_placed(halves: Reaper, song: Path, tmp_path: Path) -> None:
    halves.ext["roadie/choices.separate"] = choose(what="only bass", audition="yes")
    keys = [
        {"see": "only bass", "key": "enter"}, {"see": "Throw it away", "key": "space"},
        {"see": "Throw it away", "key": "p"}, {"see": "Done", "key": "esc"},
    ]  # fmt: skip
    ended = halves.run("separate", project(tmp_path, track("Git", item(song, 0.0, 0.5))), keys)
    assert ended.explorer[0]["path"] == only(ended, "bass")["takes"][0]["source"]["file"]


def test_choices_are_remembered(reaper: Reaper, song: Path, tmp_path: Path) -> None:
    keys = [{"see": "4 stems", "key": "right"}, {"see": "6 stems", "key": "right"},
            {"see": "only drums", "key": "left"}, {"see": "6 stems", "key": "q"}]  # fmt: skip
    before = project(tmp_path, track("Git", item(song, 0.0, 0.5)))
    reaper.run("separate", before, keys)
    assert "roadie/choices.separate" not in reaper.ext, "closed without going on: nothing was decided"
    keys = [
        {"see": "4 stems", "key": "right"},
        {"see": "6 stems", "key": "enter"},
        {"see": "htdemucs_6s", "key": "esc"},
    ]
    reaper.run("separate", before, keys)
    assert json.loads(reaper.ext["roadie/choices.separate"]["value"])["what"] == "6 stems"


def test_the_token_stands_on_no_command_line(halves: Reaper, song: Path, tmp_path: Path, daemon: House) -> None:
    ended = halves.run("separate", project(tmp_path, track("Git", item(song, 0.0, 0.5))), go("only bass"))
    token = (daemon.home / "token").read_text().strip()
    assert ended.processes and not any(token in each for each in ended.processes)
    assert ended.key_modes == ["600", "700"], "the token's file and folder are the owner's alone"
    folders = {each.split()[-1].rsplit("/", 1)[0] for each in ended.processes if "-K" in each}
    assert len(folders) == 1 and not Path(folders.pop()).exists(), "what the requests needed is gone"


def test_a_very_long_name_with_everything_in_it(halves: Reaper, song: Path, tmp_path: Path) -> None:
    longest = tmp_path / ('100% "quoted" it\'s $HOME ; süß ' + 210 * "x" + ".wav")
    assert len(longest.name.encode()) > 240
    longest.write_bytes(song.read_bytes())
    ended = halves.run("separate", project(tmp_path, track("Git", item(longest, 0.0, 0.5))), go("only bass"))
    stem = Path(only(ended, "bass")["takes"][0]["source"]["file"])
    assert stem.is_file() and len(audio(stem)) == round(0.5 * RATE)


def test_no_daemon_and_no_wish_to_start_one(tmp_path: Path, song: Path) -> None:
    lonely = Reaper(tmp_path / "REAPER", tmp_path / "no home")
    lonely.ext["roadie/command"] = {"value": json.dumps(["roadie", "serve"]), "persist": True}
    ended = lonely.run("separate", project(tmp_path, track("Git", item(song, 0.0, 0.5))), answers=[NO, 1])
    assert "Start it now?" in ended.messages[0]["text"] and "roadie serve" in ended.messages[1]["text"]
