"""How right the tagger is on whole packs, and whether its confidence can be believed.

uv run python bench/tagger.py [--weights FILE.onnx] [PACK ...]
A PACK is a folder of sounds in folders called by their class (PACK/kick/x.wav). Without one: lmms-common and the two
kits of hydrogen-data, which the shipped weights were trained on too; `python -m training.tagger --evaluate` makes
weights that have not heard one or the other (developed-*.onnx in its work folder): the figures of the model card are
theirs.
Beside it, as its peer: the nearest class mean of plain measured features (brightness, noisiness, decay ...), each
pack told by the others.
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path

import numpy as np

from daemon.audio.reader import open_audio
from daemon.engines.classifier.classes import CLASSES
from daemon.engines.classifier.engine import TrainedClassifier
from daemon.engines.classifier.image import mono
from daemon.engines.classifier.measures import measure
from daemon.engines.classifier.network import WEIGHTS, Network
from daemon.engines.classifier.pitch import fundamental
from daemon.kernel.errors import InputError
from training.tagger import packs
from training.tagger.figures import confusions, figures

AUDIO = (".wav", ".flac", ".ogg", ".aif", ".aiff", ".mp3")


def labelled(folder: Path) -> list[tuple[Path, str]]:
    found = [(path, path.parent.name) for path in sorted(folder.rglob("*")) if path.suffix.lower() in AUDIO]
    return [(path, label) for path, label in found if label in CLASSES]


def readable(files: list[tuple[Path, str]]) -> list[tuple[Path, str]]:
    kept = []
    for path, label in files:
        try:
            open_audio(path).close()
        except InputError as error:
            print(f"  left out: {error}")
            continue
        kept.append((path, label))
    return kept


def features(audio: np.ndarray, rate_hz: int) -> np.ndarray:
    """audio: (channels, n)."""
    m = measure(audio, rate_hz)
    if m is None:
        return np.zeros(8)
    logs = [np.log10(value + 0.003) for value in (m.length_s, m.attack_s, m.decay_s)]
    start = mono(audio)[int(0.02 * rate_hz) : int(0.27 * rate_hz)].astype(np.float64)
    clarity = fundamental(start, rate_hz)[1] if start.size > 0.1 * rate_hz else 0.0
    return np.array([*logs, np.log2(max(m.brightness_hz, 20)) / 4, m.noisiness, m.low, m.high, clarity])


def measured(files: list[tuple[Path, str]]) -> np.ndarray:
    rows = []
    for path, _ in files:
        with open_audio(path) as audio:
            rows.append(features(audio.read()[:, : 8 * audio.rate_hz], audio.rate_hz))
    return np.array(rows)


def nearest_mean(rows: np.ndarray, labels: list[str], heard: np.ndarray) -> list[str]:
    scale = rows.std(axis=0) + 1e-6
    names = sorted(set(labels))
    means = np.array([(rows[np.array(labels) == name] / scale).mean(axis=0) for name in names])
    return [names[int(np.argmin(((row / scale - means) ** 2).sum(axis=1)))] for row in heard]


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--weights", type=Path, default=WEIGHTS)
    options.add_argument("packs", nargs="*", type=Path)
    asked = options.parse_args()
    engine = TrainedClassifier(Network(asked.weights))
    sets = {path.name: labelled(path) for path in asked.packs}
    if not sets:
        sets = {name: list(packs.files(name)) for name in ("lmms", "gmrock", "tr808")}
        if asked.weights == WEIGHTS:
            print("These packs are part of what the shipped weights were trained on: no figure of merit.")
    sets = {name: readable(files) for name, files in sets.items()}
    plain = {name: measured(files) for name, files in sets.items()}
    all_truth, all_told, all_sure = [], [], []
    for name, files in sets.items():
        began = time.process_time()
        found = engine.classify(
            [path for path, _ in files], [{"kind": "one-shot"}] * len(files), lambda *_: None
        )
        spent = (time.process_time() - began) / max(len(files), 1)
        truth, told = [label for _, label in files], [one.label for one in found]
        sure = np.array([one.confidence for one in found])
        print(f"{name:10} {figures(truth, told, sure)}  {1000 * spent:.1f} ms of processor time a file")
        others = [other for other in sets if other != name]
        if others:
            rows = np.concatenate([plain[other] for other in others])
            labels = [label for other in others for _, label in sets[other]]
            peer = nearest_mean(rows, labels, plain[name])
            right = np.mean([a == b for a, b in zip(truth, peer, strict=True)])
            print(f"{'':10} nearest mean of measured features: {right:.3f} over all classes")
        all_truth += truth
        all_told += told
        all_sure.append(sure)
    print(f"{'together':10} {figures(all_truth, all_told, np.concatenate(all_sure))}")
    print(confusions(all_truth, all_told))


if __name__ == "__main__":
    main()
