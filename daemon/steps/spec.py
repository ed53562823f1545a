"""What a step is. A step's module is light at import: the daemon reads its `SPEC` to plan, validate and key
runs; the work itself is in the function that `run` names, imported by a worker."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol, TypeVar

import msgspec

from daemon.engines.protocol import Engine
from daemon.kernel.checkpoint import Checkpoint
from daemon.kernel.work import EngineChoice, InputFile, Kind, Lane, StepResult
from daemon.models.store import ModelStore


class Params(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Base of a step's parameters: every field has a default, its unit in its name, its range in its type."""

    def _in_order(self, low: str, high: str) -> None:
        """For `__post_init__`: a lower and an upper bound, by name, that leave nothing between them are refused."""
        least, most = getattr(self, low), getattr(self, high)
        if least is not None and most is not None and least > most:
            raise ValueError(f"{low} {least:g} is above {high} {most:g}")


class Closes(Protocol):
    def close(self) -> None: ...


KeptT = TypeVar("KeptT", bound=Closes)


class StepContext(Protocol):
    """What a running step may use besides its inputs and parameters."""

    out: Path  # this attempt's own folder: the only place to write
    device: str
    threads: int
    seed: int
    checkpoint: Checkpoint

    def engine(self) -> Engine:
        """The engine chosen for this run, loaded or still warm."""
        ...

    def keep(self, make: Callable[[], KeptT]) -> KeptT:
        """What the last call with this call's affinity made and left here, or what `make` makes now. It is closed
        when another takes its place."""
        ...


Run = Callable[[StepContext, tuple[InputFile, ...], Any], StepResult]


@dataclass(frozen=True, slots=True)
class Shelves:
    """Where what parameters name is looked for. chains: the user's. plugins: what scans found."""

    chains: Path
    plugins: Path


@dataclass(frozen=True, slots=True)
class StepSpec:
    """name: as recipes use it. version: raised whenever results change (part of every key). params: its type.
    run: "module:function" with the signature `Run`. lane: where it runs. accepts: kinds of file it takes;
    others in `from` are passed over. reads: meta keys of its inputs that decide its result (part of the key).
    annotates: meta keys that it learns about its inputs; later steps of the recipe that read one of them, of files
    made from those inputs, wait for it.
    fan_out: one run for each input file, rather than one for all of them. batch: at most so many input files in one
    run; 0 for any number. choose: picks the engine from
    (parameters, store, device); raises NotInstalled, which makes the step `skipped` with that reason. resolve:
    replaces names of files in the parameters by their content (a chain), so that the content decides the key;
    reads small files only. refresh: resolved parameters as they are when a run begins, long after it was planned and
    keyed perhaps; what differs may only make its result provisional. place: the lane and the affinity of a run with
    these parameters, where they depend on them.
    """

    name: str
    version: int
    params: type[Params]
    run: str
    lane: Lane
    accepts: frozenset[Kind]
    reads: tuple[str, ...] = ()
    annotates: tuple[str, ...] = ()
    fan_out: bool = False
    batch: int = 0
    choose: Callable[[Any, ModelStore, str], EngineChoice] | None = None
    resolve: Callable[[Any, Shelves], Any] | None = None
    refresh: Callable[[Any, Shelves], Any] | None = None
    place: Callable[[Any], tuple[Lane, str]] | None = None
