"""midi: notes and drum hits of a source as MIDI files on a tempo map. Cheap, so that a tempo edit never runs a
model again."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from daemon.kernel.work import Kind, Lane
from daemon.steps.spec import Params, StepSpec


class TempoPoint(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """From at_s on (seconds from the beginning of the audio) the tempo is bpm quarter notes a minute in bars of
    num/den. ramp: the tempo moves in a straight line over time to that of the next point."""

    at_s: float
    bpm: Annotated[float, Meta(ge=4.0, le=1_000.0)]
    num: Annotated[int, Meta(ge=1, le=255)] = 4
    den: Literal[1, 2, 4, 8, 16, 32, 64] = 4
    ramp: bool = False


class MidiParams(Params, frozen=True):
    """tempo_map: the project's; None takes the detected bpm, or 120 where none was found, and says which.
    bends: write pitch bends; None writes them for one voice only. quantise: the grid that notes are moved to,
    "t" for triplets. merge: one file with a track for each stem instead of one file for each stem."""

    tempo_map: list[TempoPoint] | None = None
    bends: bool | None = None
    quantise: Literal["off", "1/4", "1/8", "1/8t", "1/16", "1/16t", "1/32"] = "off"
    merge: bool = False


SPEC = StepSpec(
    name="midi",
    version=1,
    params=MidiParams,
    run="daemon.steps.notation.midi_run:run",
    lane=Lane.CPU,
    accepts=frozenset({Kind.NOTES, Kind.ONSETS, Kind.SLICE, Kind.ONE_SHOT}),
    reads=("source", "stem", "class", "kind", "brightness_hz", "bpm", "beats_per_bar", "first_downbeat_s"),
)
