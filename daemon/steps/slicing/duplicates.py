"""Of hits that sound alike, the best one stands for all."""

from __future__ import annotations

from dataclasses import dataclass

from daemon.steps.slicing.edges import Edges
from daemon.steps.slicing.likeness import Gallery, Portrait

_MOST_SOUNDS = 400  # so that memory and time stay bounded for hours of audio


@dataclass(frozen=True, slots=True)
class Hit:
    """One onset with its cut. level_db: peak of the attack. before_db: level of what still sounded. usable: long
    enough to be a slice of its own."""

    edges: Edges
    level_db: float
    before_db: float
    portrait: Portrait
    usable: bool
    rate: int

    @property
    def quality(self) -> float:
        """Loud, with little of other sounds under it, and heard to its end: in dB-like points."""
        clean_db = min(self.level_db - self.before_db, 50.0)
        room_s = min((self.edges.end - self.edges.onset) / self.rate, 0.5)
        return self.level_db + 0.7 * clean_db + 20.0 * room_s - (0.0 if self.usable else 200.0)


@dataclass(slots=True)
class Sound:
    """Hits that sound alike: the best of them and how many there are."""

    best: Hit
    count: int = 1


class Sounds:
    """Groups hits as they come, in time order."""

    def __init__(self, same_db: float) -> None:
        self.same_db = same_db
        self.all: list[Sound] = []
        self._gallery = Gallery()

    def add(self, hit: Hit) -> int:
        """Index of the sound that `hit` belongs to. The hit becomes its best if it is better."""
        near, gap_db = self._nearest(hit.portrait)
        if near is None or (gap_db > self.same_db and len(self.all) < _MOST_SOUNDS):
            self.all.append(Sound(hit))
            self._gallery.append(hit.portrait)
            return len(self.all) - 1
        sound = self.all[near]
        sound.count += 1
        if hit.quality > sound.best.quality:
            sound.best = hit
            self._gallery.replace(near, hit.portrait)
        return near

    def _nearest(self, portrait: Portrait) -> tuple[int | None, float]:
        if not self.all:
            return None, 0.0
        gaps = self._gallery.distances_db(portrait)
        near = int(gaps.argmin())
        return near, float(gaps[near])

    def choose(self, most: int) -> tuple[list[int], dict[int, int]]:
        """Indices of the sounds to keep, in time order of their best hit, and for every sound the kept one that
        stands for it. Those heard most often come first, then the cleanest."""
        usable = [i for i, sound in enumerate(self.all) if sound.best.usable]
        ranked = sorted(
            usable, key=lambda i: (min(self.all[i].count, 4), self.all[i].best.quality), reverse=True
        )
        kept = sorted(ranked[:most], key=lambda i: self.all[i].best.edges.start)
        stands: dict[int, int] = {i: i for i in kept}
        for i, sound in enumerate(self.all):
            if i not in stands and kept:
                gaps = self._gallery.distances_db(sound.best.portrait)
                stands[i] = min(kept, key=lambda k: float(gaps[k]))
        return kept, stands
