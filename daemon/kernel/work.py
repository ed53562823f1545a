"""What crosses the border between the daemon and a worker: files and parameters in, files and a result out.

Arrays never cross it: steps exchange files.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path

from daemon.kernel.errors import ErrorInfo
from daemon.kernel.types import AssetId, Frames, Json


class Lane(StrEnum):
    """A pool of worker processes."""

    HEAVY = "heavy"
    CPU = "cpu"
    PLUGIN = "plugin"


class Kind(StrEnum):
    """What a file is to the person who gets it."""

    SOURCE = "source"
    STEM = "stem"
    SLICE = "slice"  # not yet told apart
    ONE_SHOT = "one-shot"
    LOOP = "loop"
    ONSETS = "onsets"  # JSON: every onset of a stem and the slice that stands for it
    NOTES = "notes"  # JSON: notes in seconds
    MIDI = "midi"
    LYRICS = "lyrics"
    PROJECT = "project"  # a DAW's project, and the JSON of what it says
    PEAKS = "peaks"  # binary: the waveform at several zooms (daemon.audio.peaks)
    EMBEDDINGS = "embeddings"  # binary: rows of EMBEDDING_DIMS <f4; meta "of": the payload of each row
    VECTORS = "vectors"  # binary: rows of EMBEDDING_DIMS <f2, and the graph over them (daemon.steps.indexing)
    FINDINGS = (
        "findings"  # binary: what sounds are told anew from without their files (daemon.steps.hearing.kept)
    )
    TAUGHT = "taught"  # what the tagger goes by besides its weights (daemon.engines.classifier.learned)

    @property
    def audible(self) -> bool:
        return self in _AUDIBLE


EMBEDDING_DIMS = 128
"""Numbers by which a sound is compared with others: what the classifier heard, of Euclidean length 1."""

_AUDIBLE = frozenset({Kind.SOURCE, Kind.STEM, Kind.SLICE, Kind.ONE_SHOT, Kind.LOOP})


@dataclass(frozen=True, slots=True)
class Region:
    """A part of a file, in the file's own frames. length None means to the end."""

    start: Frames
    length: Frames | None = None


@dataclass(frozen=True, slots=True)
class InputFile:
    """One file given to a step.

    payload: the hash that identifies it. name: the artifact's file name as its step produced it ("drums.wav"),
    or the source's file name. meta: what is known of it so far (only the keys the step's spec says it reads).
    """

    path: Path
    payload: AssetId
    kind: Kind
    name: str
    region: Region | None = None
    meta: Mapping[str, Json] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Produced:
    """One file made by a step.

    name: path below the attempt's folder, `/`-separated. payload: hash of its audio payload (of the whole file
    for non-audio). parent: index of the input it was made from; it inherits that input's meta. meta: what this
    step adds.
    """

    name: str
    kind: Kind
    payload: AssetId
    parent: int = 0
    meta: Mapping[str, Json] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Annotation:
    """Something learnt about an input file that later steps, names and tags may use (class, bpm, key ...)."""

    input: int
    meta: Mapping[str, Json]


@dataclass(frozen=True, slots=True)
class PluginUse:
    """How a plug-in did in one run. file, name: which. done: sounds it played well. failed: times it crashed, hung
    or gave what is no sound. in_a_row: how many of these came last, without a good one since. why: the last one."""

    file: str
    name: str
    done: int
    failed: int
    in_a_row: int
    why: str = ""


@dataclass(frozen=True, slots=True)
class StepResult:
    """files: made by the step. annotations: learnt about its inputs. device and reason: where it ran and why
    there. warnings: for the person, one line each. plugins: how those that were used did. provisional: something
    that may go well another time did not, so that the result stands for this job alone. failure: nothing came of it,
    and whoever asked gets this error instead, once what the plug-ins did is known."""

    files: tuple[Produced, ...] = ()
    annotations: tuple[Annotation, ...] = ()
    device: str = "cpu"
    reason: str = ""
    warnings: tuple[str, ...] = ()
    plugins: tuple[PluginUse, ...] = ()
    provisional: bool = False
    failure: ErrorInfo | None = None


@dataclass(frozen=True, slots=True)
class EngineChoice:
    """Which engine, model and weights a run uses: decided in the daemon before the run, part of its key.

    weights: sha256 over the model's files, "" for an engine without weights. path: folder or file of the
    weights. precision: "fp32", "bf16", "fp16", "int8". reason: why this model ("best installed", "asked for").
    trusted: the user said that a pickle checkpoint in it may be loaded.
    """

    engine: str
    version: str
    model: str = ""
    weights: str = ""
    path: Path | None = None
    precision: str = "fp32"
    reason: str = ""
    trusted: bool = False

    @property
    def mark(self) -> str:
        """Names what makes the answers, weights included: what one mark told need not be told again by it."""
        return " ".join(part for part in (self.engine, self.version, self.model, self.weights[:12]) if part)


@dataclass(frozen=True, slots=True)
class StepCall:
    """One attempt at one run, as handed to an executor.

    token: names the attempt; `out` is its own folder, empty, the only place it may write. device: "cuda", "mps"
    or "cpu". threads: the worker's share of cores. seed: for anything random. affinity: of calls with the same one,
    the next goes to the worker that had the last, which has kept what it needs.
    """

    token: str
    step: str
    inputs: tuple[InputFile, ...]
    params: Mapping[str, Json]
    out: Path
    lane: Lane
    engine: EngineChoice | None = None
    seed: int = 0
    affinity: str = ""
