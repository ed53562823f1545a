"""What an engine is: a light `EngineSpec` that the daemon may read, and a loaded engine in a worker.

Each task has one Protocol. An engine's `__init__.py` holds its spec and imports nothing heavy; its `loader`
names the class that a worker imports.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Protocol, Self

from daemon.kernel.checkpoint import Checkpoint
from daemon.kernel.types import Hertz, Json
from daemon.kernel.work import EngineChoice

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Audio = NDArray[np.float32]  # (channels, frames)


class Task(StrEnum):
    SEPARATE = "separate"
    NOTES = "notes"
    LYRICS = "lyrics"
    CLASSIFY = "classify"


@dataclass(frozen=True, slots=True)
class EngineSpec:
    """name: as used in the API. version: changes when results change (part of every step key). loader:
    "module:Class" implementing the task's Protocol. about: one line saying honestly what it is."""

    name: str
    version: str
    task: Task
    loader: str
    about: str


@dataclass(frozen=True, slots=True)
class Compute:
    """Where to compute. device: "cuda", "mps" or "cpu". threads: cap for torch, onnxruntime and OpenMP."""

    device: str = "cpu"
    threads: int = 1


class Engine(Protocol):
    """A loaded engine. It stays warm in its worker until the worker exits."""

    device: str
    reason: str  # why it runs there, for the person

    @classmethod
    def load(cls, choice: EngineChoice, compute: Compute) -> Self:
        """Read the weights. Raises NotInstalled or a RoadieError that names the file at fault."""
        ...


@dataclass(frozen=True, slots=True)
class MixLevel:
    """Mean and standard deviation of the mono mix (mean of the channels) over the whole of what is separated."""

    mean: float
    std: float


@dataclass(frozen=True, slots=True)
class SeparateSettings:
    """overlap: 0..0.99 of a segment. shifts: random time shifts averaged (0 = none). seed: for them. level: of
    all the blocks together, at the rate they come in, for an engine that normalises by it. wanted: the stems
    that will be used, empty for all; an engine may yield silence for the others."""

    overlap: float = 0.25
    shifts: int = 0
    seed: int = 0
    level: MixLevel | None = None
    wanted: tuple[str, ...] = ()


class Separator(Engine, Protocol):
    """Parts a stereo stream into stems.

    rate: the only sample rate it takes, or None for any. stems: names in the order of the first axis it yields.
    """

    rate: Hertz | None
    stems: tuple[str, ...]

    def separate(
        self,
        blocks: Iterator[Audio],
        frames: int,
        rate: Hertz,
        settings: SeparateSettings,
        checkpoint: Checkpoint,
    ) -> Iterator[NDArray[np.float32]]:
        """blocks: (2, n) float32 in order, `frames` in all. Yields (stems, 2, n) in order, `frames` in all.

        Memory does not grow with `frames`. Calls `checkpoint` between segments.
        """
        ...


@dataclass(frozen=True, slots=True)
class Note:
    """start_s, end_s: seconds from the start of the audio. pitch: MIDI number. velocity: 1..127.
    bends: (time_s, cents) relative to `pitch`, in time order; empty when not asked for."""

    start_s: float
    end_s: float
    pitch: int
    velocity: int
    confidence: float
    bends: tuple[tuple[float, float], ...] = ()


class Transcriber(Engine, Protocol):
    rate: Hertz

    def notes(
        self, blocks: Iterator[Audio], settings: Mapping[str, Json], checkpoint: Checkpoint, frames: int
    ) -> list[Note]:
        """blocks: (1, n) float32 at `rate`. Sorted by start, then pitch."""
        ...


@dataclass(frozen=True, slots=True)
class Word:
    text: str
    start_s: float
    end_s: float
    confidence: float


@dataclass(frozen=True, slots=True)
class Line:
    words: tuple[Word, ...]
    start_s: float
    end_s: float


@dataclass(frozen=True, slots=True)
class Lyrics:
    language: str
    language_confidence: float
    lines: tuple[Line, ...]


class Lyricist(Engine, Protocol):
    rate: Hertz

    def lyrics(
        self, blocks: Iterator[Audio], settings: Mapping[str, Json], checkpoint: Checkpoint, frames: int
    ) -> Lyrics:
        """blocks: (1, n) float32 at `rate`."""
        ...


@dataclass(frozen=True, slots=True)
class Classification:
    """label: a class of product.md's list, or "unsure". kind: "one-shot" or "loop". alternatives: (label,
    confidence), best first, without `label`. measures: what was measured (brightness_hz, attack_s ...).
    embedding: (EMBEDDING_DIMS,) float32 of length 1, near those of sounds that are like it (their dot product is
    the likeness, -1..1); None from an engine that has none, and for silence. kept: what it can be told anew from
    without the sound, by an engine with the same network; only the engine reads it."""

    label: str
    confidence: float
    kind: str
    alternatives: tuple[tuple[str, float], ...] = ()
    measures: Mapping[str, Json] = field(default_factory=dict)
    embedding: NDArray[np.float32] | None = None
    kept: bytes = b""


@dataclass(frozen=True, slots=True)
class Sound:
    """A file that is decoded already. audio: (channels, n), its beginning, at least `Classifier.heard_s` of it or all.
    length_s: of the whole file."""

    audio: Audio
    rate_hz: int
    length_s: float


class Classifier(Engine, Protocol):
    """heard_s: how much of a file's beginning it listens to."""

    heard_s: float

    def classify_sounds(
        self, sounds: Sequence[Sound], hints: Sequence[Mapping[str, Json]], checkpoint: Checkpoint
    ) -> list[Classification]:
        """As `classify`, of what somebody has decoded: a scan, which reads every file once."""
        ...

    def classify(
        self, files: Sequence[Path], hints: Sequence[Mapping[str, Json]], checkpoint: Checkpoint
    ) -> list[Classification]:
        """One classification for each file, in order. hints: per file what is known: "stem", "bpm", "name", and under
        "said" the classes that its name allows for."""
        ...

    def retold(
        self, kept: Sequence[bytes], hints: Sequence[Mapping[str, Json]], checkpoint: Checkpoint
    ) -> list[Classification | None]:
        """What `classify` would say now of sounds of which this was kept, but for what is measured of them alone: their
        notes are told, which a class may have or not. None for what is kept in another way: that sound must be heard
        again."""
        ...
