"""Drum hits as notes: the onsets of the drums stem, each named by the slice that stands for it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path, PurePosixPath

import msgspec

from daemon.kernel.errors import InputError
from daemon.kernel.work import InputFile
from daemon.steps.notation import drum_map
from daemon.steps.notation.notes_file import NoteEntry

_LONGEST_S = 0.1
"""Drum notes are triggers; their length says nothing, so it is kept short."""


class Onset(msgspec.Struct, frozen=True):
    onset_s: float
    velocity: int
    length_s: float = _LONGEST_S
    slice: str | None = None


class OnsetsFile(msgspec.Struct, frozen=True):
    """What is read of the file that the step `slice` writes."""

    version: int
    stem: str
    onsets: list[Onset]


def read(path: Path) -> OnsetsFile:
    """Raises InputError for a file that is not an onsets file."""
    try:
        return msgspec.json.decode(path.read_bytes(), type=OnsetsFile)
    except (msgspec.DecodeError, OSError) as error:
        raise InputError("not an onsets file", where=path, why=error) from error


def hits(onsets: OnsetsFile, slices: Sequence[InputFile]) -> list[NoteEntry]:
    """One note for each onset. slices: of the same stem, with the class that the step `classify` found."""
    keys = slice_keys(slices)
    return [
        NoteEntry(
            start_s=onset.onset_s,
            end_s=onset.onset_s + min(_LONGEST_S, max(0.0, onset.length_s)),
            pitch=keys.get(_base(onset.slice), drum_map.UNSURE_KEY),
            velocity=min(127, max(1, onset.velocity)),
            confidence=1.0,
        )
        for onset in onsets.onsets
    ]


def slice_keys(slices: Sequence[InputFile]) -> Mapping[str, int]:
    """General MIDI keys by the slices' file names; toms are told apart by their brightness."""
    brightness = {_base(file.name): _brightness_hz(file) for file in slices if file.meta.get("class") == "tom"}
    toms = drum_map.tom_keys(brightness.values())
    keys = {_base(file.name): drum_map.key(str(file.meta.get("class") or "")) for file in slices}
    return {**keys, **{name: toms[value] for name, value in brightness.items()}}


def _brightness_hz(file: InputFile) -> float:
    value = file.meta.get("brightness_hz")
    return float(value) if isinstance(value, int | float) else 0.0


def _base(name: str | None) -> str:
    return PurePosixPath(name or "").name
