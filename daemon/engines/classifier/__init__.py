"""What a sound is, by a small network that training/tagger trained; its weights are part of roadie."""

from __future__ import annotations

from daemon.engines.protocol import EngineSpec, Task

SPEC = EngineSpec(
    name="classifier",
    version="1.9",
    task=Task.CLASSIFY,
    loader="daemon.engines.classifier.engine:TrainedClassifier",
    about=(
        "Small convolutional networks on a picture of the sound; trained on synthesised sounds, General MIDI sound "
        "fonts, presets of synthesisers, physical models and free sample packs; best on single drum hits, calibrated, "
        "corrected by what its owner teaches it"
    ),
)
