"""The classifier behind the Protocol: a trained network, what stem and name say, and what its owner taught it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Self

import numpy as np
from numpy.typing import NDArray

from daemon.engines.classifier.classes import UNSURE
from daemon.engines.classifier.findings import Findings, Note
from daemon.engines.classifier.heard import READ_S, Heard, hear, read
from daemon.engines.classifier.kind import LOOP, ONE_SHOT
from daemon.engines.classifier.learned import Learned
from daemon.engines.classifier.measures import Measures
from daemon.engines.classifier.network import Network
from daemon.engines.classifier.pitch import pitch_of
from daemon.engines.classifier.telling import told_of, unit
from daemon.engines.protocol import Classification, Compute, Sound
from daemon.kernel.checkpoint import Checkpoint
from daemon.kernel.errors import InputError
from daemon.kernel.types import Json
from daemon.kernel.work import EngineChoice

_TOGETHER = 16  # files heard before the network is asked


class TrainedClassifier:
    """The same on every machine, up to the last digits of its processor's arithmetic."""

    device = "cpu"
    reason = "a small network: a processor is as fast"
    heard_s = READ_S

    def __init__(self, network: Network, learned: Learned | None = None) -> None:
        self._network = network
        self._learned = learned

    @classmethod
    def load(cls, choice: EngineChoice, compute: Compute) -> Self:
        """choice.path: what the owner taught it (`daemon.engines.classifier.learned`), or None."""
        learned = None if choice.path is None else Learned.read(choice.path)
        return cls(Network(threads=compute.threads), learned)

    def classify(
        self, files: Sequence[Path], hints: Sequence[Mapping[str, Json]], checkpoint: Checkpoint
    ) -> list[Classification]:
        found: list[Classification] = []
        for i in range(0, len(files), _TOGETHER):
            checkpoint(i / len(files))
            part = hints[i : i + _TOGETHER]
            sounds = [read(path) for path in files[i : i + _TOGETHER]]
            found += self._together(sounds, part)
        return found

    def classify_sounds(
        self, sounds: Sequence[Sound], hints: Sequence[Mapping[str, Json]], checkpoint: Checkpoint
    ) -> list[Classification]:
        found: list[Classification] = []
        for i in range(0, len(sounds), _TOGETHER):
            checkpoint(i / len(sounds))
            found += self._together(sounds[i : i + _TOGETHER], hints[i : i + _TOGETHER])
        return found

    def retold(
        self, kept: Sequence[bytes], hints: Sequence[Mapping[str, Json]], checkpoint: Checkpoint
    ) -> list[Classification | None]:
        found: list[Classification | None] = []
        for i, (data, hint) in enumerate(zip(kept, hints, strict=True)):
            if i % _TOGETHER == 0:
                checkpoint(i / len(kept))
            findings = Findings.unpacked(data)
            if findings is None:
                found.append(None)
                continue
            told = told_of(findings, hint, self._learned)
            found.append(
                Classification(
                    told.label, told.confidence, findings.kind, told.alternatives, told.note, kept=data
                )
            )
        return found

    def taught(
        self,
        files: Sequence[Path],
        classes: Sequence[str],
        checkpoint: Checkpoint,
        kept: Sequence[tuple[str, str, bytes]] = (),
    ) -> tuple[Learned | None, list[str]]:
        """What to go by from now on, from files and what a person calls them, and from what was kept of other sounds
        (class, name, bytes); None when none can be heard. And a line for each sound that cannot."""
        rows, problems = _remembered(kept)
        for i, (path, label) in enumerate(zip(files, classes, strict=True)):
            if i % _TOGETHER == 0:
                checkpoint(i / len(files))
            try:
                heard = hear(read(path), None)
            except InputError as error:
                problems.append(error.message)
                continue
            if not heard.pictures:
                problems.append(f"{path.name} is silent")
                continue
            rows.append((label, Findings.of(heard.kind, *self._network(np.stack(heard.pictures)))))
        if not rows:
            return None, problems
        embeddings = np.stack([unit(found.embeddings.mean(axis=0)) for _, found in rows])
        loops = [found.kind == LOOP for _, found in rows]
        return Learned.taught(embeddings, [label for label, _ in rows], loops), problems

    def _together(self, sounds: Sequence[Sound], hints: Sequence[Mapping[str, Json]]) -> list[Classification]:
        heard = [hear(sound, _kind(hint)) for sound, hint in zip(sounds, hints, strict=True)]
        pictures = [picture for one in heard for picture in one.pictures]
        if not pictures:
            return [_silent(one) for one in heard]
        shares, embeddings = self._network(np.stack(pictures))
        found, at = [], 0
        for sound, one, hint in zip(sounds, heard, hints, strict=True):
            rows = slice(at, at + len(one.pictures))
            at += len(one.pictures)
            if one.measures is None or not one.pictures:
                found.append(_silent(one))
                continue
            found.append(self._told(sound, one, one.measures, shares[rows], embeddings[rows], hint))
        return found

    def _told(
        self,
        sound: Sound,
        one: Heard,
        measures: Measures,
        shares: NDArray[np.float32],
        embeddings: NDArray[np.float32],
        hint: Mapping[str, Json],
    ) -> Classification:
        findings = Findings.of(one.kind, shares, embeddings, _note(sound))
        told = told_of(findings, hint, self._learned)
        return Classification(
            told.label, told.confidence, one.kind, told.alternatives, {**_measured(measures), **told.note},
            unit(embeddings.mean(axis=0)), findings.packed(),
        )  # fmt: skip


def _remembered(kept: Sequence[tuple[str, str, bytes]]) -> tuple[list[tuple[str, Findings]], list[str]]:
    """(class, what was heard) of sounds by (class, name, bytes), and a line for each of which nothing was."""
    rows, problems = [], []
    for label, name, data in kept:
        found = Findings.unpacked(data)
        if found is None:
            problems.append(f"{name} was heard by another roadie: scan its folder again")
        elif found.silent:
            problems.append(f"{name} is silent")
        else:
            rows.append((label, found))
    return rows, problems


def _kind(hint: Mapping[str, Json]) -> str | None:
    kind = hint.get("kind")
    return str(kind) if kind in (LOOP, ONE_SHOT) else None


def _silent(one: Heard) -> Classification:
    kept = Findings.silence(one.kind).packed()
    return Classification(UNSURE, 0.0, one.kind, measures={"peak_db": -80.0}, kept=kept)


def _measured(m: Measures) -> dict[str, Json]:
    return {
        "brightness_hz": round(m.brightness_hz, 1),
        "attack_s": round(m.attack_s, 4),
        "decay_s": round(m.decay_s, 3),
        "noisiness": round(m.noisiness, 3),
        "peak_db": round(m.peak_db, 2),
    }


def _note(sound: Sound) -> Note | None:
    found = pitch_of(sound.audio, sound.rate_hz)
    if found is None:
        return None
    return Note(found.note, round(found.cents, 1), round(found.confidence, 3))
