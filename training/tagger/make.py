"""Fitting and judging: one network without the real packs, and the shipped one, in the same way, with everything."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import torch

from daemon.engines.classifier.classes import CLASSES
from daemon.engines.classifier.network import WEIGHTS
from training.tagger import corpus
from training.tagger.classes import MET
from training.tagger.export import export
from training.tagger.figures import best_temperature, confusions, figures, softmax
from training.tagger.fit import Pool, Settings, best_device, fit, predict
from training.tagger.named import judge_named
from training.tagger.network import Tagger

REAL = ("lmms", "gmrock", "tr808")
"""Sample packs that people play, left out while choices are made."""
SHARES = {"s": 0.37, "r": 0.38, "c": 0.25}
"""Of a batch: synthesised, recorded and damaged, recorded as it is."""


def pool(folder: Path, parts: tuple[str, ...], left_out: tuple[str, ...]) -> Pool:
    found, weights = [], []
    for part in (*parts, "clean"):
        pictures, labels, sources = corpus.read(folder, part)
        chosen = np.flatnonzero([not left(source, left_out) for source in sources])
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


def evaluate(folder: Path, parts: tuple[str, ...], settings: Settings) -> float:
    """Fit without the real packs, say how it does on each of them; the temperature that suits them all."""
    network = expecting(fit(pool(folder, parts, REAL), settings, say="without real packs"))
    torch.save(network.state_dict(), folder / "developed.pt")
    temperature = judge(folder, network, REAL)
    judge_named(network, temperature, REAL)
    export(network, temperature, folder / "developed.onnx", {"about": "fitted without the real packs"})
    return temperature


@torch.no_grad()
def expecting(network: Tagger) -> Tagger:
    """Knows how often classes are met. It was fitted on all of them about equally often, which is where the doubt
    between a closed hat and a shaker should begin only if nobody had heard of packs (Saerens et al. 2002). Half of
    what it says, for it is a guess: the whole of it made it surer of what was wrong."""
    network.head.bias += 0.5 * torch.tensor([MET[name] for name in CLASSES]).log()
    return network


def judge(folder: Path, network: Tagger, names: tuple[str, ...]) -> float:
    pictures, labels, sources = held(folder, names)
    logits, _ = predict(network, pictures)
    for name in names:
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


def ship(folder: Path, parts: tuple[str, ...], settings: Settings, temperature: float) -> None:
    """Fit with everything, real packs too, and write the weights that roadie ships."""
    final = expecting(
        fit(pool(folder, parts, ()), replace(settings, seed=settings.seed + 1), say="with everything")
    )
    torch.save(final.state_dict(), folder / "finished.pt")
    export(final, temperature, WEIGHTS, {"about": "roadie's tagger; see training/tagger/CARD.md"})
    print(f"{WEIGHTS}: {WEIGHTS.stat().st_size / 1e6:.2f} MB")
