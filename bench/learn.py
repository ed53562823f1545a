"""What a few corrections do: some sounds of one folder are called by a new name, and then it is told how many of the
others in it take that name (taken in), and how many of all other sounds do (reached out). With sounds of lmms-common
and the two kits of hydrogen-data (Debian), whose folders stand for what a person may mean by one word.

    uv run python -m bench.learn
"""

from __future__ import annotations

import argparse
import statistics
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from daemon.engines.classifier import learned
from daemon.engines.classifier.heard import hear, read
from daemon.engines.classifier.learned import Learned
from daemon.engines.classifier.network import Network
from daemon.kernel.errors import RoadieError

LMMS = Path("/usr/share/lmms/samples")
KITS = Path("/usr/share/hydrogen/data/drumkits")
ROOTS = (LMMS, KITS / "GMRockKit", KITS / "TR808EmulationKit")
WORDS = ("beats", "bassloops", "stringsnpads", "effects", "basses", "snare", "tom", "hat")
"""Part of a path, each a class of somebody's."""
NEW = "mine"
DRAWS = 12
REACHES = (0.5, 0.55, 0.6, 0.65, 0.7)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--taught", type=int, nargs="+", default=[1, 2, 5, 10])
    options = parser.parse_args()
    paths, embeddings, shares = _heard()
    print(f"{len(paths)} sounds; shipped reach {learned.REACH}, fall {learned.FALL}")
    shipped = learned.REACH
    for count in options.taught:
        for reach in REACHES:
            learned.REACH = reach  # type: ignore[misc]
            taken, out = zip(*_each_word(paths, embeddings, shares, count), strict=True)
            mark = "  <- shipped" if reach == shipped else ""
            print(
                f"{count:3} taught, reach {reach:.2f}: taken in {statistics.mean(taken):.2f}, "
                f"reached out {statistics.mean(out):.3f} (worst {max(out):.3f}){mark}"
            )


def _heard() -> tuple[list[str], NDArray[np.float32], NDArray[np.float32]]:
    network, rows = Network(threads=1), []
    for path in sorted(
        path for root in ROOTS for path in root.rglob("*") if path.suffix in (".wav", ".ogg", ".flac")
    ):
        try:
            pictures = hear(read(path), None).pictures
        except RoadieError:
            continue
        if pictures:
            shares, embeddings = network(np.stack(pictures))
            mean = embeddings.mean(axis=0)
            rows.append((str(path.relative_to("/usr/share")), mean / np.linalg.norm(mean), shares.mean(axis=0)))
    paths, embeddings, shares = zip(*rows, strict=True)
    return list(paths), np.stack(embeddings), np.stack(shares)


def _each_word(
    paths: list[str], embeddings: NDArray[np.float32], shares: NDArray[np.float32], count: int
) -> Iterator[tuple[float, float]]:
    """(share of the others of its kind, share of all else) that take the new name, a mean over draws for each word."""
    for word in WORDS:
        kind = np.array([word in path.lower() for path in paths])
        draws = []
        for seed in range(DRAWS):
            own = np.flatnonzero(kind)
            taught = np.random.default_rng(seed).choice(own, min(count, own.size // 2), replace=False)
            model = Learned.taught(embeddings[taught], [NEW] * taught.size)
            told = np.array([_is_new(model, one, share) for one, share in zip(embeddings, shares, strict=True)])
            rest = ~np.isin(np.arange(len(paths)), taught)
            draws.append((told[rest & kind].mean(), told[rest & ~kind].mean()))
        taken, out = np.mean(draws, axis=0)
        yield float(taken), float(out)


def _is_new(model: Learned, embedding: NDArray[np.float32], share: NDArray[np.float32]) -> bool:
    names, mixed = model.applied(share, embedding)
    return names[int(mixed.argmax())] == NEW


if __name__ == "__main__":
    main()
