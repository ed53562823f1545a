"""What is read of a file: its picture, its measures, and whether it is one sound or a loop."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from daemon.audio.reader import open_audio
from daemon.engines.classifier.image import PRE_S, SILENT, Mono, from_attack, mono
from daemon.engines.classifier.kind import ONE_SHOT, hits, kind_of
from daemon.engines.classifier.measures import Measures, measure
from daemon.engines.classifier.picture import picture
from daemon.engines.protocol import Sound

READ_S = 8.0  # of a file: its class is heard at its beginning, and a loop within two bars
_HITS = 8  # of a loop, that are looked at one by one: the network knows single sounds, and many at once are "fx" to it


@dataclass(frozen=True, slots=True)
class Heard:
    """pictures: (PLANES, BANDS, FRAMES) each; one for a one-shot, one for each of some hits of a loop, none for
    silence."""

    pictures: list[NDArray[np.float16]]
    measures: Measures | None
    kind: str


def read(path: Path) -> Sound:
    """The beginning of a file. Raises what opening a file raises."""
    with open_audio(path) as audio:
        # one block holds what is wanted; the rest of a long file is never decoded
        start = next(
            audio.blocks(max(int(READ_S * audio.rate_hz), 1)), np.zeros((audio.channels, 0), np.float32)
        )
        return Sound(start, audio.rate_hz, audio.frames / audio.rate_hz)


def hear(given: Sound, kind: str | None) -> Heard:
    """kind: "one-shot" or "loop" where that is known."""
    rate_hz, samples = given.rate_hz, given.audio[:, : int(READ_S * given.rate_hz)]
    sound = mono(samples)
    measures = measure(samples, rate_hz)
    if measures is None or np.abs(sound).max(initial=0.0) < SILENT:
        return Heard([], None, kind or ONE_SHOT)
    kind = kind or kind_of(sound, rate_hz, given.length_s)
    parts = [sound] if kind == ONE_SHOT else _of_loop(sound, rate_hz)
    heard = [part for part in parts if np.abs(part).max(initial=0.0) >= SILENT]
    return Heard([picture(from_attack(part, rate_hz)) for part in heard], measures, kind)


def _of_loop(sound: Mono, rate_hz: int) -> list[Mono]:
    """Its hits; of one in which nothing begins anew, such as a pad, some places along the way."""
    return hits(sound, rate_hz, _HITS, PRE_S) or [sound[i * sound.size // 5 :] for i in range(4)]
