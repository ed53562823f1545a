"""Sorting short sounds into classes by what is measured of them: no weights, nothing to install."""

from __future__ import annotations

from daemon.engines.protocol import EngineSpec, Task

SPEC = EngineSpec(
    name="classifier",
    version="0.1",
    task=Task.CLASSIFY,
    loader="daemon.engines.classifier.engine:BuiltinClassifier",
    about=(
        "Compares measured features (envelope, brightness, noisiness, pitch) with what is typical of each class; "
        "good on single drum hits, only a hint on melodic instruments"
    ),
)
