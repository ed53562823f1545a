"""What a project says of itself, whichever DAW wrote it. Times are seconds on the project's timeline."""

from __future__ import annotations

from typing import Literal

import msgspec

ProjectKind = Literal["reaper", "ableton"]


class TempoPoint(msgspec.Struct, frozen=True):
    """The tempo from `at_s` on, in quarter notes a minute, and the meter num/den.

    ramp: it goes to the next point's tempo in a straight line over time, rather than standing until then.
    """

    at_s: float
    bpm: float
    num: int = 4
    den: int = 4
    ramp: bool = False


class Track(msgspec.Struct, frozen=True):
    """depth: how many folders or groups it stands in."""

    name: str
    kind: Literal["track", "audio", "midi", "group", "return"] = "track"
    depth: int = 0


class Use(msgspec.Struct, frozen=True):
    """One place where a file is used.

    where: "item", "clip", "instrument" (a sampler), "plug-in" (a path found in its saved state), "other". at_s and
    length_s: on the timeline, None where it has no place there. offset_s and rate: of the part that is played.
    """

    where: Literal["item", "clip", "instrument", "plug-in", "other"]
    track: str | None = None
    at_s: float | None = None
    length_s: float | None = None
    offset_s: float | None = None
    rate: float | None = None


class Reference(msgspec.Struct, frozen=True):
    """A file that the project needs.

    path: absolute, as the project means it. others: where the DAW would look as well. written: the project's own
    text. size: in bytes, where the project states it.
    """

    path: str
    written: str
    uses: tuple[Use, ...]
    others: tuple[str, ...] = ()
    size: int | None = None


class Project(msgspec.Struct, frozen=True):
    """written_by: the program and version that the file names. rate_hz: None where the project follows the device.
    key: like "Am", only where the project states one. warnings: what was left out, for a person."""

    kind: ProjectKind
    path: str
    written_by: str
    tempo_map: tuple[TempoPoint, ...]
    rate_hz: int | None
    key: str | None
    tracks: tuple[Track, ...]
    references: tuple[Reference, ...]
    warnings: tuple[str, ...] = ()
