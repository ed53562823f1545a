"""A whole session: two items on a tempo map with three changes are separated, converted, sliced and captioned.

What stands in the project afterwards is compared with places that are computed here, from where the items are and from
the delivered files as other programs read them.
"""

from __future__ import annotations

import base64
import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
import rpp
import soundfile

from daemon.models.store import ModelStore
from daemon.projects.read import read_project
from tests.fakes import whisper_model
from tests.reaper import media_db_file, rpp_file
from tests.reaper.places import PPQ, audio, lag, quarter
from tests.reaper.session import Ended, Reaper, Tree, choose, go, item, track
from tests.recovery.house import House

RATE = 44100
TEMPO = [
    {"timepos": 0.0, "bpm": 100.0, "num": 4, "den": 4, "linear": False},
    {"timepos": 1.5, "bpm": 140.0, "num": 7, "den": 8, "linear": False},
    {"timepos": 3.25, "bpm": 80.0, "num": 4, "den": 4, "linear": True},
    {"timepos": 6.0, "bpm": 120.0, "num": 4, "den": 4, "linear": False},
]
WORDS = ["hello", "roadie"]
STEMS = ["drums", "bass", "other", "vocals"]
HITS = [each / 2 for each in range(16)]
"""When the song's drums are struck, in seconds of the file."""
# (track, position, length, offset, rate): one trimmed at its own speed, one slower.
PLACES = [("Trimmed", 0.7, 2.2, 1.9, 1.0), ("Slower", 4.1, 2.6, 4.2, 0.8)]

pytestmark = pytest.mark.xdist_group("session")  # what they share is slow to make


@pytest.fixture(scope="module")
def resources(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """REAPER's resource folder, as REAPER leaves it."""
    folder = tmp_path_factory.mktemp("resources") / "REAPER"
    folder.mkdir()
    (folder / "reaper.ini").write_text("[REAPER]\n")
    return folder


@pytest.fixture(scope="module")
def daemon(resources: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """With a model that hears words, and installed in REAPER."""
    made = House(tmp_path_factory.mktemp("house"))
    subprocess.run(
        [sys.executable, "-m", "daemon.cli", "install", "reaper", "--to", str(resources)],
        check=True, capture_output=True, env={**os.environ, "ROADIE_HOME": str(made.home)},
    )  # fmt: skip
    ModelStore(made.home / "models").add(
        "scripted", whisper_model.write(tmp_path_factory.mktemp("whisper") / "model", WORDS, 1.6)
    )
    made.start()
    assert made.up()
    yield made
    made.stop()


@pytest.fixture(scope="module")
def session(daemon: House, song: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[list[Ended], Path]:
    """The project after each of the four actions."""
    folder = tmp_path_factory.mktemp("project")
    reaper = Reaper(folder / "REAPER", daemon.home)
    items = [
        (name, item(song, at, length, offset=offset, rate=rate)) for name, at, length, offset, rate in PLACES
    ]
    project: Tree = {
        "path": str(folder / "song.rpp"), "tracks": [track(name, each) for name, each in items], "tempo": TEMPO,
    }  # fmt: skip
    steps = [
        ("separate", choose(original="leave untouched"), "4 stems"),
        ("midi", choose(what="drums", original="leave untouched"), "drums"),
        ("slices", choose(original="leave untouched"), "items on a track"),
        ("lyrics", choose(result="take markers", trust="whatever is loud enough"), "take markers"),
    ]
    ended = []
    for action, choices, seen in steps:
        reaper.ext[f"roadie/choices.{action}"] = choices
        # Only the two originals are worked on, whatever was made.
        for each in project["tracks"]:
            for one in each["items"] or []:
                one["selected"] = each["texts"]["P_NAME"] in ("Trimmed", "Slower")
        ended.append(reaper.run(action, project, go(seen)))
        project = ended[-1].project
    return ended, folder


def heard_in(offset: float, length: float, rate: float) -> list[float]:
    """The drums, and the beginning: there the bass and the chord set in at once, which is a hit as well."""
    return [offset, *(at for at in HITS if offset <= at < offset + length * rate)]


def test_each_action_is_one_undo_step_and_the_last_project_holds_all(session: tuple[list[Ended], Path]) -> None:
    ended, _ = session
    assert [[point["text"] for point in each.undo] for each in ended] == [
        ["roadie: separate items"], ["roadie: convert to MIDI"], ["roadie: slice items"], ["roadie: lyrics"],
    ]  # fmt: skip
    assert [each.unblocked for each in ended] == [0, 0, 0, 0]
    for before, after in pairwise(ended):
        assert after.undone == before.project or names(after.undone) == names(before.project)
    assert ended[-1].names == [
        "Trimmed", "Trimmed slices", "Trimmed MIDI", "Trimmed stems", *STEMS,
        "Slower", "Slower slices", "Slower MIDI", "Slower stems", *STEMS,
    ]  # fmt: skip


def names(project: Tree | None) -> list[str]:
    assert project is not None
    return [each["texts"]["P_NAME"] for each in project["tracks"]]


@pytest.mark.parametrize("number", [0, 1])
def test_stems_are_in_time_to_the_sample(session: tuple[list[Ended], Path], song: Path, number: int) -> None:
    _, position, length, offset, rate = PLACES[number]
    tracks = session[0][-1].project["tracks"]
    first = 4 if number == 0 else 12
    total = 0
    for each in tracks[first : first + 4]:
        (made,) = each["items"]
        assert (made["values"]["D_POSITION"], made["values"]["D_LENGTH"]) == (position, length)
        assert made["takes"][0]["values"]["D_PLAYRATE"] == rate
        total = total + audio(made["takes"][0]["source"]["file"])
    start = int(np.floor(offset * RATE + 1e-6))
    assert len(total) == int(np.ceil((offset + length * rate) * RATE - 1e-6)) - start
    assert lag(total[:, 0], audio(song)[:, 0], start) == 0


@pytest.mark.parametrize("number", [0, 1])
def test_notes_and_slices_are_where_the_drums_are_struck(
    session: tuple[list[Ended], Path], song: Path, number: int
) -> None:
    name, position, length, offset, rate = PLACES[number]
    ended = session[0][-1]
    times = [position + (at - offset) / rate for at in heard_in(offset, length, rate)]
    assert len(times) >= 2
    (midi,) = ended.track(f"{name} MIDI")["items"]
    start = quarter(TEMPO, position)
    places = [(quarter(TEMPO, at) - start) * PPQ for at in times]
    notes = midi["takes"][0]["midi"]["notes"]
    assert [each["ppq"] for each in notes] == pytest.approx(places, abs=20)  # 10 ms at 120 bpm
    assert {each["channel"] for each in notes} == {9}
    whole = audio(song)[:, 0]
    slices = ended.track(f"{name} slices")["items"]
    assert [each["values"]["D_POSITION"] + each["values"]["D_SNAPOFFSET"] for each in slices] == pytest.approx(
        times, abs=0.01
    )
    for each in slices:
        frame = round(((each["values"]["D_POSITION"] - position) * rate + offset) * RATE)
        piece = audio(each["takes"][0]["source"]["file"])[:, 0]
        np.testing.assert_allclose(piece[300:1500], whole[frame + 300 : frame + 1500], atol=2**-22)


def words_heard_from(delivered: Path, start_frames: int) -> list[tuple[str, float]]:
    """(text, seconds from there) of the lyrics whose provenance says that they were heard from a frame of the song on.

    Both items' lyrics have the song's name, and which of them got it first is left to chance.
    """
    found = []
    for notes in delivered.rglob("Lyrics/roadie.json"):
        for name, made in json.loads(notes.read_text())["files"].items():
            if name.endswith(".json") and made["source"].get("region_start_frames") == start_frames:
                found.append(json.loads((notes.parent / name).read_text()))
    (document,) = found
    return [(word["text"], word["start_s"]) for line in document["lines"] for word in line["words"]]


@pytest.mark.parametrize("number", [0, 1])
def test_words_move_with_the_item(session: tuple[list[Ended], Path], number: int) -> None:
    name, _, length, offset, rate = PLACES[number]
    ended, folder = session
    (same,) = ended[-1].track(name)["items"]
    markers = [(each["name"], each["srcpos"]) for each in same["takes"][0]["markers"]]
    start_frames = int(np.floor(offset * RATE + 1e-6))
    words = words_heard_from(folder / "roadie", start_frames)
    assert [text for text, _ in words][:2] == WORDS[:2]
    assert markers == [(text, pytest.approx(start_frames / RATE + at, abs=1e-6)) for text, at in words]
    assert all(offset <= at < offset + length * rate + 1 for _, at in markers)


def test_the_project_parses_and_its_reader_finds_the_map_and_every_file(
    session: tuple[list[Ended], Path],
) -> None:
    ended, folder = session
    path = rpp_file.write(folder / "written.rpp", ended[-1].project)
    parsed = rpp.loads(path.read_text("utf-8"))
    assert len(parsed.findall(".//TRACK")) == len(ended[-1].names)
    project = read_project(path)
    found = {Path(each.path).name for each in project.references}
    wanted = {
        Path(take["source"]["file"]).name
        for each in ended[-1].project["tracks"] for one in each["items"] or [] for take in one["takes"] or []
        if take.get("source")
    }  # fmt: skip
    assert wanted and wanted <= found
    assert [each.bpm for each in project.tempo_map] == [100.0, 140.0, 80.0, 120.0]


@pytest.fixture(scope="module")
def kit(session: tuple[list[Ended], Path], daemon: House, song: Path, resources: Path) -> Tree:
    """The job that made a kit for REAPER of the song's end, which neither item plays."""
    asked = {"path": str(song), "region": {"start_s": 6.4, "length_s": 1.6}}
    to = {"to": ["reaper"], "folder": str(session[1] / "kit")}
    done = daemon.wait(daemon.request([asked], "item-slices", deliver=to))
    assert done["state"] == "done", done["warnings"]
    return done


def test_the_track_template_of_a_delivered_kit_parses(kit: Tree, song: Path, resources: Path) -> None:
    (path,) = resources.glob("TrackTemplates/roadie/*.RTrackTemplate")
    assert path.stem == f"{song.stem} kit"
    delivered = {each["path"]: each["class"] for each in kit["artifacts"] if each["delivered"]}
    template = rpp.loads(path.read_text("utf-8"))
    names = {int(row[1]): row[2] for row in template.find(".//MIDINOTENAMES")}
    plugins = template.findall(".//VST")
    assert template.tag == "TRACK" and len(plugins) == len(names) == len({*names.values()}) >= 1
    for plugin, label in zip(plugins, names.values(), strict=True):
        _, *state, _ = [base64.b64decode(row[0] if isinstance(row, list) else row) for row in plugin]
        sample = b"".join(state).partition(b"\0")[0].decode()
        assert sample in delivered and Path(sample).is_file() and label in Path(sample).name


def test_media_explorers_database_parses_and_has_all_that_was_delivered(
    kit: Tree, session: tuple[list[Ended], Path], song: Path, resources: Path
) -> None:
    made = {str(path) for path in session[1].rglob("*.wav")}
    assert len(made) > 10
    path = resources / "MediaDB" / "roadie.ReaperFileList"
    deadline = time.monotonic() + 60
    while {each.path for each in media_db_file.read(path)[1]} != {str(song), *made}:
        assert time.monotonic() < deadline, path.read_text()
        time.sleep(0.2)
    for each in media_db_file.read(path)[1]:
        info, stat = soundfile.info(each.path), Path(each.path).stat()
        assert (each.size, each.modified_at) == (stat.st_size, int(stat.st_mtime))
        assert each.columns["Sample Rate"] == str(info.samplerate) and each.columns["Channels"] == str(
            info.channels
        )
        assert each.length_s == pytest.approx(info.duration, abs=0.001)
        assert each.columns["Title"].startswith(song.stem) and not each.columns["Title"].endswith(".wav")
