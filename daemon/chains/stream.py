"""Plays audio through a chain block by block, so that its length needs no memory. For workers only.

Effects keep their state from block to block (pedalboard's `reset=False`). What they report as latency pedalboard
takes off the front here too: less comes out at first, and silence pushed at the end brings out the rest. Each run of
effects is given whole blocks of `BLOCK_FRAMES` and nothing else, because pedalboard prepares its effects anew, and
some lose what they hold, when the size of a call changes. So every effect but those of `WHOLE_ONLY` gives the same
samples as one call does.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from daemon.chains import pairs
from daemon.chains.render import Effect, EmptyRack, Rack, board, gain_of, late_frames, runs

Audio = NDArray[np.float32]

BLOCK_FRAMES = 65536
"""A multiple of the 8192 frames that pedalboard gives its effects at once, so that they see the same pieces."""
WHOLE_ONLY = frozenset({"PitchShift", "GSMFullRateCompressor"})
"""pedalboard plays these in one call only: from block to block they lose sound (0.9.26)."""


class Node(Protocol):
    def push(self, block: Audio) -> Audio: ...


def played(
    effects: Sequence[Effect], blocks: Iterable[Audio], rate_hz: int, channels: int,
    sound_class: str | None = None, rack: Rack | None = None,
) -> Iterator[Audio]:  # fmt: skip
    """Blocks of (channels, n) through a chain's checked `fx`: as many frames come out as went in."""
    line = _Line(effects, rate_hz, channels, sound_class, rack or EmptyRack())
    taken = given = 0
    for block in blocks:
        taken += block.shape[1]
        out = line.push(block)
        given += out.shape[1]
        yield out
    silence = np.zeros((channels, BLOCK_FRAMES), np.float32)
    while given < taken:
        out = line.push(silence)[:, : taken - given]
        given += out.shape[1]
        yield out


class _Line:
    """Nodes in a row."""

    def __init__(
        self, effects: Sequence[Effect], rate_hz: int, channels: int, sound_class: str | None, rack: Rack
    ) -> None:
        self._nodes = [
            _node(run, rate_hz, channels, sound_class, rack)
            for run in runs(effects, sound_class, rate_hz, channels)
        ]

    def push(self, block: Audio) -> Audio:
        for node in self._nodes:
            if block.shape[1]:
                block = node.push(block)
        return block


def _node(run: list[Effect], rate_hz: int, channels: int, sound_class: str | None, rack: Rack) -> Node:
    first = run[0]
    share = first.get("wet", 1.0)
    if share < 1.0:
        bare = [{key: value for key, value in one.items() if key not in ("wet", "only")} for one in run]
        wet = _Line(bare, rate_hz, channels, sound_class, rack)
        return _Mix([_Through(), wet], [np.float32(1.0 - share), np.float32(share)])
    if "parallel" in first:
        branches: list[Node] = [_Line(one, rate_hz, channels, sound_class, rack) for one in first["parallel"]]
        return _Mix(branches, [gain_of(gain) for gain in first["gains_db"]])
    if "plugin" in first:
        hosted = rack.get(first)
        hosted.begin(rate_hz, channels)
        return _Whole(hosted)
    if pairs.needed(first, rate_hz, channels):
        return pairs.InPairs(first, rate_hz, channels, lambda rate: _whole_blocks(run, rate))
    return _whole_blocks(run, rate_hz)


def _whole_blocks(run: list[Effect], rate_hz: int) -> Node:
    return _Whole(_Board(board(run, rate_hz), rate_hz, late_frames(run, rate_hz)))


def streamable(effects: Sequence[Effect]) -> bool:
    """Whether every effect can be played from block to block."""
    return all(
        one.get("use") not in WHOLE_ONLY and all(streamable(branch) for branch in one.get("parallel", ()))
        for one in effects
    )


class _Through:
    def push(self, block: Audio) -> Audio:
        return block


class _Whole:
    """Hands on whole blocks only, and holds back what does not fill one."""

    def __init__(self, node: Node) -> None:
        self._node = node
        self._held: deque[Audio] = deque()

    def push(self, block: Audio) -> Audio:
        self._held.append(block)
        frames = sum(part.shape[1] for part in self._held)
        out = [np.zeros((block.shape[0], 0), np.float32)]
        for _ in range(frames // BLOCK_FRAMES):
            out.append(self._node.push(_take(self._held, BLOCK_FRAMES, block.shape[0])))
        return np.concatenate(out, axis=1)


class _Board:
    """late: frames to take off the front."""

    def __init__(self, effects: Any, rate_hz: int, late: int) -> None:
        self._effects = effects
        self._rate_hz = rate_hz
        self._late = late

    def push(self, block: Audio) -> Audio:
        out = self._effects.process(block, self._rate_hz, reset=False)
        ready = np.asarray(out, np.float32).reshape(block.shape[0], -1)
        early = min(self._late, ready.shape[1])
        self._late -= early
        return ready[:, early:]


class _Mix:
    """Branches side by side; each may hold frames back, so what is ready of all is added up."""

    def __init__(self, branches: Sequence[Node], gains: Sequence[np.float32]) -> None:
        self._branches = branches
        self._gains = gains
        self._ready: list[deque[Audio]] = [deque() for _ in branches]

    def push(self, block: Audio) -> Audio:
        for branch, ready in zip(self._branches, self._ready, strict=True):
            ready.append(branch.push(block))
        frames = min(sum(part.shape[1] for part in ready) for ready in self._ready)
        total = np.zeros((block.shape[0], frames), np.float32)
        for ready, gain in zip(self._ready, self._gains, strict=True):
            total += _take(ready, frames, block.shape[0]) * gain
        return total


def _take(ready: deque[Audio], frames: int, channels: int) -> Audio:
    parts = [np.zeros((channels, 0), np.float32)]
    while frames > 0:
        part = ready.popleft()
        parts.append(part[:, :frames])
        if part.shape[1] > frames:
            ready.appendleft(part[:, frames:])
        frames -= parts[-1].shape[1]
    return np.concatenate(parts, axis=1)
