"""What is read of a file: its picture, its measures, and whether it is one sound or a loop."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from daemon.audio.reader import open_audio
from daemon.engines.classifier.image import SILENT, from_attack, image, mono
from daemon.engines.classifier.kind import kind_of
from daemon.engines.classifier.measures import Measures, measure
from daemon.engines.protocol import Sound

READ_S = 8.0  # of a file: its class is heard at its beginning, and a loop within two bars


@dataclass(frozen=True, slots=True)
class Heard:
    """pictures: (n, BANDS, FRAMES), one for a one-shot, some along the way for a loop; none for silence."""

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
        return Heard([], None, kind or "one-shot")
    kind = kind or kind_of(sound, rate_hz, given.length_s)
    starts = [0] if kind == "one-shot" else [0, sound.size // 5, 2 * sound.size // 5, 3 * sound.size // 5]
    pictures = []
    for start in starts:
        part = sound[start:]
        if np.abs(part).max(initial=0.0) >= SILENT:
            pictures.append(image(from_attack(part, rate_hz)))
    return Heard(pictures, measures, kind)
