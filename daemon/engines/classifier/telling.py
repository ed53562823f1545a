"""From what was heard of a sound to its class: the network's shares, what stem and name say, and what its owner taught
the tagger. It needs no sound, so it is done anew whenever what was taught changes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from daemon.engines.classifier.classes import CLASSES, DRUMS, UNSURE
from daemon.engines.classifier.findings import Findings, said_of
from daemon.engines.classifier.kind import LOOP
from daemon.engines.classifier.learned import Learned
from daemon.engines.classifier.prior import weighed
from daemon.kernel.types import Json

SURE = 0.25
"""Below it a class is a guess among many: "unsure" is said, and what it might be."""
_ALTERNATIVES = 3
_LEAST_SHARE = 0.02  # of an alternative
_UNTUNED = frozenset(
    {"snare", "rim", "clap", "snap", "closed-hat", "open-hat", "crash", "ride", "shaker", "tambourine"}
)
"""Of these nobody asks for the note, whatever rings along."""


@dataclass(frozen=True, slots=True)
class Told:
    """As of a `Classification`. note: the keys of a meta that say it, none of what has none."""

    label: str
    confidence: float
    alternatives: tuple[tuple[str, float], ...] = ()
    note: Mapping[str, Json] = field(default_factory=dict)


def told_of(findings: Findings, hint: Mapping[str, Json], learned: Learned | None) -> Told:
    """hint: as of `Classifier.classify`. learned: what the owner taught the tagger."""
    if findings.silent:
        return Told(UNSURE, 0.0)
    names, mean, drums = _shares(findings, learned)
    mean = weighed(mean, names, str(hint.get("stem") or ""), said_of(hint))
    if findings.kind == LOOP:
        mean = _of_loop(mean, names, drums)
    order = np.argsort(-mean, kind="stable")
    label, confidence = names[order[0]], float(mean[order[0]])
    others = [
        (names[i], round(float(mean[i]), 3)) for i in order[1 : 1 + _ALTERNATIVES] if mean[i] >= _LEAST_SHARE
    ]
    if confidence < SURE:
        others = [(label, round(confidence, 3)), *others][:_ALTERNATIVES]
        label = UNSURE
    note = None if label in _UNTUNED else findings.note
    return Told(label, round(confidence, 3), tuple(others), {} if note is None else note.told())


def _shares(
    findings: Findings, learned: Learned | None
) -> tuple[tuple[str, ...], NDArray[np.float32], NDArray[np.float32]]:
    """The names of all classes; the share of each in a sound of which this was heard; and the part of that which is a
    drum's, whatever its owner calls the drum.

    A loop is compared with taught loops, and each of its hits with taught one-shots: what is common to all of its
    hits may be as near to one of them as another sound of that class is.
    """
    shares, embeddings = findings.shares, findings.embeddings
    drums = np.array([name in DRUMS for name in CLASSES], np.float32)
    if learned is None:
        return CLASSES, shares.mean(axis=0), drums
    told = [learned.applied(*each) for each in zip(shares, map(unit, embeddings), strict=True)]
    names, rows = told[0][0], np.stack([row for _, row in told])
    own = rows[:, len(CLASSES) :]
    own_drums = (own * (shares @ drums)[:, None]).sum(axis=0) / np.maximum(own.sum(axis=0), 1e-9)
    mean = rows.mean(axis=0)
    if findings.kind == LOOP:
        _, mean = learned.applied(mean, unit(embeddings.mean(axis=0)), loop=True)
    return names, mean, np.concatenate([drums, own_drums])


def unit(embedding: NDArray[np.float32]) -> NDArray[np.float32]:
    """Of length 1."""
    return np.asarray(embedding / (np.linalg.norm(embedding) + 1e-9), np.float32)


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
