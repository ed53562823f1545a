"""A job's slices on pads, from the job to the sound."""

from __future__ import annotations

from pathlib import Path

import pytest

from daemon.steps.notation.drum_map import KEYS
from tests.bridges.osc.conftest import stage
from tests.listening import Heard

pytestmark = pytest.mark.xdist_group("jack")


@pytest.fixture
def audible(heard: Heard, monkeypatch: pytest.MonkeyPatch) -> Heard:
    monkeypatch.setenv("ALSA_CONFIG_PATH", heard.environ["ALSA_CONFIG_PATH"])
    return heard


async def test_slices_are_on_the_keys_of_their_classes_and_every_subscriber_sees_it(
    audible: Heard, tmp_path: Path
) -> None:
    async with stage(tmp_path, **{"midi.enabled": False}) as staged:
        player, screen = staged.surface(), staged.surface()
        screen.send("/roadie/subscribe", 0, 600)
        await screen.until("/roadie/slot/8/progress")
        player.send("/roadie/run", "item-slices", str(staged.song(seconds=3.0)), "ref=k")
        made = await player.until("/roadie/job/state", "k", "done")
        delivered = {Path(each.args[4]) for each in made if each.address == "/roadie/job/artifact"}
        classes = {path.parent.name for path in delivered if path.is_relative_to(staged.out)}

        player.send("/roadie/kit", made[-1].args[1], "ref=kit")
        asked = await player.until("/roadie/kit/done", "kit")
        pads = {each.args[1]: each.args[2] for each in asked if each.address == "/roadie/pad/name"}
        on_keys = {label for label in classes if KEYS.get(label) in pads}
        assert on_keys == {label for label in classes if label in KEYS} and on_keys
        for label in on_keys:
            assert pads[KEYS[label]].startswith(label)
        shown = [
            each.args for each in await screen.until("/roadie/kit/done") if each.address == "/roadie/pad/name"
        ]
        assert shown == [["", note, name] for note, name in pads.items()]

        late = staged.surface()  # one that is opened later sees the pads as they are
        late.send("/roadie/subscribe", 0, 600)
        assert (await late.until("/roadie/kit/done"))[-1].args == ["", len(pads)]

        player.send("/roadie/pad", next(iter(pads)), 100)
        await audible.more()
        player.send("/roadie/pad", next(key for key in range(128) if key not in pads), 100)
        error = await player.next("/roadie/error")
        assert error.args[1] == "not_found" and "nothing is on this key" in error.args[2]


async def test_a_converted_file_is_heard_from_its_slot_and_taken(audible: Heard, tmp_path: Path) -> None:
    async with stage(tmp_path, **{"midi.enabled": False}) as staged:
        surface = staged.surface()
        surface.send("/roadie/subscribe", 0, 600)
        surface.send("/roadie/run", "convert", str(staged.song("take.wav")), "ref=c")
        await surface.until("/roadie/job/state", "c", "done")
        surface.send("/roadie/slot/1/audition", 1.0)
        await audible.more()
        surface.send("/roadie/audition/select", 1.0)
        taken = (await surface.until("/roadie/selection"))[-1].args[0]
        assert Path(taken).is_relative_to(staged.out)
        surface.send("/roadie/slot/1/audition", 2.0)
        error = await surface.next("/roadie/error")
        assert "has made 1 sounds" in error.args[2] and "Wait" not in error.args[2]
