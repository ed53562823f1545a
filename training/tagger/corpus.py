"""The corpus: pictures of sounds, damaged and as they are, in files that training maps into memory.

One example is a picture (`daemon.engines.classifier.picture`), its class, and the source that is left out as a whole
when packs are left out.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np

from daemon.engines.classifier.classes import CLASSES
from daemon.engines.classifier.image import BANDS, FRAMES, RATE_HZ, from_attack
from daemon.engines.classifier.picture import PLANES, picture
from training.tagger.bank import PARTS, Bank
from training.tagger.classes import COARSE
from training.tagger.damage import RINGING_S, SHORTEST_S, as_open_hat, damaged
from training.tagger.mp3 import through_mp3
from training.tagger.sound import Mono, tidy
from training.tagger.voices import VOICES
from training.tagger.voices.dsp import Rng

BATCH = 250
MP3_SHARE = 0.12
OF_CYMBALS = 0.3
"""Of recorded open hats: made of the same source's crashes and rides, for sound fonts hold three open hats in all."""
SYNTHESISED = "synthesised"
RINGING = ("crash", "ride")
"""Cut short they are as an open hat is."""


class Maker:
    """Makes examples of a class, from the bank and from the voices."""

    def __init__(self, bank: Bank | None, rng: Rng, shortest_s: Mapping[str, float] = SHORTEST_S) -> None:
        self._bank = bank
        self._rng = rng
        self._shortest_s = shortest_s
        self._by_source: dict[str, dict[str, list[int]]] = defaultdict(lambda: defaultdict(list))
        if bank is not None:
            for i, (label, source) in enumerate(zip(bank.labels, bank.sources, strict=True)):
                self._by_source[label][source].append(i)

    def synthesised(self, label: str) -> Mono:
        return self._damaged(self._voice(label), label, lambda: self._voice(label))

    def _voice(self, label: str) -> Mono:
        sound = None
        while sound is None:
            voices = VOICES[label]
            sound = tidy(voices[int(self._rng.integers(len(voices)))](self._rng))
        return sound

    def recorded(self, label: str, source: str) -> Mono:
        """A sound of that class and source; what it is layered with is of the same source."""
        assert self._bank is not None
        indices, bank = self._by_source[label][source], self._bank
        cymbals = [i for other in ("crash", "ride") for i in self._by_source[other].get(source, [])]
        of_cymbals = label == "open-hat" and cymbals and self._rng.random() < OF_CYMBALS

        def pick() -> Mono:
            if of_cymbals:
                return as_open_hat(self._rng, bank.audio(int(self._rng.choice(cymbals))))
            return bank.audio(int(self._rng.choice(indices)))

        return self._damaged(pick(), label, pick)

    def sources(self, label: str) -> dict[str, int]:
        return {source: len(indices) for source, indices in self._by_source[label].items()}

    def _damaged(self, sound: Mono, label: str, again: Callable[[], Mono]) -> Mono:
        # what bleeds in is always synthesised, so that no left-out pack comes in by this door
        def other() -> Mono:
            return self._voice(str(self._rng.choice(CLASSES)))

        return damaged(self._rng, sound, label, other, again, self._shortest_s)


def plan(maker: Maker, rng: Rng, label: str, synthesised: int, recorded: int) -> list[str]:
    """Which source each example of a class is made from: a source counts by the root of how many sounds it has.
    Percussion, which is told apart by less, gets half as many again."""
    if label in COARSE:
        synthesised, recorded = synthesised * 3 // 2, recorded * 3 // 2
    sources = maker.sources(label)
    if not recorded or not sources:
        return [SYNTHESISED] * synthesised
    names = list(sources)
    weights = np.sqrt([sources[name] for name in names])
    picked = rng.choice(names, recorded, p=weights / weights.sum())
    return [SYNTHESISED] * synthesised + [str(name) for name in picked]


def write(
    folder: Path,
    part: str,
    seed: int,
    synthesised: int,
    recorded: int,
    banks: tuple[str, ...] = PARTS,
    ringing: bool = False,
) -> None:
    """`part`.f16 (n, PLANES, BANDS, FRAMES) float16 and `part`.json ([label index, source] of each), damaged.
    ringing: RINGING alone, which nobody cut."""
    rng = np.random.default_rng(seed)
    maker = Maker(Bank(folder, banks) if recorded else None, rng, RINGING_S if ringing else SHORTEST_S)
    classes = RINGING if ringing else CLASSES
    order = [(label, source) for label in classes for source in plan(maker, rng, label, synthesised, recorded)]
    rng.shuffle(order)
    rows: list[tuple[int, str]] = []
    with (folder / f"{part}.f16").open("wb") as file:
        for start in range(0, len(order), BATCH):
            made = []
            for label, source in order[start : start + BATCH]:
                audio = maker.synthesised(label) if source == SYNTHESISED else maker.recorded(label, source)
                made.append(_finite(audio))
                rows.append((CLASSES.index(label), str(source)))
            chosen = np.flatnonzero(rng.random(len(made)) < MP3_SHARE)
            for i, audio in zip(chosen, through_mp3(rng, [made[i] for i in chosen]), strict=True):
                made[i] = audio
            for audio in made:
                file.write(picture(from_attack(audio, RATE_HZ)).tobytes())
            if start // BATCH % 4 == 0:
                print(f"  {part}: {start} of {len(order)}", flush=True)
    (folder / f"{part}.json").write_text(json.dumps(rows))


def write_clean(folder: Path) -> None:
    """clean.f16 and clean.json: every sound of the bank as it is."""
    bank = Bank(folder)
    with (folder / "clean.f16").open("wb") as file:
        for i in range(len(bank)):
            file.write(picture(from_attack(bank.audio(i), RATE_HZ)).tobytes())
    rows = [(CLASSES.index(label), source) for label, source in zip(bank.labels, bank.sources, strict=True)]
    (folder / "clean.json").write_text(json.dumps(rows))


def _finite(audio: Mono) -> Mono:
    peak = float(np.abs(audio).max(initial=0.0))
    return audio / np.float32(peak) if np.isfinite(peak) and peak > 0 else np.zeros(2000, np.float32)


def read(folder: Path, part: str) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """(pictures mapped (n, PLANES, BANDS, FRAMES), classes (n,), sources (n,))."""
    rows = json.loads((folder / f"{part}.json").read_text())
    pictures = np.memmap(folder / f"{part}.f16", np.float16, "r", shape=(len(rows), PLANES, BANDS, FRAMES))
    return pictures, np.array([row[0] for row in rows]), np.array([row[1] for row in rows])
