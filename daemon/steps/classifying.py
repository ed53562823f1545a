"""The classify step's work: hints for the engine, and its answers as annotations."""

from __future__ import annotations

from pathlib import Path
from typing import cast

import numpy as np

from daemon.audio.identity import byte_hash
from daemon.engines.protocol import Classification, Classifier
from daemon.kernel.types import AssetId, Json
from daemon.kernel.work import Annotation, InputFile, Kind, Produced, StepResult
from daemon.steps.classify import ClassifyParams
from daemon.steps.spec import StepContext

EMBEDDINGS_NAME = "embeddings.f32"
_KINDS = {Kind.LOOP: "loop", Kind.ONE_SHOT: "one-shot", Kind.SLICE: "one-shot"}


def run(ctx: StepContext, inputs: tuple[InputFile, ...], params: ClassifyParams) -> StepResult:  # noqa: ARG001
    """One annotation for each input: class, confidence, kind, alternatives and measures; and one file with the
    embeddings of all inputs that have one (see `embeddings`)."""
    engine = cast(Classifier, ctx.engine())
    found = engine.classify([one.path for one in inputs], [_hint(one) for one in inputs], ctx.checkpoint)
    notes = tuple(Annotation(i, _meta(one)) for i, one in enumerate(found))
    files = embeddings(ctx.out / EMBEDDINGS_NAME, inputs, found)
    return StepResult(files=files, annotations=notes, device=engine.device, reason=engine.reason)


def embeddings(path: Path, inputs: tuple[InputFile, ...], found: list[Classification]) -> tuple[Produced, ...]:
    """The file of Kind.EMBEDDINGS, or nothing when no input has an embedding.

    It is rows of EMBEDDING_DIMS little-endian float32 and nothing else; its meta says under "of" which payload
    each row belongs to, in order. Inputs without an embedding have no row.
    """
    rows = [(one.payload, f.embedding) for one, f in zip(inputs, found, strict=True) if f.embedding is not None]
    if not rows:
        return ()
    path.write_bytes(np.stack([row for _, row in rows]).astype("<f4").tobytes())
    of: list[Json] = [str(payload) for payload, _ in rows]
    return (Produced(EMBEDDINGS_NAME, Kind.EMBEDDINGS, AssetId(byte_hash(path)), meta={"of": of}),)


def _hint(one: InputFile) -> dict[str, Json]:
    return {"kind": _KINDS.get(one.kind), "name": one.name, **one.meta}


def _meta(found: Classification) -> dict[str, Json]:
    # what the slicer knows exactly (its own peak) is not overwritten by what was heard of the beginning
    measures = {key: value for key, value in found.measures.items() if key != "peak_db"}
    return {"class": found.label, "confidence": found.confidence, "kind": found.kind, **measures}
