"""Fitting the network: batches half synthesised and half recorded, pictures masked and mixed, a running mean kept."""

from __future__ import annotations

import copy
import os
import time
from dataclasses import dataclass
from multiprocessing import get_context
from multiprocessing.synchronize import Barrier

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from daemon.engines.classifier.classes import CLASSES
from training.tagger.classes import GROUPS, coarse
from training.tagger.network import Tagger

GROUP_OF = torch.tensor([GROUPS.index(coarse(name)) for name in CLASSES])


@dataclass(frozen=True, slots=True)
class Settings:
    """steps: batches, of each process. minutes: instead of steps, how long (the rate falls with the clock; not
    repeatable). batch: examples in each. rate: highest learning rate. decay: of weights. smoothing: of labels.
    mixed: share of batches whose examples are mixed in pairs. group_weight: of the coarse groups in the loss. apart:
    steps between meetings. kept: of the running mean at each of them. seed: of everything random."""

    steps: int = 2000
    minutes: float = 0.0
    batch: int = 96
    rate: float = 2e-3
    decay: float = 0.03
    smoothing: float = 0.05
    mixed: float = 0.35
    group_weight: float = 0.3
    apart: int = 12
    kept: float = 0.9
    seed: int = 1


class Pool:
    """Examples of several parts, chosen by a mask and drawn with weights."""

    def __init__(self, parts: list[tuple[np.ndarray, np.ndarray, np.ndarray]], weights: list[float]) -> None:
        """parts: (pictures, classes, indices to draw from) each; weights: their share of a batch."""
        self._parts = parts
        self._weights = np.array(weights) / sum(weights)
        self._odds = [self._balanced(labels[chosen]) for _, labels, chosen in parts]

    @staticmethod
    def _balanced(labels: np.ndarray) -> np.ndarray:
        """Rare classes are drawn more often, though not as often as common ones."""
        counts = np.bincount(labels, minlength=len(CLASSES))
        odds = 1 / np.maximum(counts, 1)[labels] ** 0.7
        return odds / odds.sum()

    def draw(self, rng: np.random.Generator, size: int) -> tuple[Tensor, Tensor]:
        counts = rng.multinomial(size, self._weights)
        pictures, labels = [], []
        for (images, classes, chosen), odds, count in zip(self._parts, self._odds, counts, strict=True):
            rows = np.sort(rng.choice(chosen, count, p=odds))
            pictures.append(images[rows].astype(np.float32))
            labels.append(classes[rows])
        return torch.from_numpy(np.concatenate(pictures)), torch.from_numpy(np.concatenate(labels))


def masked(x: Tensor, rng: np.random.Generator) -> Tensor:
    """Other floors, levels, tilts and small shifts, and blanked stripes (Park et al. 2019), per example."""
    n, bands, frames = x.shape
    draw = lambda *shape: torch.from_numpy(rng.random(shape).astype(np.float32))  # noqa: E731
    tilt = (draw(n, 1, 1) - 0.5) * 0.2 * torch.linspace(-1, 1, bands).view(1, bands, 1)
    x = torch.where(x > 0.01, x * (0.92 + 0.16 * draw(n, 1, 1)) + tilt, x).clamp(0, 1)
    floor = 0.4 * draw(n, 1, 1) * (draw(n, 1, 1) < 0.3)
    x = torch.maximum(x, floor + 0.03 * (draw(n, bands, 1) - 0.5) * (floor > 0))
    up, later = int(rng.integers(-1, 2)), int(rng.integers(-1, 2))
    x = torch.roll(x, (up, later), (1, 2))
    if up > 0:
        x[:, :up] = 0
    if later > 0:
        x[:, :, :later] = 0
    for i in range(n):
        if rng.random() < 0.25:
            low = int(rng.integers(0, bands - 12))
            x[i, low : low + int(rng.integers(2, 13))] = 0
        if rng.random() < 0.2:
            start = int(rng.integers(0, frames - 14))
            x[i, :, start : start + int(rng.integers(2, 15))] = 0
    return x


def loss_of(logits: Tensor, target: Tensor, settings: Settings) -> Tensor:
    """Cross entropy over the classes and, less, over the coarse groups. target: (n, classes) shares."""
    smooth = target * (1 - settings.smoothing) + settings.smoothing / target.shape[1]
    log = functional.log_softmax(logits, dim=1)
    fine = -(smooth * log).sum(1).mean()
    groups = torch.zeros(len(CLASSES), len(GROUPS)).index_put_(
        (torch.arange(len(CLASSES)), GROUP_OF), torch.tensor(1.0)
    )
    rough = -((target @ groups) * (log.exp() @ groups).clamp_min(1e-7).log()).sum(1).mean()
    return fine + settings.group_weight * rough


def fit(
    pool: Pool, settings: Settings, begin: Tagger | None = None, say: str = "", processes: int = 1
) -> Tagger:
    """The running mean of the weights at the end.

    Several processes, of one thread each, walk on their own and meet every `settings.apart` steps at the mean of
    their weights (local SGD, Stich 2019): on a busy machine that is quicker than threads that wait for each other.
    """
    torch.manual_seed(settings.seed)
    network = copy.deepcopy(begin) if begin is not None else Tagger()
    size = _flat(network).numel()
    # a row for each process, and the running mean
    meeting = torch.zeros(processes + 1, size).share_memory_()
    meeting[-1] = _flat(network)
    context = get_context("fork")
    barrier = context.Barrier(processes)
    walkers = [
        context.Process(target=_walk, args=(i, network, pool, settings, meeting, barrier, say))
        for i in range(processes)
    ]
    for walker in walkers:
        walker.start()
    for walker in walkers:
        walker.join()
        if walker.exitcode:
            raise SystemExit(f"a training process ended with {walker.exitcode}")
    _load(network, meeting[-1])
    return network.eval()


def _walk(
    rank: int, network: Tagger, pool: Pool, settings: Settings, meeting: Tensor, barrier: Barrier, say: str
) -> None:
    os.setsid()  # Linux shares its time among sessions before it does so among their processes
    torch.set_num_threads(1)
    rng = np.random.default_rng([settings.seed, rank])
    torch.manual_seed(settings.seed * 1000 + rank)
    network = network.to(memory_format=torch.channels_last).train()  # a tenth quicker
    optimiser = torch.optim.AdamW(_groups(network, settings.decay), lr=settings.rate)
    began, seen = time.time(), 0.0
    step, done = 0, 0.0
    while done < 1:
        for _ in range(settings.apart):
            for group in optimiser.param_groups:
                group["lr"] = settings.rate * _pace(done)
            seen += _step(network, optimiser, pool, settings, rng)
            step += 1
            done = (
                step / settings.steps
                if not settings.minutes
                else (time.time() - began) / (60 * settings.minutes)
            )
        meeting[rank] = _flat(network)
        barrier.wait()
        mean = meeting[:-1].mean(dim=0)
        barrier.wait()
        _load(network, mean)
        if rank == 0:
            keep = min(settings.kept, (1 + step / settings.apart) / (6 + step / settings.apart))
            meeting[-1].lerp_(mean, 1 - keep)
            told = seen / settings.apart
            if say and (step // settings.apart) % 10 == 0:
                print(
                    f"  {say} {step} steps, {done:.0%}, loss {told:.3f}  {time.time() - began:.0f} s",
                    flush=True,
                )
            # all leave together, whoever's clock is ahead
            meeting[0, 0] = 1.0 if done >= 1 else 0.0
        seen = 0.0
        barrier.wait()
        done = max(done, 1.0) if float(meeting[0, 0]) >= 1 else min(done, 0.999)
        barrier.wait()


def _pace(done: float) -> float:
    """Up in the first tenth, then down as a cosine."""
    done = min(done, 1.0)
    return (
        done / 0.1 * 0.95 + 0.05
        if done < 0.1
        else 0.01 + 0.495 * (1 + float(np.cos(np.pi * (done - 0.1) / 0.9)))
    )


def _step(
    network: Tagger, optimiser: torch.optim.Optimizer, pool: Pool, settings: Settings, rng: np.random.Generator
) -> float:
    pictures, labels = pool.draw(rng, settings.batch)
    pictures = masked(pictures, rng)
    target = functional.one_hot(labels, len(CLASSES)).float()
    if rng.random() < settings.mixed:
        share, order = float(rng.beta(0.4, 0.4)), torch.from_numpy(rng.permutation(len(labels)))
        pictures = share * pictures + (1 - share) * pictures[order]
        target = share * target + (1 - share) * target[order]
    loss = loss_of(network(pictures)[0], target, settings)
    optimiser.zero_grad(set_to_none=True)
    loss.backward()
    nn.utils.clip_grad_norm_(network.parameters(), 2.0)
    optimiser.step()
    return float(loss.detach())


def _floats(network: Tagger) -> list[Tensor]:
    return [value for value in network.state_dict().values() if value.dtype.is_floating_point]


def _flat(network: Tagger) -> Tensor:
    return torch.cat([value.detach().reshape(-1) for value in _floats(network)])


@torch.no_grad()
def _load(network: Tagger, flat: Tensor) -> None:
    at = 0
    for value in _floats(network):
        value.copy_(flat[at : at + value.numel()].view_as(value))
        at += value.numel()


def _groups(network: Tagger, decay: float) -> list[dict[str, object]]:
    """Biases and scales do not decay."""
    wide = [p for p in network.parameters() if p.ndim > 1]
    narrow = [p for p in network.parameters() if p.ndim <= 1]
    return [{"params": wide, "weight_decay": decay}, {"params": narrow, "weight_decay": 0.0}]


@torch.no_grad()
def predict(network: Tagger, pictures: np.ndarray, batch: int = 256) -> tuple[np.ndarray, np.ndarray]:
    """(logits (n, classes), embeddings (n, dims)) of pictures."""
    network.eval()
    parts = [
        network(torch.from_numpy(pictures[i : i + batch].astype(np.float32)))
        for i in range(0, len(pictures), batch)
    ]
    return np.concatenate([p[0].numpy() for p in parts]), np.concatenate([p[1].numpy() for p in parts])
