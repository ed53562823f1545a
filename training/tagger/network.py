"""The network: a small residual network on the picture of a sound; an embedding of 128 numbers; a linear head on it."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

from daemon.engines.classifier.classes import CLASSES
from daemon.engines.classifier.image import BANDS, FRAMES
from daemon.engines.classifier.picture import PLANES
from daemon.kernel.work import EMBEDDING_DIMS

MEAN, SCALE = (0.35, 0.8), (0.3, 0.15)  # of the planes of the pictures, roughly
DROPPED = 0.1  # of what is gathered, while it learns
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
    """(n, PLANES, BANDS, FRAMES) pictures -> (logits (n, classes), embeddings (n, EMBEDDING_DIMS) of length 1).

    planes: how many of the planes it looks at, from the first. blurred: it sees no single partial (`blurred`), so it
    cannot know a recording by them. restyled: the share of batches in which it learns with statistics of other sounds
    (`_restyled`)."""

    def __init__(
        self,
        widths: tuple[int, ...] = (12, 28, 64, 112),
        planes: int = PLANES,
        restyled: float = 0.0,
        blurred: bool = False,
    ) -> None:
        super().__init__()
        self.restyled = restyled
        self.blurred = blurred
        self.stem = _conv(planes + 2 + blurred, widths[0], 5, 2)
        given, blocks = widths[0], []
        for i, made in enumerate(widths):
            blocks.append(Block(given, made, 1 if i == 0 else 2))
            given = made
        self.body = nn.Sequential(*blocks)
        sides = (BANDS + FRAMES) // 2 ** len(widths)
        self.gather = nn.Sequential(
            nn.Dropout(DROPPED), nn.Linear(sides * given, EMBEDDING_DIMS), nn.BatchNorm1d(EMBEDDING_DIMS)
        )
        self.head = nn.Linear(EMBEDDING_DIMS, len(CLASSES))
        self.sharpness = nn.Parameter(torch.tensor(SHARPNESS).log())
        self.register_buffer("mean", torch.tensor(MEAN[:planes]).view(1, planes, 1, 1))
        self.register_buffer("scale", torch.tensor(SCALE[:planes]).view(1, planes, 1, 1))
        self.register_buffer("pitch", torch.linspace(-1, 1, BANDS).view(1, 1, BANDS, 1))
        self.register_buffer("time", torch.linspace(-1, 1, FRAMES).view(1, 1, 1, FRAMES))

    def forward(self, pictures: Tensor) -> tuple[Tensor, Tensor]:
        x = (pictures[:, : self.mean.shape[1]] - self.mean) / self.scale
        if self.blurred:
            x = blurred(x)
        # where a thing is in pitch and time matters as much as its shape
        places = [place.expand(len(x), 1, BANDS, FRAMES) for place in (self.pitch, self.time)]
        x = self.stem(torch.cat([x, *places], dim=1))
        if self.training and torch.rand(()) < self.restyled:
            x = _restyled(x)
        x = self.body(x)
        sides = torch.cat([x.mean(dim=3).flatten(1), x.mean(dim=2).flatten(1)], dim=1)
        embedding = functional.normalize(self.gather(sides), dim=1)
        logits = (
            self.sharpness.exp() * functional.linear(embedding, functional.normalize(self.head.weight, dim=1))
            + self.head.bias
        )
        return logits, embedding


COLOUR, COURSE, RINGING = 11, 3, 5
"""Over how many bands `blurred` takes means."""
PEAK = 1.0
"""Where a band is at its loudest: not 0, which is what lies outside a picture for a convolution."""


def blurred(x: Tensor) -> Tensor:
    """(n, 2, bands, frames) of levels and flatness -> (n, 3, bands, frames): the colour, by the octave; each band's
    course, against its own loudest moment, whatever the colour; roughly where it rings."""
    level, flatness = x[:, :1], x[:, 1:2]
    course = level - level.amax(dim=3, keepdim=True) + PEAK
    return torch.cat([_spread(level, COLOUR), _spread(course, COURSE), _spread(flatness, RINGING)], dim=1)


def _spread(x: Tensor, bands: int) -> Tensor:
    """The mean over each band and its neighbours; at the ends the last band counts for those that are not there."""
    side = bands // 2
    return functional.avg_pool2d(functional.pad(x, (0, 0, side, side), mode="replicate"), (bands, 1), 1)


def _restyled(x: Tensor) -> Tensor:
    """Each of (n, channels, bands, frames) with the mean and deviation of each band moved towards another's: how a
    source colours its sounds says little of what they are (Kim et al. 2022, after Zhou et al. 2021)."""
    mean, deviation = x.mean((1, 3), keepdim=True), x.std((1, 3), keepdim=True) + 1e-5
    kept = torch.distributions.Beta(0.3, 0.3).sample((len(x), 1, 1, 1)).to(x)
    other = torch.randperm(len(x), device=x.device)
    plain = (x - mean.detach()) / deviation.detach()
    return (
        plain * torch.lerp(deviation[other], deviation, kept).detach()
        + torch.lerp(mean[other], mean, kept).detach()
    )
