"""How often the built-in classifier is right, and whether its confidence can be believed.

uv run python bench/classes.py [--table]
Each sound is written as a WAV and classified twice: told the stem it comes from, and told nothing. --table prints
the typical values that daemon/engines/classifier/typical.py holds, measured on the dev sounds.
"""

from __future__ import annotations

import sys
import tempfile
import time
from collections import Counter, defaultdict
from pathlib import Path

import numpy as np

from bench.class_material import RATE, sounds
from daemon.audio.writer import write_wav
from daemon.engines.classifier.features import NAMES, features
from daemon.engines.classifier.measures import measure

# An overall smallest width, so that a class heard in few variants does not refuse the next one.
LEAST = (0.2, 0.35, 0.2, 0.5, 0.15, 0.12, 0.12, 0.12, 0.5, 0.4, 0.08)


def table() -> None:
    rows = defaultdict(list)
    for name, _, audio in sounds("dev", 24):
        found = measure(audio, RATE)
        if found is not None:
            rows[name].append(features(found))
    print("#", ", ".join(NAMES))
    for name, values in rows.items():
        x = np.array(values)
        width = np.maximum(x.std(axis=0) * 1.25, LEAST)
        print(f'    "{name}": (\n        ({_row(np.median(x, axis=0))}),\n        ({_row(width)}),\n    ),')


def _row(values: np.ndarray) -> str:
    return ", ".join(f"{value:.2f}" for value in values)


def report(which: str) -> None:
    from daemon.engines.classifier.engine import UNSURE, BuiltinClassifier

    engine = BuiltinClassifier()
    with tempfile.TemporaryDirectory() as folder:
        truth, paths, stems = [], [], []
        for i, (name, stem, audio) in enumerate(sounds(which, 12)):
            paths.append(Path(folder) / f"{i}.wav")
            write_wav(paths[-1], audio, RATE)
            truth.append(name)
            stems.append(stem)
        for told in ("stem", "nothing"):
            hints = [{"stem": stem} if told == "stem" else {} for stem in stems]
            began = time.perf_counter()
            found = engine.classify(paths, hints, lambda *_: None)
            rate = len(paths) / (time.perf_counter() - began)
            drums = [(t, f) for t, f, s in zip(truth, found, stems, strict=True) if s == "drums"]
            print(f"\n{which}, told {told}: {len(paths)} sounds, {rate:.0f} per second")
            for label, pairs in (("drums", drums), ("all", list(zip(truth, found, strict=True)))):
                sure = [(t, f) for t, f in pairs if f.label != UNSURE]
                right = sum(t == f.label for t, f in sure)
                mean = np.mean([f.confidence for _, f in sure]) if sure else 0
                print(
                    f"  {label:6} right {right / max(len(sure), 1):.3f} of the {len(sure) / len(pairs):.3f} it is "
                    f"sure of (mean confidence {mean:.3f})"
                )
            for low in (0.4, 0.6, 0.8, 0.9):
                part = [
                    (t, f)
                    for t, f in zip(truth, found, strict=True)
                    if low <= f.confidence and f.label != UNSURE
                ]
                if part:
                    right = sum(t == f.label for t, f in part)
                    print(f"    confidence from {low}: right {right / len(part):.3f} of {len(part)}")
            wrong = Counter(f"{t}>{f.label}" for t, f in zip(truth, found, strict=True) if t != f.label)
            print("   ", dict(wrong.most_common(14)))


if __name__ == "__main__":
    if "--table" in sys.argv:
        table()
    else:
        for which in ("dev", "unseen"):
            report(which)
