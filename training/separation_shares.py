"""Fits the perceptron by which the built-in separation turns cues into shares, and writes it as a table.

uv run python -m training.separation_shares [--hidden 16] [--steps 1500]
Material: 12 s of each song of the bench's development sets, synthesised and General MIDI (Debian: fluid-soundfont-gm,
MIT licence), and of twelve more General MIDI songs with programs that no bench uses; no unseen program, no unseen
seed. Of each song 40,000 cells, the loud ones more often. The error is that of the power: the square of the
difference in share, weighed by the power of the cell in the mix. Same input, same table on the same machine.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from bench.songs import GM_SETS, RATE, Parts, gm_songs, synth_songs
from daemon.demo.score import PARTS
from daemon.engines.builtin import cues
from daemon.engines.builtin.transform import Stft
from training import tables

TABLE = Path(__file__).parents[1] / "daemon/engines/builtin/share_weights.py"
MORE_GM = {
    "seeds": range(700, 712),
    "bass": (32, 33, 38, 36, 37),
    "chords": (0, 4, 25, 89, 1, 6, 24, 26, 28, 88, 49, 51),
    "lead": (52, 65, 71, 40, 56, 60, 66, 74, 75, 78, 80, 81, 82, 84, 91),
    "kit": (0, 8, 40),
}
"""General MIDI programs counted from 0: development material beside the bench's."""
LENGTH_S, CELLS, BATCH = 12, 40_000, 2048
JITTER = 0.05  # of every cue, so that none is trusted to the last digit
DECAY = 1e-5

Cells = tuple[NDArray[np.float32], NDArray[np.float32], NDArray[np.float32]]
"""Cues (cells, cues), true shares (cells, stems), weights (cells,) that sum to 1."""


def songs() -> Iterator[Parts]:
    GM_SETS["more"] = dict(MORE_GM)
    for which in (gm_songs("more"), synth_songs("dev"), gm_songs("dev")):
        for _, parts in which:
            yield parts


def cells(parts: Parts, rng: np.random.Generator) -> Cells:
    stft = Stft.at(RATE)
    true = np.stack([parts[part] for part in PARTS])
    start = int(rng.integers(0, max(true.shape[2] - LENGTH_S * RATE, 1)))
    true = true[:, :, start : start + LENGTH_S * RATE]
    mix = stft.forward(true.sum(axis=0))
    stems = np.stack([stft.forward(part) for part in true])
    power = (np.abs(mix) ** 2).sum(axis=0)
    share = np.clip((stems * mix.conj()).real.sum(axis=1) / (power + 1e-12), 0, 1)
    share /= share.sum(axis=0) + 1e-9
    chance = np.sqrt(power.ravel()) / np.sqrt(power).sum()
    chosen = rng.choice(power.size, CELLS, p=chance)
    grids = cues.gather(mix, stft, lambda: None)
    found = np.stack([np.broadcast_to(grid, power.shape).ravel()[chosen] for grid in grids], axis=1)
    weight = power.ravel()[chosen] / chance[chosen]
    return found, share.reshape(len(PARTS), -1)[:, chosen].T.astype(np.float32), weight / weight.sum()


def fit(material: list[Cells], hidden: int, steps: int) -> torch.nn.Sequential:
    torch.manual_seed(0)
    torch.set_num_threads(1)
    found, share, weight = (
        torch.from_numpy(np.concatenate(part)).float() for part in zip(*material, strict=True)
    )
    weight = weight / weight.mean()
    network = torch.nn.Sequential(
        torch.nn.Linear(found.shape[1], hidden), torch.nn.Tanh(), torch.nn.Linear(hidden, share.shape[1])
    )
    optimiser = torch.optim.Adam(network.parameters(), lr=5e-3)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimiser, steps)
    for _ in range(steps):
        batch = torch.randint(0, len(found), (BATCH,))
        given = found[batch] + JITTER * torch.randn(BATCH, found.shape[1])
        error = ((torch.softmax(network(given), 1) - share[batch]) ** 2).sum(1) * weight[batch]
        loss = error.mean() + DECAY * sum((part**2).sum() for part in network.parameters())
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        schedule.step()
    return network


def write(network: torch.nn.Sequential) -> None:
    first, _, last = network
    named = {"HIDDEN": first.weight, "HIDDEN_BIAS": first.bias, "STEMS": last.weight, "STEMS_BIAS": last.bias}
    title = "The perceptron of combine.py: cues to shares. Written by training/separation_shares.py."
    tables.write(TABLE, title, {name: values.detach().numpy() for name, values in named.items()})


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--hidden", type=int, default=16)
    options.add_argument("--steps", type=int, default=1500)
    chosen = options.parse_args()
    material = [cells(parts, np.random.default_rng(number)) for number, parts in enumerate(songs())]
    write(fit(material, chosen.hidden, chosen.steps))


if __name__ == "__main__":
    main()
