"""The classifier behind the Protocol: a trained network, what stem and name say, and what its owner taught it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Self

import numpy as np
from numpy.typing import NDArray

from daemon.engines.classifier.classes import CLASSES, DRUMS, UNSURE
from daemon.engines.classifier.heard import READ_S, Heard, hear, read
from daemon.engines.classifier.kind import LOOP, ONE_SHOT
from daemon.engines.classifier.learned import Learned
from daemon.engines.classifier.measures import Measures
from daemon.engines.classifier.network import Network
from daemon.engines.classifier.pitch import pitch_of
from daemon.engines.classifier.prior import weighed
from daemon.engines.protocol import Classification, Compute, Sound
from daemon.kernel.checkpoint import Checkpoint
from daemon.kernel.errors import InputError
from daemon.kernel.types import Json
from daemon.kernel.work import EngineChoice

SURE = 0.25
"""Below it a class is a guess among many: "unsure" is said, and what it might be."""
_ALTERNATIVES = 3
_LEAST_SHARE = 0.02  # of an alternative
_TOGETHER = 16  # files heard before the network is asked
_UNTUNED = frozenset(
    {"snare", "rim", "clap", "snap", "closed-hat", "open-hat", "crash", "ride", "shaker", "tambourine"}
)
"""Of these nobody asks for the note, whatever rings along."""


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

    def taught(
        self, files: Sequence[Path], classes: Sequence[str], checkpoint: Checkpoint
    ) -> tuple[Learned | None, list[str]]:
        """What to go by from now on, from files and what a person calls them; None when none can be heard. And a
        line for each file that cannot."""
        rows: list[tuple[str, bool, NDArray[np.float32]]] = []
        problems = []
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
            _shares, embeddings = self._network(np.stack(heard.pictures))
            rows.append((label, heard.kind == LOOP, _unit(embeddings.mean(axis=0))))
        if not rows:
            return None, problems
        labels, loops, all_embeddings = zip(*rows, strict=True)
        return Learned.taught(np.stack(all_embeddings), labels, loops), problems

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
        names, mean, drums = self._shares(one.kind, shares, embeddings)
        embedding = _unit(embeddings.mean(axis=0))
        said = hint.get("said")
        mean = weighed(
            mean,
            names,
            str(hint.get("stem") or ""),
            [str(each) for each in said] if isinstance(said, list) else (),
        )
        if one.kind == LOOP:
            mean = _of_loop(mean, names, drums)
        order = np.argsort(-mean, kind="stable")
        label, confidence = names[order[0]], float(mean[order[0]])
        others = [
            (names[i], round(float(mean[i]), 3))
            for i in order[1 : 1 + _ALTERNATIVES]
            if mean[i] >= _LEAST_SHARE
        ]
        if confidence < SURE:
            others = [(label, round(confidence, 3)), *others][:_ALTERNATIVES]
            label = UNSURE
        told = _measured(measures) | ({} if label in _UNTUNED else _root(sound))
        return Classification(label, round(confidence, 3), one.kind, tuple(others), told, embedding)

    def _shares(
        self, kind: str, shares: NDArray[np.float32], embeddings: NDArray[np.float32]
    ) -> tuple[tuple[str, ...], NDArray[np.float32], NDArray[np.float32]]:
        """The names of all classes; the share of each in a sound of which the network heard these pictures; and the
        part of that which is a drum's, whatever its owner calls the drum.

        A loop is compared with taught loops, and each of its hits with taught one-shots: what is common to all of its
        hits may be as near to one of them as another sound of that class is.
        """
        drums = np.array([name in DRUMS for name in CLASSES], np.float32)
        if self._learned is None:
            return CLASSES, shares.mean(axis=0), drums
        told = [self._learned.applied(*each) for each in zip(shares, map(_unit, embeddings), strict=True)]
        names, rows = told[0][0], np.stack([row for _, row in told])
        own = rows[:, len(CLASSES) :]
        own_drums = (own * (shares @ drums)[:, None]).sum(axis=0) / np.maximum(own.sum(axis=0), 1e-9)
        mean = rows.mean(axis=0)
        if kind == LOOP:
            _, mean = self._learned.applied(mean, _unit(embeddings.mean(axis=0)), loop=True)
        return names, mean, np.concatenate([drums, own_drums])


def _unit(embedding: NDArray[np.float32]) -> NDArray[np.float32]:
    return np.asarray(embedding / (np.linalg.norm(embedding) + 1e-9), np.float32)


def _kind(hint: Mapping[str, Json]) -> str | None:
    kind = hint.get("kind")
    return str(kind) if kind in (LOOP, ONE_SHOT) else None


def _of_loop(
    shares: NDArray[np.float32], names: tuple[str, ...], drums: NDArray[np.float32]
) -> NDArray[np.float32]:
    """Several drums that take turns are percussion: what the drums have together counts for it, unless one of them
    has most of that. drums: the part of each share that is a drum's."""
    of_drums = shares * drums
    together = float(of_drums.sum())
    if together < 0.5 or float(of_drums.max()) > 0.6 * together:
        return shares
    mixed = shares - np.float32(0.8) * of_drums
    mixed[names.index("perc")] += 0.8 * together
    return np.asarray(mixed / mixed.sum(), np.float32)


def _silent(one: Heard) -> Classification:
    return Classification(UNSURE, 0.0, one.kind, measures={"peak_db": -80.0})


def _measured(m: Measures) -> dict[str, Json]:
    return {
        "brightness_hz": round(m.brightness_hz, 1),
        "attack_s": round(m.attack_s, 4),
        "decay_s": round(m.decay_s, 3),
        "noisiness": round(m.noisiness, 3),
        "peak_db": round(m.peak_db, 2),
    }


def _root(sound: Sound) -> dict[str, Json]:
    """The note, where it is clear."""
    found = pitch_of(sound.audio, sound.rate_hz)
    if found is None:
        return {}
    return {
        "root_note": found.note, "root_cents": round(found.cents, 1), "root_confidence": round(found.confidence, 3),
    }  # fmt: skip
