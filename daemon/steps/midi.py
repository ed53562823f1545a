"""midi: notes and drum hits of a source as MIDI files on a tempo map. Cheap, so that a tempo edit never runs a
model again."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from daemon.kernel.work import Kind, Lane
from daemon.steps.spec import Params, StepSpec

FARTHEST_S = 7 * 24 * 3600.0
"""Of a point of a tempo map from the beginning of the audio: longer than any session, short enough for a MIDI file."""
_MOST_POINTS = 50_000


class TempoPoint(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """From at_s on (seconds from the beginning of the audio) the tempo is bpm quarter notes a minute in bars of
    num/den. ramp: the tempo moves in a straight line over time to that of the next point."""

    at_s: Annotated[float, Meta(ge=-FARTHEST_S, le=FARTHEST_S)]
    bpm: Annotated[float, Meta(ge=4.0, le=1_000.0)]
    num: Annotated[int, Meta(ge=1, le=255)] = 4
    den: Literal[1, 2, 4, 8, 16, 32, 64] = 4
    ramp: bool = False


TempoPoints = Annotated[list[TempoPoint], Meta(max_length=_MOST_POINTS)]


class MidiParams(Params, frozen=True):
    """tempo_map: the project's; None takes the detected bpm, or 120 where none was found, and says which.
    bends: write pitch bends; None writes them for one voice only. quantise: the grid that notes are moved to,
    "t" for triplets. merge: one file with a track for each stem instead of one file for each stem."""

    tempo_map: TempoPoints | None = None
    bends: bool | None = None
    quantise: Literal["off", "1/4", "1/8", "1/8t", "1/16", "1/16t", "1/32"] = "off"
    merge: bool = False

    def __post_init__(self) -> None:
        if self.tempo_map is not None:
            _check(self.tempo_map)


def _check(points: Sequence[TempoPoint]) -> None:
    if not points:
        raise ValueError("the tempo map is empty: leave it out to use the detected tempo")
    for before, after in pairwise(points):
        if not after.at_s > before.at_s:
            raise ValueError(f"the tempo map does not go forward in time at {after.at_s:g} s")


SPEC = StepSpec(
    name="midi",
    version=2,
    params=MidiParams,
    run="daemon.steps.notation.midi_run:run",
    lane=Lane.CPU,
    accepts=frozenset({Kind.NOTES, Kind.ONSETS, Kind.SLICE, Kind.ONE_SHOT}),
    reads=("source", "stem", "class", "kind", "brightness_hz", "bpm", "beats_per_bar", "first_downbeat_s"),
)
