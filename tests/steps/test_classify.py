from __future__ import annotations

import struct
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import soundfile

from bench.drum_sounds import make_kit
from daemon.engines.classifier.engine import BuiltinClassifier
from daemon.engines.protocol import Classification
from daemon.kernel.checkpoint import Checkpoint
from daemon.kernel.types import AssetId, Json
from daemon.kernel.work import EMBEDDING_DIMS, InputFile, Kind
from daemon.models.store import ModelStore
from daemon.steps.classify import SPEC, ClassifyParams, choose
from daemon.steps.classifying import EMBEDDINGS_NAME, embeddings, run
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


class Embedding(BuiltinClassifier):
    """Gives all but the second file an embedding that is known."""

    def classify(
        self, files: Sequence[Path], hints: Sequence[Mapping[str, Json]], checkpoint: Checkpoint
    ) -> list[Classification]:
        found = [Classification("kick", 1.0, "one-shot") for _ in files]
        rows = np.eye(len(files), EMBEDDING_DIMS, dtype=np.float32)
        return [replace(one, embedding=rows[i]) if i != 1 else one for i, one in enumerate(found)]


def test_embeddings_are_one_file_of_rows_that_says_whose_they_are(tmp_path: Path) -> None:
    inputs = tuple(
        InputFile(tmp_path / f"{name}.wav", AssetId(name), Kind.SLICE, f"{name}.wav") for name in "abc"
    )
    files = embeddings(
        tmp_path / EMBEDDINGS_NAME,
        inputs,
        Embedding().classify([one.path for one in inputs], [], lambda *_: None),
    )
    (file,) = files
    assert file.kind is Kind.EMBEDDINGS and not file.kind.audible
    assert file.meta["of"] == ["a", "c"]
    data = (tmp_path / file.name).read_bytes()
    assert len(data) == 2 * 4 * EMBEDDING_DIMS
    assert struct.unpack_from("<128f", data)[0] == 1.0
    assert struct.unpack_from("<128f", data, 512)[2] == 1.0
    assert embeddings(tmp_path / "none", inputs, [Classification("kick", 1.0, "one-shot")] * 3) == ()
