"""Fitting and judging: the members without one real pack after the other, and the shipped ones, in the same way, with
everything."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import torch

from daemon.engines.classifier.classes import CLASSES
from daemon.engines.classifier.network import WEIGHTS, Network
from daemon.engines.classifier.picture import PLANES
from training.tagger import corpus
from training.tagger.calibration import DOUBT_COUNTS, Calibration, likeliest, softmax
from training.tagger.classes import MET
from training.tagger.export import export, graph_of
from training.tagger.figures import confusions, figures
from training.tagger.fit import Pool, Settings, best_device, fit, predict
from training.tagger.named import judge_named
from training.tagger.network import Tagger

FOLDS = (("lmms",), ("gmrock", "tr808"))
"""Sample packs that people play, as the two packages bring them: one package is left out and the other heard, so that
what is judged has learned as what is shipped, on one package less."""
SHARES = {"s": 0.355, "r": 0.36, "c": 0.235, "p": 0.05}
"""Of a batch: synthesised, recorded and damaged, recorded as it is, of real packs alone."""


@dataclass(frozen=True, slots=True)
class Member:
    """One network of those that are shipped. widths, planes, blurred, restyled: see `Tagger`."""

    name: str
    widths: tuple[int, ...]
    planes: int
    settings: Settings
    blurred: bool = False
    restyled: float = 0.0

    def begin(self) -> Tagger:
        return Tagger(self.widths, self.planes, self.restyled, self.blurred)


EMBEDDER = Member("long", (16, 40, 96, 160), 1, Settings(steps=7700))
"""By whose embedding sounds are compared: fitted for long, by levels alone. It has no say in what a sound is."""
_SMALL = (12, 28, 64, 112)
_SHORT = Settings(steps=1200, batch=256, kept=0.998)
VOTERS = (
    # fitted for a short while, by levels and flatness: the longer, the better they know the material and the less
    # what lies outside it
    Member("short", _SMALL, PLANES, replace(_SHORT, seed=11), restyled=0.5),
    Member("again", _SMALL, PLANES, replace(_SHORT, seed=21), restyled=0.5),
    Member("blurred", _SMALL, PLANES, replace(_SHORT, seed=13), restyled=0.5, blurred=True),
)
"""Those whose mean says what a sound is. Those that begin or see differently err differently."""


def pool(folder: Path, parts: tuple[str, ...], left_out: tuple[str, ...]) -> Pool:
    found, kinds = [], []
    of_kind: Counter[str] = Counter()
    for part in (*parts, "clean"):
        pictures, labels, sources = corpus.read(folder, part)
        chosen = np.flatnonzero([not left(source, left_out) for source in sources])
        if not chosen.size:
            continue
        found.append((pictures, labels, chosen))
        of_kind[part[0]] += chosen.size
        kinds.append(part[0])
    weights = [SHARES[k] * len(one[2]) / of_kind[k] for k, one in zip(kinds, found, strict=True)]
    return Pool(found, weights, best_device())


def left(source: str, left_out: tuple[str, ...]) -> bool:
    """Whether a source belongs to those left out: "timgm" is all of "timgm:128:0"."""
    return any(source == name or source.startswith(name + ":") for name in left_out)


def held(folder: Path, names: tuple[str, ...]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """(pictures, classes, sources) of the sounds of some sources, as they are."""
    pictures, labels, sources = corpus.read(folder, "clean")
    chosen = np.flatnonzero([left(source, names) for source in sources])
    return pictures[chosen], labels[chosen], sources[chosen]


def evaluate(folder: Path, parts: tuple[str, ...], minutes: float) -> list[Calibration]:
    """Fit the voters without each fold, say how each and all together do on what they have not heard. What calibrates
    them, then their mean."""
    heard = [held(folder, fold) for fold in FOLDS]
    labels, sources = (np.concatenate([one[i] for one in heard]) for i in (1, 2))
    networks: list[list[Tagger]] = [[] for _ in FOLDS]
    found, logs = [], []
    for member in VOTERS:
        logits = []
        for fold, (pictures, _, _), fitted in zip(FOLDS, heard, networks, strict=True):
            examples = pool(folder, parts, fold)
            network = _fitted(examples, member, minutes, f"without {' and '.join(fold)}")
            torch.save(network.state_dict(), folder / f"developed-{'-'.join(fold)}-{member.name}.pt")
            logits.append(predict(network, pictures)[0])
            fitted.append(network)
        print(member.name)
        found.append(judge(np.concatenate(logits), labels, sources))
        logs.append(np.log(softmax(np.concatenate(logits), found[-1].scale)))
    print("together")
    together = judge(np.mean(logs, axis=0), labels, sources, DOUBT_COUNTS)
    embedder = graph_of(EMBEDDER.begin())  # nobody asks these how alike two sounds are
    taggers = []
    for fold, fitted in zip(FOLDS, networks, strict=True):
        graphs = [graph_of(network, one.scale) for network, one in zip(fitted, found, strict=True)]
        path = folder / f"developed-{'-'.join(fold)}.onnx"
        export(embedder, graphs, together, path, {"about": f"fitted without {' and '.join(fold)}"})
        taggers.append((Network(path), fold))
    judge_named(taggers)
    return [*found, together]


def _fitted(examples: Pool, member: Member, minutes: float, say: str, seed: int = 0) -> Tagger:
    settings = replace(member.settings, minutes=minutes, seed=member.settings.seed + seed)
    torch.manual_seed(settings.seed)
    return expecting(fit(examples, settings, member.begin(), say=f"{member.name}, {say}"))


@torch.no_grad()
def expecting(network: Tagger) -> Tagger:
    """Knows how often classes are met. It was fitted on all of them about equally often, which is where the doubt
    between a closed hat and a shaker should begin only if nobody had heard of packs (Saerens et al. 2002). Half of
    what it says, for it is a guess: the whole of it made it surer of what was wrong."""
    network.head.bias += 0.5 * torch.tensor([MET[name] for name in CLASSES]).log()
    return network


def judge(logits: np.ndarray, labels: np.ndarray, sources: np.ndarray, exponent: float = 0.0) -> Calibration:
    """Prints figures for each pack and for all; what calibrates them all."""
    for name in (name for fold in FOLDS for name in fold):
        # calibrated on the other packs, so that the figure is an honest one
        part, rest = sources == name, sources != name
        fair = likeliest(logits[rest], labels[rest], exponent) if rest.any() else Calibration(1.0)
        print(f"{name:8}", told(logits[part], labels[part], fair)[0])
    found = likeliest(logits, labels, exponent)
    text, truth, guess = told(logits, labels, found)
    print(f"{'together':8}", text, f"by {found}")
    print(confusions(truth, guess))
    return found


def told(logits: np.ndarray, labels: np.ndarray, calibration: Calibration) -> tuple[str, list[str], list[str]]:
    shares = calibration.shares(logits)
    truth = [CLASSES[i] for i in labels]
    guess = [CLASSES[i] for i in shares.argmax(axis=1)]
    return str(figures(truth, guess, shares.max(axis=1))), truth, guess


def ship(folder: Path, parts: tuple[str, ...], minutes: float, found: Sequence[Calibration]) -> None:
    """Fit with everything, real packs too, and write the weights that roadie ships."""
    graphs = []
    for member, temperature in ((EMBEDDER, None), *zip(VOTERS, (one.scale for one in found[:-1]), strict=True)):
        network = _fitted(pool(folder, parts, ()), member, minutes, "with everything", seed=100)
        torch.save(network.state_dict(), folder / f"finished-{member.name}.pt")
        graphs.append(graph_of(network, temperature))
    embedder, *voters = graphs
    export(embedder, voters, found[-1], WEIGHTS, {"about": "roadie's tagger; see training/tagger/CARD.md"})
    print(f"{WEIGHTS}: {WEIGHTS.stat().st_size / 1e6:.2f} MB")
