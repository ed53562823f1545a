"""The map step's work: a first map of some of the sounds by t-SNE (van der Maaten & Hinton 2008), scikit-learn's; every
other sound, then and later, is placed among its nearest neighbours on it. So nothing moves when sounds are added."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from daemon.audio.identity import byte_hash
from daemon.kernel.types import AssetId
from daemon.kernel.work import EMBEDDING_DIMS, InputFile, Kind, Produced, StepResult
from daemon.steps.map import LEAST, MapParams
from daemon.steps.spec import StepContext

PLACES = "places.f32"
LANDMARKS = 3000  # sounds that the first map is made of: a minute's work
_NEIGHBOURS = 6
_MARGIN = 0.04  # of the map, left free round the first sounds
_SPREAD = 0.004  # of the map: sounds with the same neighbours do not lie on one spot
_BLOCK = 512

Places = NDArray[np.float32]
Vectors = NDArray[np.float32]


def run(ctx: StepContext, inputs: tuple[InputFile, ...], params: MapParams) -> StepResult:  # noqa: ARG001
    """inputs: vectors, (n, EMBEDDING_DIMS) little-endian float16 of length 1; and, where some have a place, (n, 2)
    little-endian float32, NaN where there is none. The one file has such places for all, within 0..1."""
    vectors = np.asarray(np.fromfile(inputs[0].path, "<f2").reshape(-1, EMBEDDING_DIMS), np.float32)
    places = np.full((len(vectors), 2), np.nan, np.float32)
    if len(inputs) > 1:
        places = np.fromfile(inputs[1].path, "<f4").reshape(-1, 2).astype(np.float32)
    if np.isnan(places[:, 0]).all() and len(vectors):
        chosen = np.random.default_rng(ctx.seed).permutation(len(vectors))[:LANDMARKS]
        ctx.checkpoint(0.0, f"a first map of {len(chosen)} sounds")
        places[chosen] = first_map(vectors[chosen], ctx.threads)
    _place_others(ctx, vectors, places)
    path = ctx.out / PLACES
    path.write_bytes(places.astype("<f4").tobytes())
    return StepResult((Produced(PLACES, Kind.VECTORS, AssetId(byte_hash(path))),))


def first_map(vectors: Vectors, threads: int) -> Places:
    """(n, 2) in 0..1."""
    count = len(vectors)
    if count < LEAST:
        turn = 2 * np.pi * np.arange(count) / count
        return np.stack([0.5 + 0.3 * np.cos(turn), 0.5 + 0.3 * np.sin(turn)], axis=1).astype(np.float32)
    from sklearn.manifold import TSNE

    layout = TSNE(
        n_components=2, perplexity=min(30.0, (count - 1) / 3), init="pca", random_state=0, n_jobs=threads
    ).fit_transform(vectors)  # fmt: skip
    low, high = layout.min(axis=0), layout.max(axis=0)
    spread = np.maximum(high - low, 1e-9)
    return np.asarray(_MARGIN + (1 - 2 * _MARGIN) * (layout - low) / spread, np.float32)


def _place_others(ctx: StepContext, vectors: Vectors, places: Places) -> None:
    """Give each sound without a place one among its nearest neighbours that had one; in place."""
    there = np.flatnonzero(~np.isnan(places[:, 0]))
    new = np.flatnonzero(np.isnan(places[:, 0]))
    count = min(_NEIGHBOURS, len(there))
    known, spots = vectors[there], places[there]
    for start in range(0, len(new), _BLOCK):
        ctx.checkpoint(start / len(new), f"{start} of {len(new)} new sounds")
        some = new[start : start + _BLOCK]
        cosines = vectors[some] @ known.T
        near = np.argpartition(-cosines, count - 1, axis=1)[:, :count]
        nearness = np.exp((np.take_along_axis(cosines, near, axis=1) - 1) / 0.05).astype(np.float32) + 1e-9
        weights = nearness / nearness.sum(axis=1, keepdims=True)
        places[some] = (weights[:, :, None] * spots[near]).sum(axis=1) + _SPREAD * _aside(vectors[some])
    np.clip(places, 0, 1, out=places)


def _aside(vectors: Vectors) -> Places:
    """A small step that is each sound's own, and the same every time."""
    axes = np.random.default_rng(1).normal(size=(vectors.shape[1], 2)).astype(np.float32)
    return np.asarray(np.tanh(vectors @ axes), np.float32)
