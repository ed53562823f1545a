"""The network: a small residual network on the picture of a sound; an embedding of 128 numbers; linear heads on it."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

from daemon.engines.classifier.classes import CLASSES
from daemon.engines.classifier.image import BANDS, FRAMES
from daemon.kernel.work import EMBEDDING_DIMS

MEAN, SCALE = 0.35, 0.3  # of the pictures, roughly
SHARPNESS = 16.0  # logits are cosines times this, to begin with


def _conv(given: int, made: int, size: int = 3, stride: int = 1) -> nn.Sequential:
    return nn.Sequential(
        nn.Conv2d(given, made, size, stride, size // 2, bias=False), nn.BatchNorm2d(made), nn.ReLU(inplace=True)
    )


class Block(nn.Module):
    """Two convolutions and a way round them."""

    def __init__(self, given: int, made: int, stride: int) -> None:
        super().__init__()
        self.one = _conv(given, made, stride=stride)
        self.two = nn.Sequential(nn.Conv2d(made, made, 3, 1, 1, bias=False), nn.BatchNorm2d(made))
        short = [nn.AvgPool2d(stride, ceil_mode=True)] if stride > 1 else []
        if given != made:
            short += [nn.Conv2d(given, made, 1, bias=False), nn.BatchNorm2d(made)]
        self.round = nn.Sequential(*short)

    def forward(self, x: Tensor) -> Tensor:
        return functional.relu(self.two(self.one(x)) + self.round(x))


class Tagger(nn.Module):
    """(n, BANDS, FRAMES) pictures -> (logits (n, classes), embeddings (n, EMBEDDING_DIMS) of length 1)."""

    def __init__(self, widths: tuple[int, ...] = (16, 40, 96, 160), dropout: float = 0.1) -> None:
        super().__init__()
        self.stem = _conv(3, widths[0], 5, 2)
        given, blocks = widths[0], []
        for i, made in enumerate(widths):
            blocks.append(Block(given, made, 1 if i == 0 else 2))
            given = made
        self.body = nn.Sequential(*blocks)
        sides = (BANDS + FRAMES) // 2 ** len(widths)
        self.gather = nn.Sequential(
            nn.Dropout(dropout), nn.Linear(sides * given, EMBEDDING_DIMS), nn.BatchNorm1d(EMBEDDING_DIMS)
        )
        self.head = nn.Linear(EMBEDDING_DIMS, len(CLASSES))
        self.sharpness = nn.Parameter(torch.tensor(SHARPNESS).log())
        self.register_buffer("pitch", torch.linspace(-1, 1, BANDS).view(1, 1, BANDS, 1))
        self.register_buffer("time", torch.linspace(-1, 1, FRAMES).view(1, 1, 1, FRAMES))

    def forward(self, pictures: Tensor) -> tuple[Tensor, Tensor]:
        x = ((pictures - MEAN) / SCALE).unsqueeze(1)
        # where a thing is in pitch and time matters as much as its shape
        x = torch.cat([x, self.pitch.expand_as(x), self.time.expand_as(x)], dim=1)
        x = self.body(self.stem(x))
        sides = torch.cat([x.mean(dim=3).flatten(1), x.mean(dim=2).flatten(1)], dim=1)
        embedding = functional.normalize(self.gather(sides), dim=1)
        logits = (
            self.sharpness.exp() * functional.linear(embedding, functional.normalize(self.head.weight, dim=1))
            + self.head.bias
        )
        return logits, embedding
