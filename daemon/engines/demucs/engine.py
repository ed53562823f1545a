"""Demucs models over a stream: blocks in, stems out, in memory that does not grow with the track."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from typing import Self

import numpy as np
import torch
from numpy.typing import NDArray

from daemon.engines.demucs import checkpoints, lean, memory, precision
from daemon.engines.demucs.checkpoints import Bag, Network
from daemon.engines.demucs.forward import Forward
from daemon.engines.demucs.overlap import OverlapAdd
from daemon.engines.demucs.timeline import Segment, Timeline, timelines
from daemon.engines.demucs.track import Track
from daemon.engines.protocol import Compute, MixLevel, SeparateSettings
from daemon.kernel.checkpoint import Checkpoint
from daemon.kernel.errors import BadParameter
from daemon.kernel.types import Hertz
from daemon.kernel.work import EngineChoice

Audio = NDArray[np.float32]  # (channels, frames)
Stems = NDArray[np.float32]  # (stems, channels, frames)

_SILENCE = 1e-8  # what demucs adds to the deviation, so that silence stays silent


class Demucs:
    """A loaded bag of Demucs networks. Implements `Separator`."""

    def __init__(self, bag: Bag, forward: Forward) -> None:
        self._bag = bag
        self._forward = forward
        self.rate: Hertz | None = Hertz(bag.rate)
        self.stems: tuple[str, ...] = bag.stems

    @property
    def device(self) -> str:
        return self._forward.device

    @property
    def reason(self) -> str:
        return self._forward.reason

    @classmethod
    def load(cls, choice: EngineChoice, compute: Compute) -> Self:
        if choice.path is None:
            raise BadParameter("the demucs engine needs a model", hint="Name one, or use the engine builtin")
        torch.set_num_threads(compute.threads)
        if compute.device == "cpu":
            memory.keep_freed()
        bag = checkpoints.load(choice.path, choice.trusted, choice.model)
        modules = [network.module for network in bag.networks]
        arithmetic = choice.precision if any(lean.halves(module) for module in modules) else "fp32"
        usual, why = precision.choose(compute.device)
        if arithmetic != choice.precision:
            why = "this kind of network needs it"
        elif arithmetic != usual:
            why = "asked for"
        return cls(bag, Forward(modules, compute.device, arithmetic, f"{arithmetic}: {why}", compute.threads))

    def separate(
        self,
        blocks: Iterator[Audio],
        frames: int,
        rate: Hertz,
        settings: SeparateSettings,
        checkpoint: Checkpoint,
    ) -> Iterator[Stems]:
        """As `Separator.separate`. `settings.level` must be given: the networks expect a normalised mix.

        The result is that of `demucs.api.Separator` (same segments, shifts and weights) within rounding.
        """
        if settings.level is None or rate != self.rate:
            raise BadParameter(f"demucs takes audio at {self.rate} Hz with its level, not {rate} Hz")
        level = settings.level
        passes = self._passes(frames, settings)
        track = Track(_normalised(blocks, level), self._bag.channels)
        mixed = _Mixed(passes, len(self.stems), self._bag.channels)
        counter = _Counter(sum(one.timeline.count for one in passes), checkpoint)
        index, steps = 0, max(one.timeline.count for one in passes)
        while index < steps:
            batch = self._forward.batch(passes[0].timeline.segment(0).window_frames)
            for one in passes:
                self._advance(one, range(index, min(index + batch, one.timeline.count)), track, counter)
            index += batch
            track.drop_before(min(one.timeline.keep_from(index) for one in passes))
            if index >= steps:
                for one in passes:
                    one.finish(frames)
            yield mixed.take() * (level.std + _SILENCE) + level.mean

    def _passes(self, frames: int, settings: SeparateSettings) -> list[_Pass]:
        wanted = [
            stem for stem, name in enumerate(self.stems) if not settings.wanted or name in settings.wanted
        ]
        source = random.Random(settings.seed)
        passes: list[_Pass] = []
        for index, network in enumerate(self._bag.networks):
            lines = timelines(
                frames,
                self._bag.rate,
                network.segment_frames,
                _window_of(network),
                settings.overlap,
                settings.shifts,
                source,
            )
            if any(network.weights[stem] for stem in wanted):
                passes += [_Pass(index, line, network, len(lines), self._bag.channels) for line in lines]
        return passes

    def _advance(self, one: _Pass, indices: range, track: Track, counter: _Counter) -> None:
        """Run the segments `indices` of a pass, those with windows of equal length together."""
        segments = [one.timeline.segment(index) for index in indices]
        while segments:
            alike = [one_ for one_ in segments if one_.window_frames == segments[0].window_frames]
            segments = segments[len(alike) :]  # windows only ever get shorter, at the end
            windows = np.stack([track.window(part.window_start, part.window_frames) for part in alike])
            estimates = self._forward.run(one.index, windows, counter.during(len(alike)))
            for part, estimate in zip(alike, estimates, strict=True):
                one.take(part, estimate)
            counter.add(len(alike))


class _Pass:
    """One network over one timeline, and what is final of it."""

    def __init__(self, index: int, timeline: Timeline, network: Network, shares: int, channels: int) -> None:
        self.index = index
        self.timeline = timeline
        self.weights = np.array(network.weights, np.float32)[:, None, None] / np.float32(shares)
        self._overlap = OverlapAdd(
            timeline.start, timeline.segment_frames, stems=len(network.weights), channels=channels
        )
        self._before_track = -timeline.start
        self.final: list[Stems] = []

    def take(self, segment: Segment, estimate: Stems) -> None:
        self._keep(
            self._overlap.add(segment.start, estimate[..., segment.trim : segment.trim + segment.frames])
        )

    def finish(self, end: int) -> None:
        self._keep(self._overlap.finish(end))

    def _keep(self, done: Stems) -> None:
        drop = min(self._before_track, done.shape[-1])
        self._before_track -= drop
        if drop < done.shape[-1]:
            self.final.append(done[..., drop:] * self.weights)


class _Mixed:
    """The sum of the passes, as far as every one of them is final."""

    def __init__(self, passes: list[_Pass], stems: int, channels: int) -> None:
        self._passes = passes
        self._nothing = np.zeros((stems, channels, 0), np.float32)

    def take(self) -> Stems:
        final = [np.concatenate([self._nothing, *one.final], axis=-1) for one in self._passes]
        ready = min(stems.shape[-1] for stems in final)
        for one, stems in zip(self._passes, final, strict=True):
            one.final = [stems[..., ready:]]
        total: Stems = np.sum([stems[..., :ready] for stems in final], axis=0)
        return total


class _Counter:
    """Tells the checkpoint how far all passes are."""

    def __init__(self, segments: int, checkpoint: Checkpoint) -> None:
        self._segments = segments
        self._done = 0
        self._checkpoint = checkpoint

    def add(self, segments: int) -> None:
        self._done += segments
        self._tell(0.0)

    def during(self, segments: int) -> Callable[[float], None]:
        """A listener to the fraction done of `segments` that are under way."""
        return lambda fraction: self._tell(fraction * segments)

    def _tell(self, under_way: float) -> None:
        self._checkpoint((self._done + under_way) / self._segments, f"segment {self._done} of {self._segments}")


def _normalised(blocks: Iterator[Audio], level: MixLevel) -> Iterator[Audio]:
    for block in blocks:
        yield (block - np.float32(level.mean)) / np.float32(level.std + _SILENCE)


def _window_of(network: Network) -> Callable[[int], int]:
    """The length that the network takes to estimate a length; networks without an opinion take it as it is."""
    return getattr(network.module, "valid_length", lambda frames: frames)
