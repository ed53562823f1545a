"""Fitting and judging: the members without the real packs, and the shipped ones, in the same way, with everything."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import torch

from daemon.engines.classifier.classes import CLASSES
from daemon.engines.classifier.network import WEIGHTS, Network
from daemon.engines.classifier.picture import PLANES
from training.tagger import corpus
from training.tagger.classes import MET
from training.tagger.export import export, graph_of
from training.tagger.figures import best_temperature, confusions, figures, softmax, surest_temperature
from training.tagger.fit import Pool, Settings, best_device, fit, predict
from training.tagger.named import judge_named
from training.tagger.network import Tagger

REAL = ("lmms", "gmrock", "tr808")
"""Sample packs that people play, left out while choices are made."""
SHARES = {"s": 0.36, "r": 0.37, "c": 0.24, "p": 0.03}
"""Of a batch: synthesised, recorded and damaged, recorded as it is, of real packs alone."""


@dataclass(frozen=True, slots=True)
class Member:
    """One network of those whose mean is shipped. planes, widths, restyled, dropout: see `Tagger`."""

    name: str
    widths: tuple[int, ...]
    planes: int
    settings: Settings
    restyled: float = 0.0
    dropout: float = 0.1

    def begin(self) -> Tagger:
        return Tagger(self.widths, self.planes, self.dropout, self.restyled)


_SMALL = (12, 28, 64, 112)
_SHORT = Settings(steps=2000, batch=256, kept=0.998)
MEMBERS = (
    # fitted for long, by levels alone; its embedding is the shipped one
    Member("long", (16, 40, 96, 160), 1, Settings(steps=7700)),
    # fitted for a short while, by levels and flatness: the longer, the better they know the material and the less
    # what lies outside it
    Member("short-1", _SMALL, PLANES, replace(_SHORT, seed=11), restyled=0.5),
    Member("short-2", _SMALL, PLANES, replace(_SHORT, seed=12), restyled=0.5),
    Member("short-3", _SMALL, PLANES, replace(_SHORT, seed=13), restyled=0.5),
)
"""Their mean is likelier than any of them on packs left out: a log loss of 0.91, alone 0.94 to 1.07 (four of the
small kind)."""


def pool(folder: Path, parts: tuple[str, ...], left_out: tuple[str, ...]) -> Pool:
    found, weights = [], []
    for part in (*parts, "clean"):
        pictures, labels, sources = corpus.read(folder, part)
        chosen = np.flatnonzero([not left(source, left_out) for source in sources])
        if not chosen.size:
            continue
        found.append((pictures, labels, chosen))
        same = sum(other[0] == part[0] for other in (*parts, "clean"))
        weights.append(SHARES[part[0]] / same)
    return Pool(found, weights, best_device())


def left(source: str, left_out: tuple[str, ...]) -> bool:
    """Whether a source belongs to those left out: "timgm" is all of "timgm:128:0"."""
    return any(source == name or source.startswith(name + ":") for name in left_out)


def held(folder: Path, names: tuple[str, ...]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """(pictures, classes, sources) of the sounds of some sources, as they are."""
    pictures, labels, sources = corpus.read(folder, "clean")
    chosen = np.flatnonzero([left(source, names) for source in sources])
    return pictures[chosen], labels[chosen], sources[chosen]


def evaluate(folder: Path, parts: tuple[str, ...], minutes: float) -> list[float]:
    """Fit without the real packs, say how each member and all together do on each of them. The temperatures that
    suit the members, then the one at which their mean is as sure as it may be."""
    examples, temperatures, logs = pool(folder, parts, REAL), [], []
    pictures, labels, sources = held(folder, REAL)
    networks = []
    for member in MEMBERS:
        network = _fitted(examples, member, minutes, "without real packs")
        torch.save(network.state_dict(), folder / f"developed-{member.name}.pt")
        print(member.name)
        logits, _ = predict(network, pictures)
        temperatures.append(judge(logits, labels, sources))
        logs.append(np.log(softmax(logits, temperatures[-1])))
        networks.append(network)
    print("together")
    mean = np.mean(logs, axis=0)
    judge(mean, labels, sources)
    together = surest_temperature(mean, labels)
    print(f"{'as shipped':8}", told(mean, labels, together)[0], f"at temperature {together:.3f}")
    graphs = [graph_of(network, t) for network, t in zip(networks, temperatures, strict=True)]
    export(graphs, together, folder / "developed.onnx", {"about": "fitted without the real packs"})
    judge_named(Network(folder / "developed.onnx"), REAL)
    return [*temperatures, together]


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


def judge(logits: np.ndarray, labels: np.ndarray, sources: np.ndarray) -> float:
    """Prints figures for each pack and for all; the temperature that suits them all."""
    for name in REAL:
        # calibrated on the other packs, so that the figure is an honest one
        part, rest = sources == name, sources != name
        temperature = best_temperature(logits[rest], labels[rest]) if rest.any() else 1.0
        print(f"{name:8}", told(logits[part], labels[part], temperature)[0])
    temperature = best_temperature(logits, labels)
    text, truth, guess = told(logits, labels, temperature)
    print(f"{'together':8}", text, f"at temperature {temperature:.3f}")
    print(confusions(truth, guess))
    return temperature


def told(logits: np.ndarray, labels: np.ndarray, temperature: float) -> tuple[str, list[str], list[str]]:
    shares = softmax(logits, temperature)
    truth = [CLASSES[i] for i in labels]
    guess = [CLASSES[i] for i in shares.argmax(axis=1)]
    return str(figures(truth, guess, shares.max(axis=1))), truth, guess


def ship(folder: Path, parts: tuple[str, ...], minutes: float, temperatures: Sequence[float]) -> None:
    """Fit with everything, real packs too, and write the weights that roadie ships."""
    examples, graphs = pool(folder, parts, ()), []
    for member, temperature in zip(MEMBERS, temperatures[:-1], strict=True):
        network = _fitted(examples, member, minutes, "with everything", seed=100)
        torch.save(network.state_dict(), folder / f"finished-{member.name}.pt")
        graphs.append(graph_of(network, temperature))
    export(graphs, temperatures[-1], WEIGHTS, {"about": "roadie's tagger; see training/tagger/CARD.md"})
    print(f"{WEIGHTS}: {WEIGHTS.stat().st_size / 1e6:.2f} MB")
