"""How much the names of files add, on packs that a network has not heard; and how much they harm when all are wrong."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from daemon.engines.classifier.classes import CLASSES
from daemon.engines.classifier.image import RATE_HZ, from_attack
from daemon.engines.classifier.network import Network
from daemon.engines.classifier.picture import picture
from daemon.engines.classifier.prior import weighed
from daemon.steps.hearing.spoken import among_of
from training.tagger import packs
from training.tagger.figures import figures


def judge_named(taggers: Sequence[tuple[Network, Sequence[str]]]) -> None:
    """Prints figures by ear, with the files' names as a scan weighs them, and with the names of other files. taggers:
    each with the packs that it has not heard."""
    truth, said, parts = [], [], []
    for network, names in taggers:
        found = [each for pack in names for each in packs.named(pack)]
        pictures = np.stack([picture(from_attack(sound.audio, RATE_HZ)) for _, sound in found])
        parts.append(network(pictures)[0])
        truth += [sound.label for _, sound in found]
        said += [among_of(path) for path, _ in found]
    shares = np.concatenate(parts)
    turned = np.random.default_rng(0).permutation(len(said))
    print(f"names say something of {sum(map(bool, said))} of {len(said)} files")
    for what, told in (("by ear", [()] * len(said)), ("named", said), ("misnamed", [said[i] for i in turned])):
        print(f"{what:8}", _figures(shares, truth, told))


def _figures(shares: NDArray[np.float32], truth: list[str], said: Sequence[Sequence[str]]) -> str:
    rows = np.stack([weighed(row, CLASSES, "", each) for row, each in zip(shares, said, strict=True)])
    return str(figures(truth, [CLASSES[i] for i in rows.argmax(axis=1)], rows.max(axis=1)))
