from __future__ import annotations

import struct
from pathlib import Path

import numpy as np
import soundfile

from bench.drum_sounds import make_kit
from daemon.engines.classifier.engine import TrainedClassifier
from daemon.engines.classifier.network import Network
from daemon.engines.protocol import Classification
from daemon.kernel.types import AssetId
from daemon.kernel.work import EMBEDDING_DIMS, InputFile, Kind
from daemon.models.store import ModelStore
from daemon.models.taught import keep
from daemon.steps.classify import SPEC, ClassifyParams, choose
from daemon.steps.classifying import EMBEDDINGS_NAME, embeddings, run
from tests.steps.context import Context

RATE = 44100


class WithEngine(Context):
    def engine(self) -> TrainedClassifier:
        return TrainedClassifier(Network())


def test_every_input_gets_its_class_kind_and_measures(tmp_path: Path) -> None:
    kit = make_kit(np.random.default_rng(70_200), RATE, ("analog",))
    inputs = []
    for name, kind in (("kick", Kind.SLICE), ("closed-hat", Kind.ONE_SHOT), ("clap", Kind.LOOP)):
        path = tmp_path / f"{name}.wav"
        soundfile.write(path, 0.6 * kit[name], RATE, subtype="FLOAT")
        inputs.append(InputFile(path, AssetId(name), kind, f"slices/{name}.wav", meta={"stem": "drums"}))
    result = run(WithEngine(tmp_path), tuple(inputs), ClassifyParams())
    (file,) = result.files
    assert file.kind is Kind.EMBEDDINGS and file.meta["of"] == ["kick", "closed-hat", "clap"]
    assert (tmp_path / file.name).stat().st_size == 3 * 4 * EMBEDDING_DIMS
    metas = [note.meta for note in result.annotations]
    assert [note.input for note in result.annotations] == [0, 1, 2]
    assert [meta["class"] for meta in metas][:2] == ["kick", "closed-hat"]
    assert [meta["kind"] for meta in metas] == ["one-shot", "one-shot", "loop"]
    assert all(
        {"confidence", "brightness_hz", "attack_s", "decay_s", "noisiness"} <= set(meta) for meta in metas
    )
    assert metas[1]["brightness_hz"] > 5000 > 500 > metas[0]["brightness_hz"]


def test_it_goes_by_what_it_was_taught_unless_told_not_to(tmp_path: Path) -> None:
    store = ModelStore(tmp_path / "models")
    choice = choose(ClassifyParams(), store, "cpu")
    assert (choice.engine, choice.weights, choice.path) == ("classifier", "", None)
    (tmp_path / "made.npz").write_bytes(b"what was taught")
    kept = keep(store.folder, tmp_path / "made.npz")
    choice = choose(ClassifyParams(), store, "cpu")
    assert (choice.weights, choice.path) == (kept.sha256, kept.path)  # so another key: it is classified again
    assert choose(ClassifyParams(model="builtin"), store, "cpu").path is None
    assert SPEC.annotates and not SPEC.fan_out


def found(rows: np.ndarray) -> list[Classification]:
    """Of three files, of which the second has no embedding."""
    return [
        Classification("kick", 1.0, "one-shot", embedding=None if i == 1 else row) for i, row in enumerate(rows)
    ]


def test_embeddings_are_one_file_of_rows_that_says_whose_they_are(tmp_path: Path) -> None:
    inputs = tuple(
        InputFile(tmp_path / f"{name}.wav", AssetId(name), Kind.SLICE, f"{name}.wav") for name in "abc"
    )
    rows = np.eye(3, EMBEDDING_DIMS, dtype=np.float32)
    files = embeddings(tmp_path / EMBEDDINGS_NAME, inputs, found(rows))
    (file,) = files
    assert file.kind is Kind.EMBEDDINGS and not file.kind.audible
    assert file.meta["of"] == ["a", "c"]
    data = (tmp_path / file.name).read_bytes()
    assert len(data) == 2 * 4 * EMBEDDING_DIMS
    assert struct.unpack_from("<128f", data)[0] == 1.0
    assert struct.unpack_from("<128f", data, 512)[2] == 1.0
    assert embeddings(tmp_path / "none", inputs, [Classification("kick", 1.0, "one-shot")] * 3) == ()
