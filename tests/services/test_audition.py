"""Which of a job's sounds are heard and played."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, cast

import pytest

from daemon.kernel.errors import NotFound
from daemon.playback.messages import Pad
from daemon.services.audition import AuditionService, short_names
from daemon.services.types_jobs import ArtifactView


@dataclass
class Player:
    pads: list[Pad] = field(default_factory=list)

    async def load(self, pads: list[Pad]) -> dict[str, str]:
        self.pads = pads
        return {}


@dataclass
class Jobs:
    artifacts: list[ArtifactView]

    state: str = "done"

    async def get(self, _job: str) -> Jobs:
        return self


def made(
    name: str, path: str, delivered: bool, label: str | None = "kick", kind: str = "one-shot"
) -> ArtifactView:
    return ArtifactView(path, kind, name, None, label, path, path, delivered)


def service(*artifacts: ArtifactView) -> tuple[AuditionService, Player]:
    player = Player()
    jobs = cast("Any", Jobs(list(artifacts)))
    return AuditionService(
        cast("Any", player), cast("Any", None), jobs, cast("Any", None), lambda _event: None
    ), player


RAW = made("slices/001.wav", "/cache/1.wav", False)
CLEAN = made("001 001.wav", "/out/Song - kick.wav", True)
SNARE = made("001 002.wav", "/out/Song - snare.wav", True, "snare")


async def test_a_sound_that_was_cleaned_and_delivered_is_on_one_pad_by_its_own_name():
    audition, player = service(RAW, CLEAN, SNARE)
    assert await audition.load_kit_of_job("job") == {36: "kick", 38: "snare"}
    assert [pad.path for pad in player.pads] == ["/out/Song - kick.wav", "/out/Song - snare.wav"]
    assert await audition.sound_of_job("job", 2) == "/out/Song - snare.wav"


@pytest.mark.parametrize(
    ("names", "shown"),
    [
        (["A - B - drums - kick 01.wav", "A - B - vocals - voice 01.wav"], ["drums - kick 01", "vocals - voice 01"]),
        (["Song - drums - kick 01 120bpm.wav"], ["kick 01 120bpm"]),
        (["Song.wav", "Song - kick.wav"], ["Song", "Song - kick"]),
        (["kick 808.2.wav", "snare.wav"], ["kick 808.2", "snare"]),
        ([], []),
    ],
)  # fmt: skip
def test_a_pad_is_called_by_what_tells_it_from_the_others(names: list[str], shown: list[str]):
    assert short_names([f"/out/{name}" for name in names]) == shown


async def test_what_no_one_asked_to_deliver_is_heard_from_where_it_was_made():
    midi = made("bass.mid", "/out/bass.mid", True, None, "midi")
    audition, _player = service(RAW, midi)
    assert await audition.load_kit_of_job("job") == {36: "1"}
    assert await audition.sound_of_job("job", 1) == "/cache/1.wav"
    with pytest.raises(NotFound, match="has made 1 sounds"):
        await audition.sound_of_job("job", 2)
