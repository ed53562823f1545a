"""Six stems, by a real Demucs network of the six-stem kind, whose weights are random: what matters is where they go."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from daemon.models.store import ModelStore
from tests.engines import tiny_demucs as tiny
from tests.reaper.places import audio
from tests.reaper.session import Reaper, choose, go, item, track
from tests.recovery.house import House

RATE = 44100


@pytest.fixture(scope="module")
def daemon(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    made = House(tmp_path_factory.mktemp("house"))
    bag = tiny.save_bag(
        tmp_path_factory.mktemp("six") / "bag", "htdemucs_6s", [tiny.htdemucs(sources=tiny.SIX)]
    )
    ModelStore(made.home / "models").add("htdemucs_6s", bag)
    made.start()
    assert made.up()
    yield made
    made.stop()


def test_six_stems_and_then_only_one_that_just_this_model_knows(
    reaper: Reaper, song: Path, tmp_path: Path
) -> None:
    reaper.ext["roadie/choices.separate"] = choose(what="6 stems", original="leave untouched")
    before = {"path": str(tmp_path / "song.rpp"), "tracks": [track("Git", item(song, 3.0, 0.75, offset=2.0))]}
    ended = reaper.run("separate", before, go("6 stems"))
    assert ended.names == ["Git", "Git stems", "drums", "bass", "other", "vocals", "guitar", "piano"]
    assert [each["values"]["I_FOLDERDEPTH"] for each in ended.project["tracks"]] == [0, 1, 0, 0, 0, 0, 0, -1]
    made = [each["items"][0] for each in ended.project["tracks"][2:]]
    assert len({each["values"]["I_CUSTOMCOLOR"] for each in made}) == 6
    assert {each["values"]["D_POSITION"] for each in made} == {3.0}
    assert {len(audio(each["takes"][0]["source"]["file"])) for each in made} == {round(0.75 * RATE)}

    # On the same item afterwards: no second folder, and the guitar's track has its new item alone.
    reaper.ext["roadie/choices.separate"] = choose(what="only guitar", original="leave untouched")
    again = reaper.run("separate", ended.project, go("only guitar"))
    assert again.names == ended.names
    (guitar,) = again.track("guitar")["items"]
    assert guitar["values"]["D_POSITION"] == 3.0
