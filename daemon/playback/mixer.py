"""Voices added up into blocks. Runs in the audio system's thread: nothing here waits, opens or decodes."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

Block = NDArray[np.float32]
"""(frames, channels) float32, full scale 1."""

MAX_VOICES = 32
FADE_FRAMES = 256
"""About 5 ms: quick enough for a pad, slow enough not to click. It may take several blocks."""
_FADE = np.linspace(1.0, 0.0, FADE_FRAMES, dtype=np.float32)[:, None]


class Voice(Protocol):
    def read(self, frames: int) -> Block | None:
        """The next frames, fewer when they are not there yet; None at the end."""
        ...


class Sample:
    """A sound in memory, from its start."""

    def __init__(self, sound: Block) -> None:
        self._sound = sound
        self._at = 0

    def read(self, frames: int) -> Block | None:
        part = self._sound[self._at : self._at + frames]
        self._at += len(part)
        return part if len(part) else None


class Stream:
    """A sound that a thread decodes ahead: `feed` gives it blocks, `end` says that there are no more. asked_for: set as
    soon as the output wants some of it, which is when it can be heard."""

    def __init__(self) -> None:
        self._blocks: list[Block] = []
        self._over = False
        self._lock = threading.Lock()
        self.waiting_frames = 0
        self.asked_for = threading.Event()

    def feed(self, block: Block) -> None:
        with self._lock:
            self._blocks.append(block)
            self.waiting_frames += len(block)

    def end(self) -> None:
        self._over = True

    def read(self, frames: int) -> Block | None:
        self.asked_for.set()
        parts: list[Block] = []
        need = frames
        with self._lock:
            while need and self._blocks:
                first = self._blocks[0]
                parts.append(first[:need])
                if len(first) <= need:
                    self._blocks.pop(0)
                else:
                    self._blocks[0] = first[need:]
                need -= len(parts[-1])
            self.waiting_frames -= frames - need
        if not parts:
            return None if self._over else np.zeros((0, 2), np.float32)
        return np.concatenate(parts) if len(parts) > 1 else parts[0]


class _Playing:
    def __init__(self, voice: Voice, gain: float) -> None:
        self.voice = voice
        self.gain = gain
        self.leaving = False
        self._faded = 0

    @property
    def silent(self) -> bool:
        """Faded out."""
        return self._faded == FADE_FRAMES

    def read(self, frames: int) -> Block | None:
        """As a Voice's."""
        part = self.voice.read(frames)
        if part is None or not self.leaving:
            return part
        fade = _FADE[self._faded : self._faded + len(part)]
        self._faded += len(fade)
        return part[: len(fade)] * fade


class Mixer:
    """channels: of the output. rendered: how many blocks it has asked for so far. `start` and `silence` may be called
    from any thread."""

    def __init__(self, channels: int = 2) -> None:
        self._channels = channels
        self._lock = threading.Lock()
        self._voices: list[_Playing] = []
        self.rendered = 0

    def start(self, voice: Voice, gain: float = 1.0) -> None:
        """One more than MAX_VOICES takes the place of the oldest."""
        with self._lock:
            sounding = [each for each in self._voices if not each.leaving]
            if len(sounding) >= MAX_VOICES:
                sounding[0].leaving = True
            self._voices.append(_Playing(voice, gain))

    def silence(self, which: Callable[[Voice], bool] = lambda _: True) -> None:
        """Let voices fade out within a few milliseconds."""
        with self._lock:
            for each in self._voices:
                if which(each.voice):
                    each.leaving = True

    @property
    def sounding(self) -> int:
        return len(self._voices)

    def render(self, frames: int) -> Block:
        """The next frames: the sum of all voices, held within full scale."""
        self.rendered += 1
        with self._lock:
            voices = list(self._voices)
        mix = np.zeros((frames, self._channels), np.float32)
        gone: list[_Playing] = []
        for each in voices:
            part = each.read(frames)
            if part is not None:
                mix[: len(part)] += part * np.float32(each.gain)
            if part is None or each.silent:
                gone.append(each)
        if gone:
            with self._lock:
                self._voices = [each for each in self._voices if each not in gone]
        np.clip(mix, -1.0, 1.0, out=mix)
        return mix


def velocity_gain(velocity: int) -> float:
    """MIDI velocity to linear gain: the square, as General MIDI's guidelines advise (40 log10(velocity / 127) dB)."""
    return (min(max(velocity, 0), 127) / 127) ** 2
