"""MIDI, slices and words of items: where they stand, to the tick and to the sample."""

from __future__ import annotations

import json
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
import soundfile

from daemon.models.store import ModelStore
from tests.fakes import whisper_model
from tests.reaper.places import PPQ, audio, notes_of, quarter, ticks_of
from tests.reaper.session import Ended, Reaper, Tree, choose, go, item, track, write
from tests.recovery.house import House

RATE = 44100
TEMPO = [
    {"timepos": 0.0, "bpm": 120.0, "num": 4, "den": 4, "linear": False},
    {"timepos": 2.5, "bpm": 90.0, "num": 3, "den": 4, "linear": True},
    {"timepos": 4.5, "bpm": 150.0, "num": 3, "den": 4, "linear": False},
    {"timepos": 6.0, "bpm": 100.0, "num": 4, "den": 4, "linear": False},
]
WORDS = ["hello", "roadie"]


@pytest.fixture(scope="module")
def daemon(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """One daemon, with a Whisper model that hears the same two words in everything."""
    made = House(tmp_path_factory.mktemp("house"))
    model = whisper_model.write(tmp_path_factory.mktemp("whisper") / "model", WORDS, 1.6)
    ModelStore(made.home / "models").add("scripted", model)
    made.start()
    assert made.up()
    yield made
    made.stop()


@pytest.fixture(scope="session")
def melody(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[tuple[float, float, int]]]:
    """Five seconds of plucked notes, and what they are: (start_s, end_s, pitch)."""
    notes = [
        (0.25, 0.75, 57),
        (1.0, 1.5, 60),
        (1.75, 2.25, 64),
        (2.5, 3.0, 62),
        (3.25, 3.75, 57),
        (4.0, 4.5, 60),
    ]
    wave = np.zeros(5 * RATE)
    for start, end, pitch in notes:
        time = np.arange(round((end - start) * RATE)) / RATE
        hz = 440 * 2 ** ((pitch - 69) / 12)
        tone = sum(np.sin(2 * np.pi * hz * part * time) / part**1.5 for part in range(1, 6))
        envelope = (
            np.minimum(1, time / 0.004) * np.exp(-1.5 * time) * np.minimum(1, (end - start - time) / 0.02)
        )
        wave[round(start * RATE) : round(start * RATE) + len(time)] += 0.25 * tone * envelope
    return write(tmp_path_factory.mktemp("melody") / "melody.wav", wave), notes


@pytest.fixture(scope="session")
def drums(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[float]]:
    """Four seconds of kicks and hats, and when they are struck."""
    rng = np.random.default_rng(3)
    wave, hits = np.zeros(4 * RATE), []
    for number in range(8):
        at = 0.2 + 0.45 * number
        length = round(0.25 * RATE)
        time = np.arange(length) / RATE
        if number % 2 == 0:
            sound = np.sin(2 * np.pi * (50 * time + 2.5 * (1 - np.exp(-time / 0.02)))) * np.exp(-time / 0.08)
        else:
            sound = 0.5 * np.diff(rng.standard_normal(length + 1)) * np.exp(-time / 0.02)
        loud = 0.8 if number < 4 else 0.3
        start = round(at * RATE)
        wave[start : start + length] += loud * sound[: len(wave) - start]
        hits.append(start / RATE)
    return write(tmp_path_factory.mktemp("drums") / "drums.wav", wave), hits


@pytest.fixture(scope="session")
def struck(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Kicks struck hard and softly: a soft one is quieter, lower and duller, as a drum is, and no copy of the hard."""
    wave = np.zeros(4 * RATE)
    for number in range(8):
        hard = number % 2 == 0
        time = np.arange(round(0.3 * RATE)) / RATE
        bend, fall_s, ring_s = (2.5, 0.02, 0.08) if hard else (0.6, 0.05, 0.12)
        sound = np.sin(2 * np.pi * (50 * time + bend * (1 - np.exp(-time / fall_s)))) * np.exp(-time / ring_s)
        start = round((0.2 + 0.45 * number) * RATE)
        wave[start : start + len(time)] += (0.8 if hard else 0.25) * sound[: len(wave) - start]
    return write(tmp_path_factory.mktemp("struck") / "struck.wav", wave)


def project(path: Path, *tracks: Tree, tempo: list[Tree] | None = None) -> Tree:
    return {"path": str(path / "song.rpp"), "tracks": list(tracks), "tempo": tempo or TEMPO}


def checked(ended: Ended) -> Ended:
    assert len(ended.undo) == 1 and ended.unblocked == 0
    return ended


# ------------------------------------------------------------ MIDI


def test_notes_lie_on_the_projects_tempo_map(
    reaper: Reaper, melody: tuple[Path, list[tuple[float, float, int]]], tmp_path: Path
) -> None:
    path, notes = melody
    position, offset, rate, length = 1.3, 0.9, 0.8, 4.5
    reaper.ext["roadie/choices.midi"] = choose(what="one voice", bends="yes")
    before = project(tmp_path, track("Git", item(path, position, length, offset=offset, rate=rate)))
    ended = checked(reaper.run("midi", before, go("one voice")))
    assert ended.names == ["Git", "Git MIDI"]
    (made,) = ended.track("Git MIDI")["items"]
    assert (made["values"]["D_POSITION"], made["values"]["D_LENGTH"]) == (position, length)
    midi = made["takes"][0]["midi"]
    assert midi["sorted"] is True
    # What was heard, by mido's clock from the delivered file; seconds of audio from the region's first frame.
    (delivered,) = (tmp_path / "roadie").rglob("*.mid")
    first = np.floor(offset * RATE) / RATE
    start = quarter(TEMPO, position)
    expected = []
    for start_s, end_s, pitch, velocity in notes_of(delivered):
        times = [position + (first + at - offset) / rate for at in (start_s, end_s)]
        places = [(quarter(TEMPO, max(position, min(at, position + length))) - start) * PPQ for at in times]
        expected.append((*places, pitch, velocity))
    found = sorted((each["ppq"], each["end_ppq"], each["pitch"], each["velocity"]) for each in midi["notes"])
    assert len(found) == len(expected) >= 4
    for one, other in zip(found, sorted(expected), strict=True):
        assert one == pytest.approx(other, abs=1.0)  # a tick: the file's own tempos are whole microseconds
    # The file itself has the project's tempo: dropped where the region begins, its ticks are the project's.
    begins = quarter(TEMPO, position + (first - offset) / rate)
    ticks = ticks_of(delivered)
    assert len(ticks) == len(expected)
    for tick, (start_s, *_) in zip(ticks, notes_of(delivered), strict=True):
        place = (quarter(TEMPO, position + (first + start_s - offset) / rate) - begins) * PPQ
        assert tick == pytest.approx(place, abs=2)
    # And what was heard is what was played: the notes of the melody that the item holds.
    truth = [(at, pitch) for at, _, pitch in notes if offset <= at < offset + length * rate - 0.05]
    heard = [(first + start_s, pitch) for start_s, _, pitch, _ in notes_of(delivered)]
    for (true_s, true_pitch), (heard_s, heard_pitch) in zip(truth, heard, strict=True):
        assert heard_pitch == true_pitch and heard_s == pytest.approx(true_s, abs=0.05)


def test_a_second_conversion_takes_the_place_of_the_first_and_can_be_quantised(
    reaper: Reaper, melody: tuple[Path, list[tuple[float, float, int]]], tmp_path: Path
) -> None:
    path, _ = melody
    reaper.ext["roadie/choices.midi"] = choose(what="one voice", bends="no")
    before = project(tmp_path, track("Git", item(path, 0.1, 5.0)))
    first = checked(reaper.run("midi", before, go("one voice")))
    again = checked(reaper.run("midi", first.project, go("one voice")))
    assert again.names == first.names
    takes = [each.track("Git MIDI")["items"][0]["takes"][0]["midi"]["notes"] for each in (first, again)]
    assert takes[0] == takes[1]
    reaper.ext["roadie/choices.midi"] = choose(what="one voice", bends="no", quantise="1/8")
    on_grid = reaper.run("midi", first.project, go("one voice")).track("Git MIDI")["items"][0]["takes"][0][
        "midi"
    ]
    start = quarter(TEMPO, 0.1)
    for note in on_grid["notes"]:
        steps = (start + note["ppq"] / PPQ) * 2
        assert steps == pytest.approx(round(steps), abs=1e-3)
    assert not on_grid["ccs"]


def test_a_glide_is_pitch_bends_in_the_range_that_it_needs(reaper: Reaper, tmp_path: Path) -> None:
    time = np.arange(2 * RATE) / RATE
    cents = 80 * np.sin(2 * np.pi * 2 * time)  # a slow, wide vibrato round 220 Hz
    phase = 2 * np.pi * np.cumsum(220 * 2 ** (cents / 1200)) / RATE
    wave = sum(np.sin(part * phase) / part**1.5 for part in range(1, 6)) * np.minimum(1, time / 0.01)
    sung = write(tmp_path / "sung.wav", 0.2 * wave)
    before = project(tmp_path, track("Git", item(sung, 1.0, 1.0, offset=0.5)))
    bends = {}
    for choice in ("yes", "no"):
        reaper.ext["roadie/choices.midi"] = choose(what="one voice", bends=choice)
        ended = checked(reaper.run("midi", before, go("one voice")))
        (made,) = ended.track("Git MIDI")["items"]
        midi = made["takes"][0]["midi"]
        assert {each["pitch"] for each in midi["notes"]} <= {56, 57, 58}
        assert all(each["ppq"] >= 0 for each in midi["ccs"])
        bends[choice] = [
            each["msg2"] + 128 * each["msg3"] - 8192 for each in midi["ccs"] if each["message"] == 0xE0
        ]
    assert bends["no"] == []
    assert len(bends["yes"]) > 10 and min(bends["yes"]) < 0 < max(bends["yes"])


def test_drums_become_general_midi_with_names(
    reaper: Reaper, drums: tuple[Path, list[float]], tmp_path: Path
) -> None:
    path, hits = drums
    reaper.ext["roadie/choices.midi"] = choose(what="drums")
    ended = checked(reaper.run("midi", project(tmp_path, track("Beat", item(path, 2.0, 4.0))), go("drums")))
    made = ended.track("Beat MIDI")
    notes = made["items"][0]["takes"][0]["midi"]["notes"]
    start = quarter(TEMPO, 2.0)
    wanted = [(quarter(TEMPO, 2.0 + at) - start) * PPQ for at in hits]
    assert len(notes) == len(hits)
    for note, place in zip(notes, wanted, strict=True):
        assert note["channel"] == 9 and note["ppq"] == pytest.approx(place, abs=12)  # 6 ms at 120 bpm
    kicks = {note["pitch"] for note in notes[::2]}
    assert kicks == {36} and made["note_names"]["36"] == "Bass Drum 1"
    assert {note["pitch"] for note in notes} == {int(key) for key in made["note_names"]}


# ------------------------------------------------------------ slices


def test_slices_stand_on_the_sample_of_the_source(
    reaper: Reaper, drums: tuple[Path, list[float]], tmp_path: Path
) -> None:
    path, hits = drums
    position, offset, rate, length = 3.0, 0.1, 0.8, 4.0
    before = project(tmp_path, track("Beat", item(path, position, length, offset=offset, rate=rate)))
    ended = checked(reaper.run("slices", before, go("items on a track")))
    made = ended.track("Beat slices")["items"]
    inside = [at for at in hits if offset <= at < offset + length * rate]
    assert len(made) == len(inside)
    whole = audio(path)[:, 0]
    for each, true_s in zip(made, inside, strict=True):
        (take,) = each["takes"]
        piece = audio(take["source"]["file"])[:, 0]
        place = (each["values"]["D_POSITION"] - position) * rate + offset
        frame = round(place * RATE)
        assert place * RATE == pytest.approx(frame, abs=1e-3), "on a sample of the source"
        # In the middle, where no edge is faded, the piece is the source's own samples to 24 bits.
        middle = slice(200, min(len(piece), round(0.05 * RATE)))
        np.testing.assert_allclose(piece[middle], whole[frame : frame + len(piece)][middle], atol=2**-22)
        snap = place + each["values"]["D_SNAPOFFSET"] * rate
        assert snap == pytest.approx(true_s, abs=0.006)
        assert take["values"]["D_PLAYRATE"] == rate
        assert each["values"]["D_POSITION"] + each["values"]["D_LENGTH"] <= position + length + 1e-9
    again = checked(reaper.run("slices", ended.project, go("items on a track")))
    assert again.names == ended.names and len(again.track("Beat slices")["items"]) == len(made)


def test_a_kit_has_one_note_for_each_class_and_layers(
    reaper: Reaper, drums: tuple[Path, list[float]], tmp_path: Path
) -> None:
    path, _ = drums
    reaper.ext["roadie/choices.slices"] = choose(result="a ReaSamplOmatic5000 kit")
    before = project(tmp_path, track("Beat", item(path, 0.0, 4.0)))
    ended = checked(reaper.run("slices", before, go("ReaSamplOmatic5000")))
    made = ended.track("Beat kit")
    pads: dict[int, list[tuple[int, int]]] = {}
    for fx in made["fx"]:
        (file,) = fx["files"]
        assert Path(file).is_file() and fx["done"] is True
        first, last = round(fx["params"][3] * 127), round(fx["params"][4] * 127)
        assert first == last and fx["params"][5] == fx["params"][6] == 0.5 and fx["params"][11] == 0.0
        pads.setdefault(first, []).append((round(fx["params"][17] * 127), round(fx["params"][18] * 127)))
    assert list(pads) == sorted(pads) and 36 in pads
    for layers in pads.values():
        assert layers[0][0] == 1 and layers[-1][1] == 127
        assert all(before[1] + 1 == after[0] for before, after in pairwise(layers))
    assert set(made["note_names"]) == {str(each) for each in pads}
    again = checked(reaper.run("slices", ended.project, go("ReaSamplOmatic5000")))
    assert again.track("Beat kit")["fx"] == made["fx"]


def test_hard_and_soft_hits_of_one_drum_are_layers_of_one_note(
    reaper: Reaper, struck: Path, tmp_path: Path
) -> None:
    reaper.ext["roadie/choices.slices"] = choose(result="a ReaSamplOmatic5000 kit")
    ended = checked(
        reaper.run("slices", project(tmp_path, track("Beat", item(struck, 0.0, 4.0))), go("ReaSamplOmatic5000"))
    )
    soft, hard = (each for each in ended.track("Beat kit")["fx"] if round(each["params"][3] * 127) == 36)
    ranges = [[round(each["params"][index] * 127) for index in (17, 18)] for each in (soft, hard)]
    assert ranges[0][0] == 1 and ranges[0][1] + 1 == ranges[1][0] and ranges[1][1] == 127
    loudness = [np.abs(audio(each["files"][0])).max() for each in (soft, hard)]
    assert loudness[0] < loudness[1]


def test_stretch_markers_at_the_onsets(reaper: Reaper, drums: tuple[Path, list[float]], tmp_path: Path) -> None:
    path, hits = drums
    reaper.ext["roadie/choices.slices"] = choose(result="stretch markers at the onsets")
    before = project(tmp_path, track("Beat", item(path, 1.0, 3.0, offset=0.5, rate=1.25)))
    ended = checked(reaper.run("slices", before, go("stretch markers")))
    (same,) = ended.track("Beat")["items"]
    found = same["takes"][0]["stretch"]
    inside = [at for at in hits if 0.5 <= at < 0.5 + 3.0 * 1.25]
    assert [each["srcpos"] for each in found] == pytest.approx(inside, abs=0.006)
    for each in found:
        assert each["pos"] == pytest.approx(each["srcpos"] - 0.5, abs=1e-9)
    # They change nothing yet, so roadie can go on working on the item; once one is moved, it cannot.
    again = reaper.run("slices", ended.project, go("stretch markers"))
    assert again.project["tracks"] == ended.project["tracks"] and again.undo == []
    found[0]["pos"] += 0.1
    keys = [{"see": "stretch markers change its timing", "key": "enter"}]
    assert reaper.run("slices", ended.project, keys).undo == []


# ------------------------------------------------------------ words


@pytest.fixture
def spoken(reaper: Reaper, song: Path, tmp_path: Path) -> tuple[Reaper, Tree, float, float, float]:
    position, offset, rate = 2.0, 1.0, 0.8
    before = project(tmp_path, track("Voice", item(song, position, 2.5, offset=offset, rate=rate)))
    return reaper, before, position, offset, rate


def words_of(tmp_path: Path) -> list[tuple[str, float, float]]:
    """What the delivered document says, in seconds from the beginning of the region."""
    lines = [
        json.loads(each.read_text())
        for each in (tmp_path / "roadie").rglob("*.json")
        if each.name != "roadie.json"
    ]
    return [
        (word["text"], word["start_s"], word["end_s"]) for line in lines[0]["lines"] for word in line["words"]
    ]


def listen(reaper: Reaper, before: Tree, result: str, **more: str) -> Ended:
    reaper.ext["roadie/choices.lyrics"] = choose(result=result, trust="whatever is loud enough", **more)
    return checked(reaper.run("lyrics", before, go(result)))


def test_words_as_regions_markers_and_take_markers(
    spoken: tuple[Reaper, Tree, float, float, float], tmp_path: Path
) -> None:
    reaper, before, position, offset, rate = spoken
    ended = listen(reaper, before, "regions")
    words = words_of(tmp_path)
    assert [text for text, _, _ in words][:2] == WORDS
    heard = [(text, start, end) for text, start, end in words if start < 2.0]
    found = ended.project["markers"]
    assert [each["name"] for each in found] == [text for text, _, _ in heard]
    for each, (_, start, end) in zip(found, heard, strict=True):
        assert each["is_region"] is True
        assert each["position"] == pytest.approx(position + start / rate, abs=1e-6)
        assert each["finish"] == pytest.approx(min(position + end / rate, position + 2.5), abs=1e-6)
    again = reaper.run("lyrics", ended.project, go("regions"))
    assert again.project["markers"] == found and again.undo == []

    ended = listen(reaper, before, "take markers")
    markers = ended.track("Voice")["items"][0]["takes"][0]["markers"]
    assert [(each["name"], each["srcpos"]) for each in markers] == [
        (text, pytest.approx(offset + start, abs=1e-6)) for text, start, _ in words
    ]
    lines = listen(reaper, before, "markers", unit="line").project["markers"]
    assert lines[0]["name"] == " ".join(WORDS) and lines[0]["is_region"] is False


def test_words_of_a_reversed_item_are_where_they_are_heard(reaper: Reaper, song: Path, tmp_path: Path) -> None:
    # Eight seconds backwards; from 0.5 s on, 1.6 s of it in 2 s: the file's 7.5 s down to 5.9 s.
    before = project(tmp_path, track("Voice", item(song, 3.0, 2.0, offset=0.5, rate=0.8, reversed=True)))
    ended = listen(reaper, before, "regions")
    start = np.floor(5.9 * RATE + 1e-6) / RATE

    def heard(file_s: float) -> float:
        return 3.0 + (8.0 - file_s - 0.5) / 0.8

    spans = [(heard(start + end), heard(start + begin), text) for text, begin, end in words_of(tmp_path)]
    wanted = sorted((max(3.0, first), min(5.0, last), text) for first, last, text in spans if last > 3.0)
    found = sorted((each["position"], each["finish"], each["name"]) for each in ended.project["markers"])
    assert len(found) == len(wanted) >= 2
    for one, other in zip(found, wanted, strict=True):
        assert one[:2] == pytest.approx(other[:2], abs=1e-6) and one[2] == other[2]
    # Backwards, the later word comes first.
    assert [each[2] for each in found][-2:] == WORDS[::-1]


def test_hits_of_a_loop_come_in_each_turn(
    reaper: Reaper, drums: tuple[Path, list[float]], tmp_path: Path
) -> None:
    path, hits = drums
    # Of the file 1.0 to 2.0 s over and over, twice as fast, from 0.3 s into it on, for two seconds and a half.
    section, rate = {"offset": 1.0, "length": 1.0, "reversed": False}, 2.0
    looped = item(path, 5.0, 2.5, offset=0.3, rate=rate, section=section, item_values={"B_LOOPSRC": 1})
    reaper.ext["roadie/choices.midi"] = choose(what="drums")
    ended = checked(reaper.run("midi", project(tmp_path, track("Beat", looped)), go("drums")))
    inside = [at - 1.0 for at in hits if 1.0 <= at < 2.0]
    wanted = sorted(
        at for hit in inside for turn in range(9) if 5.0 <= (at := 5.0 + (hit - 0.3 + turn) / rate) < 7.5
    )
    start = quarter(TEMPO, 5.0)
    found = [note["ppq"] for note in ended.track("Beat MIDI")["items"][0]["takes"][0]["midi"]["notes"]]
    # Where the loop cuts into a sound, that is a hit as well: each of the wanted ones is there.
    for at in wanted:
        place = (quarter(TEMPO, at) - start) * PPQ
        assert min(abs(each - place) for each in found) < 16


def test_words_as_notes_text_items_and_midi(
    spoken: tuple[Reaper, Tree, float, float, float], tmp_path: Path
) -> None:
    reaper, before, position, _, rate = spoken
    ended = listen(reaper, before, "item notes")
    assert ended.track("Voice")["items"][0]["texts"]["P_NOTES"].startswith(" ".join(WORDS))
    words = [each for each in words_of(tmp_path) if each[1] < 2.0]
    ended = listen(reaper, before, "empty text items")
    items = ended.track("Voice words")["items"]
    assert [(each["texts"]["P_NOTES"], each["values"]["D_POSITION"]) for each in items] == [
        (text, pytest.approx(position + start / rate, abs=1e-6)) for text, start, _ in words
    ]
    assert all(each["takes"] == {} or each["takes"] == [] for each in items)
    ended = listen(reaper, before, "lyrics on a MIDI item")
    (made,) = ended.track("Voice words")["items"]
    start = quarter(TEMPO, position)
    assert [(each["text"], each["type"], each["ppq"]) for each in made["takes"][0]["midi"]["texts"]] == [
        (text, 5, pytest.approx((quarter(TEMPO, position + at / rate) - start) * PPQ, abs=0.1))
        for text, at, _ in words
    ]


# ------------------------------------------------------------ chains


def test_a_chain_makes_a_take_in_time(reaper: Reaper, drums: tuple[Path, list[float]], tmp_path: Path) -> None:
    path, _ = drums
    reaper.ext["roadie/choices.chain"] = choose(chain="telephone")
    before = project(tmp_path, track("Beat", item(path, 1.0, 1.0, offset=0.5, rate=0.8)))
    ended = checked(reaper.run("chain", before, go("telephone")))
    (same,) = ended.track("Beat")["items"]
    assert len(same["takes"]) == 2 and same["current"] == 1
    take = same["takes"][1]
    assert take["texts"]["P_NAME"] == "drums - telephone" and take["values"]["D_PLAYRATE"] == 0.8
    rendered = audio(take["source"]["file"])
    assert rendered.shape[0] == round(0.8 * RATE)
    assert soundfile.info(take["source"]["file"]).samplerate == RATE
    assert not np.allclose(rendered[:, 0], audio(path)[round(0.5 * RATE) :][: len(rendered), 0], atol=1e-3)
    again = checked(reaper.run("chain", ended.project, go("telephone")))
    # The take that is heard is now the rendered one: it is rendered in turn, and the first two stay.
    assert len(again.track("Beat")["items"][0]["takes"]) == 3


@pytest.mark.parametrize("shape", ["as the item", "neutral"])
def test_a_chain_makes_an_item_on_a_track_below(
    reaper: Reaper, drums: tuple[Path, list[float]], tmp_path: Path, shape: str
) -> None:
    path, _ = drums
    reaper.ext["roadie/choices.chain"] = choose(
        chain="telephone", result="tracks in a folder below", shape=shape, audition="yes"
    )
    values = {"D_VOL": 0.5, "D_FADEINLEN": 0.02}
    before = project(
        tmp_path, track("Beat", item(path, 1.0, 1.0, offset=0.5, rate=0.8, item_values=values)), track("After")
    )
    keys = [
        {"see": "telephone", "key": "enter"}, {"see": "Throw it away", "key": "space"},
        {"see": "Throw it away", "key": "p"}, {"see": "Done", "key": "esc"},
    ]  # fmt: skip
    ended = checked(reaper.run("chain", before, keys))
    assert ended.names == ["Beat", "Beat chain", "telephone", "After"]
    assert [each["values"]["I_FOLDERDEPTH"] for each in ended.project["tracks"]] == [0, 1, -1, 0]
    (made,) = ended.track("telephone")["items"]
    (take,) = made["takes"]
    neutral = shape == "neutral"
    assert (made["values"]["D_POSITION"], made["values"]["D_LENGTH"]) == (
        1.0,
        pytest.approx(0.8 if neutral else 1.0),
    )
    assert take["values"]["D_PLAYRATE"] == (1.0 if neutral else 0.8)
    assert (made["values"]["D_VOL"], made["values"]["D_FADEINLEN"]) == ((1.0, 0.0) if neutral else (0.5, 0.02))
    assert len(audio(take["source"]["file"])) == round(0.8 * RATE)
    assert ended.explorer == [{"path": take["source"]["file"], "play": True}]
    assert ended.track("Beat")["items"][0]["values"]["B_MUTE"] == 1
    assert ended.undone is not None and len(ended.undone["tracks"]) == 2
    again = checked(reaper.run("chain", {**ended.project, "tracks": selected_first(ended)}, keys))
    assert again.names == ended.names and len(again.track("telephone")["items"]) == 1


def selected_first(ended: Ended) -> list[Tree]:
    """The tracks, with the original selected again instead of what was made of it."""
    for each in ended.project["tracks"]:
        for one in each["items"] or []:
            one["selected"] = each["texts"]["P_NAME"] == "Beat"
    return list(ended.project["tracks"])
