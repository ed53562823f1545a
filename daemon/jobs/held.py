"""The files a job holds while it runs, and what is known of each."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from daemon.kernel.meta import KEY, OF_ONE_FILE, TEMPO
from daemon.kernel.types import AssetId, Json
from daemon.kernel.work import InputFile, Kind, Region

SOURCE = "source"


@dataclass(frozen=True, slots=True)
class Held:
    """One file: the source itself or something made from it.

    id: unique within the job. parent: the file it was made from. own: what its maker said of it. region: of a
    source, the part that was asked for.
    """

    id: str
    step: str
    kind: Kind
    name: str
    path: Path
    payload: AssetId
    parent: str | None
    own: Mapping[str, Json]
    region: Region | None = None


class Ledger:
    """What a job knows of its files so far: a file knows what its parent knows, what its maker said, and what was
    learnt of it since, in that order."""

    def __init__(self) -> None:
        self._files: dict[str, Held] = {}
        self._learnt: dict[str, dict[str, Json]] = {}

    def add(self, files: Iterable[Held]) -> None:
        for file in files:
            self._files[file.id] = file

    def learn(self, file: str, meta: Mapping[str, Json]) -> None:
        self._learnt.setdefault(file, {}).update(meta)

    def learnt(self, file: str) -> dict[str, Json]:
        """What steps of this job have learnt of a file."""
        return dict(self._learnt.get(file, {}))

    def found_out(self) -> dict[str, dict[str, Json]]:
        """Of each file that was made and of which more is known than its maker said: what was learnt of it, and its
        class, which may be known of what it was made from."""
        found = {}
        for file, held in self._files.items():
            label = self.meta(file).get("class") if held.kind.audible else None
            more = self.learnt(file) | ({} if label is None else {"class": label})
            if held.parent is not None and not more.items() <= held.own.items():
                found[file] = more
        return found

    def meta(self, file: str) -> dict[str, Json]:
        """Everything known of a file."""
        held = self._files[file]
        meta = {**self._inherited(held), **held.own, **self._learnt.get(file, {})}
        senseless = _senseless(held.kind, meta)
        return {key: value for key, value in meta.items() if key not in senseless}

    def _inherited(self, held: Held) -> dict[str, Json]:
        if held.parent is None:
            return {}
        meta = self.meta(held.parent)
        if self._files[held.parent].kind is Kind.SOURCE:
            return {key: value for key, value in meta.items() if key not in OF_ONE_FILE}
        return meta

    def step(self, file: str) -> str:
        """The step that made a file."""
        return self._files[file].step

    def parent(self, file: str) -> str | None:
        """What a file was made from."""
        return self._files[file].parent

    def inputs(self, files: Sequence[Held], reads: Sequence[str]) -> tuple[InputFile, ...]:
        """Files as a step gets them: with only the meta it says it reads."""
        return tuple(
            InputFile(
                file.path, file.payload, file.kind, file.name, file.region,
                {key: value for key, value in self.meta(file.id).items() if key in reads},
            )
            for file in files
        )  # fmt: skip


def _senseless(kind: Kind, meta: Mapping[str, Json]) -> frozenset[str]:
    """What is true of the song and says nothing about this file, though it was made from it."""
    hit = kind in (Kind.SLICE, Kind.ONE_SHOT) and meta.get("kind") != Kind.LOOP
    drums = kind in (Kind.SLICE, Kind.ONE_SHOT, Kind.LOOP) and meta.get("stem") == "drums"
    return (TEMPO if hit else frozenset()) | (KEY if drums else frozenset())


def select(files: Sequence[Held], ledger: Ledger, part: str, only: Sequence[str]) -> list[Held]:
    """The files of a step that `from = "step.part"` and `only` name: those of a stem, or all."""
    wanted = [part] if part else list(only)
    if not wanted:
        return list(files)
    return [file for file in files if ledger.meta(file.id).get("stem") in wanted]
