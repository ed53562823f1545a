"""Makes the tagger: material, corpus, network, figures, weights, model card.

uv run python -m training.tagger [--work DIR] [--processes N] [--minutes M] [--evaluate]

Everything is made from seeds and from Debian packages, which are installed when they are missing; what is in DIR
already is not made again. First the networks that say what a sound is are fitted twice, without the one and without
the other package of real packs, and judged on what they have not heard; then those that are shipped, on everything.
--evaluate stops after the first. Making the material takes an hour of two cores. Fitting takes some minutes of a GPU;
without one, each of the small networks ten minutes on a processor that multiplies bfloat16, and the large one, whose
embedding compares sounds, half a day, or what --minutes gives it.
"""

from __future__ import annotations

import argparse
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

from training.tagger import bank, corpus, material
from training.tagger.make import evaluate, ship

SEED = 1
RECORDED = tuple((f"r{i}", 200 + i, 0, 260) for i in range(1, 17))
SYNTHESISED = tuple((f"s{i}", 100 + i, 350, 0) for i in range(1, 13))
PACKS = (("p1", 300, 0, 150),)
UNCUT = (("sx1", 400, 1000, 0), ("sx2", 401, 1000, 0), ("rx1", 410, 0, 1300), ("rx2", 411, 0, 1300))
"""Parts of the corpus: name, seed, synthesised and recorded examples of each class (half as many again for drums).
PACKS: of the real packs alone, which are few among the sound fonts and nearest to what is to be heard. UNCUT: crashes
and rides alone (`corpus.RINGING`)."""


def _bank(folder: Path, part: str) -> None:
    if not (folder / f"bank-{part}.json").exists():
        bank.write(folder, part, bank.gather(part, SEED))


def _part(folder: Path, row: tuple[str, int, int, int]) -> None:
    if not (folder / f"{row[0]}.json").exists():
        banks = ("packs",) if row in PACKS else bank.PARTS
        corpus.write(folder, *row, banks=banks, ringing=row in UNCUT)


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument(
        "--work", type=Path, default=Path("bench/results/tagger"), help="kept out of the repository"
    )
    options.add_argument("--processes", type=int, default=2)
    options.add_argument(
        "--evaluate", action="store_true", help="only the networks that have not heard everything"
    )
    options.add_argument("--minutes", type=float, default=0.0, help="of each fit, at most")
    asked = options.parse_args()
    material.install()
    folder: Path = asked.work
    folder.mkdir(parents=True, exist_ok=True)
    with ProcessPoolExecutor(asked.processes, get_context("spawn")) as pool:
        list(pool.map(_bank, [folder] * len(bank.PARTS), bank.PARTS))
        rows = (*SYNTHESISED, *RECORDED, *PACKS, *UNCUT)
        list(pool.map(_part, [folder] * len(rows), rows))
    if not (folder / "clean.json").exists():
        corpus.write_clean(folder)
    parts = tuple(row[0] for row in rows)
    found = evaluate(folder, parts, asked.minutes)
    if not asked.evaluate:
        ship(folder, parts, asked.minutes, found)


if __name__ == "__main__":
    main()
