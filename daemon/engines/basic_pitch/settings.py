"""What may be set for one transcription, and which decoder it means."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path

from daemon.engines.basic_pitch.constants import FRAME_HOP, LOWEST_PITCH, PITCHES, RATE
from daemon.engines.basic_pitch.posteriors import Spool
from daemon.engines.basic_pitch.raw import Thresholds
from daemon.engines.protocol import Note
from daemon.kernel.checkpoint import Checkpoint
from daemon.kernel.errors import BadParameter
from daemon.kernel.types import Json

_MINIMUM_NOTE_MS = 127.7
MODES = ("raw", "mono", "poly")


@dataclass(frozen=True, slots=True)
class Settings:
    """mode: raw (as Basic Pitch), mono (one voice), poly (several, ghosts removed). scratch: a folder for
    temporary data, None for the system's. bends: whether notes tell how their pitch moves.
    minimum_note_ms: None for the decoder's own (127.7, as Basic Pitch; 45 for one voice)."""

    mode: str = "raw"
    onset_threshold: float = 0.5
    frame_threshold: float = 0.3
    minimum_note_ms: float | None = None
    minimum_hz: float | None = None
    maximum_hz: float | None = None
    bends: bool = True
    scratch: Path | None = None

    @classmethod
    def parse(cls, given: Mapping[str, Json]) -> Settings:
        """Raises BadParameter for an unknown name or mode."""
        unknown = set(given) - set(cls.__dataclass_fields__)
        if unknown:
            raise BadParameter(f"basic_pitch has no setting {sorted(unknown)[0]!r}")
        values = dict(given)
        if values.get("scratch") is not None:
            values["scratch"] = Path(str(values["scratch"]))  # type: ignore[assignment]
        found = cls(**values)  # type: ignore[arg-type]
        if found.mode not in MODES:
            raise BadParameter(f"there is no mode {found.mode!r}", hint=f"Modes: {', '.join(MODES)}")
        return found

    def thresholds(self) -> Thresholds:
        """The same rounding as `basic_pitch.inference.predict`."""
        minimum_ms = _MINIMUM_NOTE_MS if self.minimum_note_ms is None else self.minimum_note_ms
        return Thresholds(
            onset=self.onset_threshold,
            frame=self.frame_threshold,
            minimum_frames=round(minimum_ms / 1000 * (RATE / FRAME_HOP)),
            lowest=_column(self.minimum_hz, 0),
            highest=_column(self.maximum_hz, PITCHES),
        )


def _column(frequency_hz: float | None, default: int) -> int:
    if frequency_hz is None:
        return default
    midi = 12 * (math.log2(frequency_hz) - math.log2(440.0)) + 69
    return min(max(round(midi - LOWEST_PITCH), 0), PITCHES)


Decoder = Callable[[Spool, Settings, Checkpoint], list[Note]]


def decoder(mode: str) -> Decoder:
    """The function that makes notes of posteriors in this mode."""
    module = import_module(f"daemon.engines.basic_pitch.decode_{mode}")
    found: Decoder = module.decode
    return found
