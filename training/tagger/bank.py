"""The bank: every sound that is recorded or rendered, once, in one file, with an index beside it."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from pathlib import Path

import numpy as np

from training.tagger import drumsynth, fonts, marching, packs, patches, presets, speech, stk, zyn
from training.tagger.sound import Mono, Sound

SCALE = 32000.0
PARTS = (*fonts.FONTS, "presets", "others", "packs")


def gather(part: str, seed: int) -> Iterator[Sound]:
    """The sounds of one part, so that parts can be made side by side: a font, the presets that LMMS plays, the other
    free material, real packs."""
    rng = np.random.default_rng(seed)
    if part in fonts.FONTS:
        yield from fonts.sounds(part, seed)
        if part == "musescore":
            yield from marching.sounds(fonts.FONTS[part][0])
    elif part == "presets":
        yield from zyn.sounds(rng)
        yield from presets.sounds(rng)
    elif part == "others":
        yield from patches.sounds(rng)
        yield from drumsynth.sounds(rng, variants=4)
        yield from speech.sounds(rng, 400)
        yield from stk.sounds(rng)
    else:
        for pack in ("lmms", "gmrock", "tr808"):
            yield from packs.sounds(pack)


def write(folder: Path, part: str, sounds: Iterable[Sound]) -> None:
    """bank-PART.i16 (all samples after each other) and .json (label, source, pitched, start, length of each)."""
    folder.mkdir(parents=True, exist_ok=True)
    index, at, seen = [], 0, set()
    with (folder / f"bank-{part}.i16").open("wb") as file:
        for sound in sounds:
            data = np.round(np.clip(sound.audio, -1, 1) * SCALE).astype("<i2")
            key = (sound.label, *_likeness(data))
            if key in seen:
                continue  # kits of one font share most of their sounds
            seen.add(key)
            file.write(data.tobytes())
            index.append([sound.label, sound.source, sound.pitched, at, data.size])
            at += data.size
    (folder / f"bank-{part}.json").write_text(json.dumps(index))


def _likeness(data: np.ndarray) -> tuple[int, ...]:
    """Equal for renders of the same sample at the same velocity."""
    parts = np.array_split(np.abs(data.astype(np.float64)), 24)
    levels = [20 * np.log10(part.mean() + 1) if part.size else 0 for part in parts]
    return (data.size // 200, *np.round(levels, 0).astype(int).tolist())


class Bank:
    """Reads what `write` wrote; samples stay in the files."""

    def __init__(self, folder: Path, parts: Iterable[str] = PARTS) -> None:
        self.labels: list[str] = []
        self.sources: list[str] = []
        self._spans: list[tuple[np.ndarray, int, int]] = []
        for part in parts:
            data = np.memmap(folder / f"bank-{part}.i16", "<i2", "r")
            for label, source, _, start, length in json.loads((folder / f"bank-{part}.json").read_text()):
                self.labels.append(label)
                self.sources.append(source)
                self._spans.append((data, start, length))

    def __len__(self) -> int:
        return len(self.labels)

    def audio(self, i: int) -> Mono:
        data, start, length = self._spans[i]
        return np.asarray(data[start : start + length], np.float32) / np.float32(SCALE)
