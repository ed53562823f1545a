from __future__ import annotations

from pathlib import Path

import numpy as np
import soundfile

from bench.drum_sounds import make_kit
from daemon.engines.classifier.engine import BuiltinClassifier
from daemon.kernel.types import AssetId
from daemon.kernel.work import InputFile, Kind
from daemon.models.store import ModelStore
from daemon.steps.classify import SPEC, ClassifyParams, choose
from daemon.steps.classifying import run
from tests.steps.context import Context

RATE = 44100


class WithEngine(Context):
    def engine(self) -> BuiltinClassifier:
        return BuiltinClassifier()


def test_every_input_gets_its_class_kind_and_measures(tmp_path: Path) -> None:
    kit = make_kit(np.random.default_rng(70_200), RATE, ("analog",))
    inputs = []
    for name, kind in (("kick", Kind.SLICE), ("closed-hat", Kind.ONE_SHOT), ("clap", Kind.LOOP)):
        path = tmp_path / f"{name}.wav"
        soundfile.write(path, 0.6 * kit[name], RATE, subtype="FLOAT")
        inputs.append(InputFile(path, AssetId(name), kind, f"slices/{name}.wav", meta={"stem": "drums"}))
    result = run(WithEngine(tmp_path), tuple(inputs), ClassifyParams())
    assert not result.files
    metas = [note.meta for note in result.annotations]
    assert [note.input for note in result.annotations] == [0, 1, 2]
    assert [meta["class"] for meta in metas] == ["kick", "closed-hat", "perc"]
    assert [meta["kind"] for meta in metas] == ["one-shot", "one-shot", "loop"]
    assert all(
        {"confidence", "brightness_hz", "attack_s", "decay_s", "noisiness"} <= set(meta) for meta in metas
    )
    assert metas[1]["brightness_hz"] > 5000 > 500 > metas[0]["brightness_hz"]


def test_the_builtin_classifier_needs_nothing_installed(tmp_path: Path) -> None:
    choice = choose(ClassifyParams(), ModelStore(tmp_path), "cpu")
    assert (choice.engine, choice.weights) == ("classifier", "")
    assert SPEC.annotates and not SPEC.fan_out
