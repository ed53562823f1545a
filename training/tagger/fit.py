"""Fitting the network: batches of what is synthesised and what is recorded, varied as pictures, a running mean kept.

On a GPU when there is one: pictures lie in its memory, and everything random is drawn there.
"""

from __future__ import annotations

import copy
import time
from dataclasses import dataclass

import numpy as np
import torch
from torch import Generator, Tensor, nn
from torch.nn import functional

from daemon.engines.classifier.classes import CLASSES
from daemon.engines.classifier.flatness import DEEPEST_DB, NOISE_DB
from training.tagger.classes import GROUPS, coarse
from training.tagger.network import Tagger

_RARE = 0.7  # 1: every class is drawn as often as any other; 0: as often as there are sounds of it
_TOLD_EVERY = 100  # steps
_OF_NOISE = -NOISE_DB / DEEPEST_DB  # the depth of noise


@dataclass(frozen=True, slots=True)
class Settings:
    """steps: batches. minutes: at most, whatever is left of them (the rate falls with what is done, so that the end
    is the same; not repeatable). batch: examples in each. rate: highest learning rate. decay: of weights. smoothing:
    of labels. mixed: share of examples that are mixed with another one. group_weight: of the coarse groups in the
    loss. kept: of the running mean at each step. seed: of everything random."""

    steps: int = 12_000
    minutes: float = 0.0
    batch: int = 512
    rate: float = 3e-3
    decay: float = 0.03
    smoothing: float = 0.05
    mixed: float = 0.35
    group_weight: float = 0.3
    kept: float = 0.999
    seed: int = 1


def best_device() -> torch.device:
    return torch.device("cuda" if torch.cuda.is_available() else "cpu")


class Pool:
    """Examples of several parts, each chosen by indices and drawn with a weight."""

    def __init__(
        self, parts: list[tuple[np.ndarray, np.ndarray, np.ndarray]], weights: list[float], device: torch.device
    ) -> None:
        """parts: (pictures (n, PLANES, BANDS, FRAMES), classes (n,), indices to draw from) each; weights: their share
        of a batch."""
        self.device = device
        self._parts = []
        for pictures, classes, chosen in parts:
            labels = torch.from_numpy(classes[chosen]).to(device)
            # all are carried to the device, since picking rows from a mapped file takes longer
            kept = torch.from_numpy(np.ascontiguousarray(pictures)).to(device)[
                torch.from_numpy(chosen).to(device)
            ]
            self._parts.append((kept, labels, _chances(labels)))
        self._weights = torch.tensor(weights, device=device)

    def draw(self, size: int, random: Generator) -> tuple[Tensor, Tensor]:
        """(pictures (size, PLANES, BANDS, FRAMES), classes (size,)), in order of the parts."""
        which = torch.multinomial(self._weights, size, replacement=True, generator=random)
        counts = torch.bincount(which, minlength=len(self._parts)).tolist()
        pictures, labels = [], []
        for (images, classes, chances), count in zip(self._parts, counts, strict=True):
            at = torch.rand(count, device=self.device, generator=random, dtype=torch.float64)
            rows = torch.searchsorted(chances, at).clamp_max(len(classes) - 1)
            pictures.append(images[rows].float())
            labels.append(classes[rows])
        return torch.cat(pictures), torch.cat(labels)


def _chances(labels: Tensor) -> Tensor:
    """Cumulated chances of each example: rare classes are drawn more often, though not as often as common ones."""
    counts = torch.bincount(labels, minlength=len(CLASSES)).clamp_min(1)
    odds = counts[labels].double() ** -_RARE
    return (odds / odds.sum()).cumsum(0)


def varied(x: Tensor, random: Generator) -> Tensor:
    """The same sounds (n, planes, bands, frames) with other floors, levels, equalisers, shifts and blanked stripes
    (Park et al. 2019)."""
    n, _, bands, frames = x.shape
    level, depth = x[:, 0], 1 - x[:, 1]  # depth: of what is between partials; none where there is nothing

    def draw(*shape: int) -> Tensor:
        return torch.rand(shape, device=x.device, generator=random)

    def normal(*shape: int) -> Tensor:
        return torch.randn(shape, device=x.device, generator=random)

    band = torch.arange(bands, device=x.device).view(1, bands, 1)
    frame = torch.arange(frames, device=x.device).view(1, 1, frames)
    curve = (draw(n, 1, 1) - 0.5) * 0.2 * torch.linspace(-1, 1, bands, device=x.device).view(1, bands, 1)
    for _ in range(2):
        curve = curve + 0.04 * normal(n, 1, 1) * torch.exp(
            -(((band - bands * draw(n, 1, 1)) / (5 + 20 * draw(n, 1, 1))) ** 2)
        )
    level = torch.where(level > 0.01, level * (0.92 + 0.16 * draw(n, 1, 1)) + curve, level).clamp(0, 1)
    there = 0.4 * draw(n, 1, 1) * (draw(n, 1, 1) < 0.3)
    floor = there + 0.03 * (draw(n, bands, 1) - 0.5) * (there > 0)
    depth = torch.where((floor > level) & (there > 0), _OF_NOISE, depth)
    depth = (depth * (0.75 + 0.5 * draw(n, 1, 1)) + 0.03 * (draw(n, 1, 1) - 0.5)).clamp(0, 1)
    x = torch.stack([torch.maximum(level, floor), depth], dim=1)
    x = _moved(x, 1.5 * (2 * draw(n) - 1), 1.2 * (2 * draw(n) - 1))
    for chance, size, axis, place in ((0.25, 12, bands, band), (0.2, 14, frames, frame)):
        start, width = draw(n, 1, 1) * (axis - size), 2 + draw(n, 1, 1) * (size - 2)
        blank = (place >= start) & (place < start + width) & (draw(n, 1, 1) < chance)
        x = x.masked_fill(blank.unsqueeze(1), 0)
    return torch.stack([x[:, 0], 1 - x[:, 1]], dim=1)


def _moved(x: Tensor, up: Tensor, later: Tensor) -> Tensor:
    """Each of (n, planes, bands, frames) moved by some bands and frames, whole or not; nothing comes in."""
    n, planes, bands, frames = x.shape
    at = torch.eye(2, 3, device=x.device).repeat(n, 1, 1)
    at[:, 0, 2], at[:, 1, 2] = -2 * later / frames, -2 * up / bands
    grid = functional.affine_grid(at, [n, planes, bands, frames], align_corners=False)
    return functional.grid_sample(x, grid, align_corners=False)


def _mixed(x: Tensor, target: Tensor, share: float, random: Generator) -> tuple[Tensor, Tensor]:
    """`share` of the examples mixed with another one, by little (Zhang et al. 2018; the arcsine law is their
    beta(1/2, 1/2))."""
    n = len(x)
    turn = torch.rand(n, device=x.device, generator=random)
    little = torch.sin(torch.pi / 2 * torch.rand(n, device=x.device, generator=random)) ** 2
    kept = torch.where(turn < share, little, torch.ones_like(little))
    order = torch.randperm(n, device=x.device, generator=random)
    return (
        torch.lerp(x[order], x, kept.view(n, 1, 1, 1)),
        torch.lerp(target[order], target, kept.view(n, 1)),
    )


def loss_of(logits: Tensor, target: Tensor, groups: Tensor, settings: Settings) -> Tensor:
    """Cross entropy over the classes and, less, over the coarse groups. target: (n, classes) shares. groups:
    (classes, groups), one where a class is in a group."""
    smooth = target * (1 - settings.smoothing) + settings.smoothing / target.shape[1]
    log = functional.log_softmax(logits, dim=1)
    fine = -(smooth * log).sum(1).mean()
    rough = -((target @ groups) * (log.exp() @ groups).clamp_min(1e-7).log()).sum(1).mean()
    return fine + settings.group_weight * rough


def _groups(device: torch.device) -> Tensor:
    table = torch.zeros(len(CLASSES), len(GROUPS))
    for i, name in enumerate(CLASSES):
        table[i, GROUPS.index(coarse(name))] = 1
    return table.to(device)


def _has_bfloat16(device: torch.device) -> bool:
    """Whether it multiplies bfloat16 by itself: a processor that only imitates it is slower so."""
    return device.type == "cuda" or bool(torch.ops.mkldnn._is_mkldnn_bf16_supported())


def fit(pool: Pool, settings: Settings, begin: Tagger, say: str = "") -> Tagger:
    """The running mean of the weights at the end, on the CPU. begin: the weights to begin with."""
    torch.manual_seed(settings.seed)
    random = Generator(pool.device).manual_seed(settings.seed)
    network = copy.deepcopy(begin).to(pool.device, memory_format=torch.channels_last).train()
    mean = copy.deepcopy(network)
    optimiser = torch.optim.AdamW(_decaying(network, settings.decay), lr=settings.rate)
    groups = _groups(pool.device)
    began, step, done = time.monotonic(), 0, 0.0
    while done < 1:
        for group in optimiser.param_groups:
            group["lr"] = settings.rate * _pace(done)
        pictures, labels = pool.draw(settings.batch, random)
        target = functional.one_hot(labels, len(CLASSES)).float()
        pictures, target = _mixed(varied(pictures, random), target, settings.mixed, random)
        with torch.autocast(pool.device.type, torch.bfloat16, enabled=_has_bfloat16(pool.device)):
            logits = network(pictures)[0]
        loss = loss_of(logits.float(), target, groups, settings)
        optimiser.zero_grad(set_to_none=True)
        loss.backward()
        nn.utils.clip_grad_norm_(network.parameters(), 2.0)
        optimiser.step()
        step += 1
        _follow(mean, network, min(settings.kept, step / (step + 10)))
        passed_s = time.monotonic() - began
        done = max(step / settings.steps, passed_s / (60 * settings.minutes) if settings.minutes else 0.0)
        if say and step % _TOLD_EVERY == 0:
            print(f"  {say} {step} steps, {done:.0%}, loss {loss.item():.3f}, {passed_s:.0f} s", flush=True)
    return mean.cpu().eval()


@torch.no_grad()
def _follow(mean: Tagger, network: Tagger, kept: float) -> None:
    for old, new in zip(mean.state_dict().values(), network.state_dict().values(), strict=True):
        if old.dtype.is_floating_point:
            old.lerp_(new, 1 - kept)


def _pace(done: float) -> float:
    """Up in the first twentieth, then down as a cosine."""
    if done < 0.05:
        return 0.05 + 0.95 * done / 0.05
    return 0.002 + 0.499 * (1 + float(np.cos(np.pi * (done - 0.05) / 0.95)))


def _decaying(network: Tagger, decay: float) -> list[dict[str, object]]:
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
