"""How well the builtin separator parts songs whose parts are known, and how fast, beside taking the mix itself.

uv run python bench/separation_builtin.py [--set dev|unseen] [--player synth|gm|both] [--songs N] [--offset N]
SDR = 10 log10(sum s^2 / sum (s - e)^2) over both channels; SI-SDR after the best gain (Le Roux 2019). The
improvement is over the mix as the estimate of every stem. The unseen set is for the final figure, never for tuning.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable, Iterator
from itertools import islice

import numpy as np
from numpy.typing import NDArray

from bench.songs import RATE, Parts, gm_songs, synth_songs
from daemon.demo.score import PARTS
from daemon.engines.builtin import SPEC
from daemon.engines.protocol import Compute, SeparateSettings
from daemon.engines.registry import load
from daemon.kernel.work import EngineChoice

Audio = NDArray[np.float32]
BAR_DB, SUM_BAR_DB = 8.0, -80.0


def sdr_db(true: Audio, estimate: Audio) -> float:
    error = (true - estimate).astype(np.float64)
    return float(10 * np.log10((true.astype(np.float64) ** 2).sum() / max((error**2).sum(), 1e-20)))


def si_sdr_db(true: Audio, estimate: Audio) -> float:
    s, e = true.astype(np.float64).ravel(), estimate.astype(np.float64).ravel()
    return sdr_db(s * (s @ e) / (s @ s), e)


def separate(mix: Audio) -> Audio:
    """(4, 2, frames), fed in blocks of a second as a step does."""
    engine = load(EngineChoice(SPEC.name, SPEC.version), Compute())
    blocks = (mix[:, first : first + RATE] for first in range(0, mix.shape[1], RATE))
    done = engine.separate(blocks, mix.shape[1], RATE, SeparateSettings(), unheard)
    return np.concatenate(list(done), axis=2)


def unheard(fraction: float, note: str = "") -> None:
    """A checkpoint that nobody listens to."""


def measure(name: str, parts: Parts) -> dict[str, NDArray[np.float64] | float]:
    true = np.stack([parts[part] for part in PARTS])
    mix = true.sum(axis=0)
    begun = time.perf_counter(), time.process_time()
    stems = separate(mix)
    wall_s, cpu_s = time.perf_counter() - begun[0], time.process_time() - begun[1]
    sdr = np.array([sdr_db(t, e) for t, e in zip(true, stems, strict=True)])
    gain = sdr - [sdr_db(t, mix) for t in true]
    row = {
        "sdr": sdr,
        "gain": gain,
        "si": np.array([si_sdr_db(t, e) for t, e in zip(true, stems, strict=True)]),
        "sum_db": float(10 * np.log10(((mix - stems.sum(axis=0)) ** 2).sum() / (mix**2).sum() + 1e-20)),
        "wall": wall_s / (mix.shape[1] / RATE),
        "cpu": cpu_s / (mix.shape[1] / RATE),
    }
    print(f"{name:56s}{cells(sdr)}  {gain.mean():6.2f}  {row['sum_db']:7.1f}  {row['wall']:5.2f}")
    return row


def cells(values: NDArray[np.float64]) -> str:
    return "".join(f"{value:8.2f}" for value in values)


def report(title: str, songs: Iterator[tuple[str, Parts]]) -> None:
    print(f"\n{title:56s}{''.join(f'{part:>8s}' for part in PARTS)}    gain   sum dB   s/s")
    rows = [measure(name, parts) for name, parts in songs]
    mean = {key: np.mean([row[key] for row in rows], axis=0) for key in rows[0]}
    worst = np.min([row["sdr"] for row in rows], axis=0)
    loudest_sum = max(float(row["sum_db"]) for row in rows)
    print(f"{'mean SDR, dB':56s}{cells(mean['sdr'])}")
    print(f"{'mean improvement over the mix, dB':56s}{cells(mean['gain'])}")
    print(f"{'mean SI-SDR, dB':56s}{cells(mean['si'])}")
    print(f"{'lowest SDR of any song, dB':56s}{cells(worst)}")
    print(
        f"improvement {np.mean(mean['gain']):.2f} dB (bar {BAR_DB:.0f}); stems below silence: "
        f"{int((mean['sdr'] < 0).sum())} of 4 in the mean, {sum(int((r['sdr'] < 0).sum()) for r in rows)} of "
        f"{4 * len(rows)} in all songs; sum {loudest_sum:.1f} dB (bar {SUM_BAR_DB:.0f}); "
        f"{mean['wall']:.2f} s ({mean['cpu']:.2f} s of CPU) per second of audio"
    )


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--set", choices=["dev", "unseen"], default="dev")
    options.add_argument("--player", choices=["synth", "gm", "both"], default="both")
    options.add_argument("--songs", type=int, default=None, help="of each player; all by default")
    options.add_argument("--offset", type=int, default=0, help="added to every seed: songs nobody has met")
    chosen = options.parse_args()
    players: dict[str, Callable[[str, int], Iterator[tuple[str, Parts]]]] = {
        "synth": synth_songs,
        "gm": gm_songs,
    }
    for player, songs in players.items():
        if chosen.player in (player, "both"):
            report(f"{chosen.set} set, {player}", islice(songs(chosen.set, chosen.offset), chosen.songs))


if __name__ == "__main__":
    main()
