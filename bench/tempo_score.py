"""Compositions whose tempo, bars, beats and key are known: what `tempo_songs` plays. Frozen.

Styles differ in what makes a tempo hard to hear: half-time and double-time backbeats, swing, shuffles, breakbeats,
other metres, songs without drums, and players who speed up and slow down. Keys come in seven modes; a mode counts
as major or minor by its third. Changing anything here changes what the figures mean: add a style instead.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

Rng = np.random.Generator

MODES = {
    "major": (0, 2, 4, 5, 7, 9, 11),
    "minor": (0, 2, 3, 5, 7, 8, 10),
    "harmonic-minor": (0, 2, 3, 5, 7, 8, 11),
    "dorian": (0, 2, 3, 5, 7, 9, 10),
    "mixolydian": (0, 2, 4, 5, 7, 9, 10),
    "phrygian": (0, 1, 3, 5, 7, 8, 10),
    "lydian": (0, 2, 4, 6, 7, 9, 11),
}
PROGRESSIONS = {
    "major": ((0, 4, 5, 3), (0, 5, 3, 4), (0, 3, 4, 3), (5, 3, 0, 4), (1, 4, 0, 0), (0, 0, 3, 4), (3, 4, 2, 5)),
    "minor": ((0, 5, 2, 6), (0, 3, 5, 6), (0, 6, 5, 6), (5, 6, 0, 0), (0, 2, 6, 3), (0, 0, 5, 6), (0, 3, 0, 4)),
    "harmonic-minor": ((0, 3, 4, 0), (0, 5, 3, 4), (0, 0, 4, 0), (3, 0, 4, 0)),
    "dorian": ((0, 3), (0, 0, 3, 3), (0, 2, 3, 0), (0, 6, 3, 0)),
    "mixolydian": ((0, 6, 3, 0), (0, 3, 6, 3), (0, 6), (0, 0, 6, 3)),
    "phrygian": ((0, 1), (0, 1, 2, 1), (0, 0, 1, 6)),
    "lydian": ((0, 1), (0, 0, 1, 1), (0, 1, 4, 0)),
}
SHARP = ("C", "Db", "D", "Eb", "E", "F", "F#", "G", "Ab", "A", "Bb", "B")
FLAT = ("Cm", "C#m", "Dm", "Ebm", "Em", "Fm", "F#m", "Gm", "G#m", "Am", "Bbm", "Bm")


@dataclass(frozen=True)
class Style:
    """patterns: bars of `beats * steps` steps, one string a drum, X accented, x plain, o soft. bpm: where the style
    is at home. swing: how late every second step comes, in steps. drums: chance that there are any."""

    bpm: tuple[int, int]
    patterns: tuple[dict[str, str], ...]
    beats: int = 4
    steps: int = 4
    swing: tuple[float, float] = (0.0, 0.0)
    walking: bool = False
    drums: float = 1.0


_OFF, _EIGHTS, _SIXTEENTHS = "..x...x...x...x.", "x.o.x.o.x.o.x.o.", "xoxoxoxoxoxoxoxo"
STYLES = {
    "pop": Style((84, 132), (
        {"kick": "X.......X.......", "snare": "....X.......X...", "closed-hat": _EIGHTS},
        {"kick": "X.....x.X.......", "snare": "....X.......X...", "closed-hat": _EIGHTS},
        {"kick": "X..x..x.X.......", "clap": "....X.......X...", "closed-hat": _EIGHTS, "open-hat": "..............x."},
    )),
    "rock": Style((96, 170), (
        {"kick": "X.......X.x.....", "snare": "....X.......X...", "closed-hat": _EIGHTS},
        {"kick": "X...x.x.X.......", "snare": "....X.......X...", "ride": "X...x...X...x..."},
        {"kick": "X.x.....X.x.....", "snare": "....X.......X...", "open-hat": "x...x...x...x..."},
    )),
    "half-time": Style((120, 178), (
        {"kick": "X...............", "snare": "........X.......", "closed-hat": _EIGHTS},
        {"kick": "X.....x...x.....", "snare": "........X.......", "closed-hat": _EIGHTS},
        {"kick": "X..x..........x.", "snare": "........X.......", "ride": "x...x...x...x..."},
    )),
    "trap": Style((124, 170), (
        {"kick": "X.....x...x.....", "clap": "........X.......", "closed-hat": "x.x.x.x.x.xxx.x."},
        {"kick": "X..x......x..x..", "snare": "........X.......", "closed-hat": "x.x.xxx.x.x.x.xx"},
    )),
    "double-time": Style((76, 112), (
        {"kick": "X...X...X...X...", "snare": "..X...X...X...X.", "closed-hat": "x.x.x.x.x.x.x.x."},
        {"kick": "X.......X.......", "snare": "..X...X...X...X.", "ride": "x.x.x.x.x.x.x.x."},
    )),
    "house": Style((116, 130), (
        {"kick": "X...X...X...X...", "clap": "....X.......X...", "open-hat": _OFF},
        {"kick": "X...X...X...X...", "closed-hat": _SIXTEENTHS, "open-hat": _OFF},
        {"kick": "X...X...X...X...", "closed-hat": _OFF},
    )),
    "techno": Style((124, 145), (
        {"kick": "X...X...X...X...", "closed-hat": _OFF, "rim": "...x..x....x..x."},
        {"kick": "X...X...X...X...", "shaker": _SIXTEENTHS, "clap": "....X.......X..."},
    )),
    "hiphop": Style((78, 102), (
        {"kick": "X......x..x.....", "snare": "....X.......X...", "closed-hat": _EIGHTS},
        {"kick": "X.x....x..x..x..", "snare": "....X.......X...", "closed-hat": _SIXTEENTHS},
    ), swing=(0.1, 0.34)),
    "funk": Style((88, 116), (
        {"kick": "X.x....x..x.....", "snare": "....X..o.o..X..o", "closed-hat": _SIXTEENTHS},
        {"kick": "X..x..x...x..x..", "snare": "....X..o.o..X...", "closed-hat": _SIXTEENTHS},
    ), swing=(0.0, 0.15)),
    "break": Style((92, 178), (
        {"kick": "X.x.......xx....", "snare": "....X..o.o..X..o", "closed-hat": _EIGHTS},
        {"kick": "X.x.......x.....", "snare": "....X..o.o....X.", "ride": _EIGHTS},
        {"kick": "X..x......xx....", "snare": "....X..o.o..X.o.", "closed-hat": _EIGHTS},
    )),
    "two-step": Style((158, 178), (
        {"kick": "X.........x.....", "snare": "....X.......X...", "closed-hat": _EIGHTS},
        {"kick": "X.........x.....", "snare": "....X..o.o..X..o", "closed-hat": "x.x.x.x.x.x.x.x."},
    )),
    "swing": Style((96, 180), (
        {"ride": "x..x.xx..x.x", "closed-hat": "...x.....x..", "kick": "o..o..o..o.."},
        {"ride": "x..x.xx..x.x", "rim": ".........x..", "closed-hat": "...x.....x.."},
    ), steps=3, walking=True),
    "shuffle": Style((76, 140), (
        {"kick": "X.....X.....", "snare": "...X.....X..", "closed-hat": "x.ox.ox.ox.o"},
        {"kick": "X....xX.....", "snare": "...X.....X..", "ride": "x.ox.ox.ox.o"},
    ), steps=3),
    "slow-twelve": Style((60, 84), (
        {"kick": "X.....X....x", "snare": "...X.....X..", "closed-hat": "xooxooxooxoo"},
    ), steps=3),
    "waltz": Style((80, 176), (
        {"kick": "X...........", "snare": "....x...x...", "closed-hat": "x...x...x..."},
        {"kick": "X...........", "rim": "....x...x...", "ride": "x.o.x.o.x.o."},
    ), beats=3, drums=0.8),
    "ballad": Style((60, 88), (
        {"kick": "X.........x.....", "rim": "....x.......x...", "closed-hat": _EIGHTS},
        {"kick": "X.......X.......", "snare": "....X.......X...", "ride": _EIGHTS},
    ), drums=0.6),
    "bossa": Style((110, 150), (
        {"kick": "X.....x.X.....x.", "rim": "X.....x.....x...", "shaker": _EIGHTS},
    )),
    "one-drop": Style((64, 90), (
        {"kick": "........X.......", "rim": "........X.......", "closed-hat": _EIGHTS},
        {"kick": "X...X...X...X...", "rim": "........X.......", "closed-hat": _EIGHTS},
    )),
    "motown": Style((100, 150), (
        {"kick": "X.....x.X.....x.", "snare": "X...X...X...X...", "tambourine": _EIGHTS},
    )),
    "train": Style((90, 132), (
        {"kick": "X...X...X...X...", "snare": "oxXxoxXxoxXxoxXx"},
    )),
    "no-drums": Style((60, 150), ({"kick": "................"},), drums=0.0),
    # only in the frozen set
    "dembow": Style((88, 104), (
        {"kick": "X...X...X...X...", "snare": "...x..x....x..x.", "closed-hat": _EIGHTS},
    )),
    "afrobeat": Style((96, 124), (
        {"kick": "X.....x...x.....", "snare": "...x..x....x..o.", "shaker": "x.xxx.xxx.xxx.xx",
         "cowbell": "x..x..x...x.x..."},
    )),
    "punk": Style((150, 180), (
        {"kick": "X...x...X...x...", "snare": "....X.......X...", "open-hat": "x.x.x.x.x.x.x.x."},
    )),
    "broken": Style((120, 140), (
        {"kick": "X..x......x.....", "snare": "....X..x....X...", "closed-hat": "..x...x...x.x.x."},
    ), swing=(0.0, 0.3)),
}  # fmt: skip
ONLY_FROZEN = ("dembow", "afrobeat", "punk", "broken")


@dataclass(frozen=True)
class Note:
    start_s: float
    end_s: float
    pitch: int
    velocity: float


@dataclass(frozen=True)
class Hit:
    at_s: float
    drum: str
    velocity: float


@dataclass(frozen=True)
class Score:
    """bpm: beats over time between the first and the last beat. beats_s: every beat; the first is a bar line."""

    style: str
    feel: str  # steady, loose (a person), drifting, rubato
    bpm: float
    beats_per_bar: int
    beats_s: np.ndarray
    key: str
    mode: str
    length_s: float
    hits: list[Hit] = field(default_factory=list)
    notes: dict[str, list[Note]] = field(default_factory=dict)

    @property
    def downbeats_s(self) -> np.ndarray:
        return self.beats_s[:: self.beats_per_bar]


FEELS = {"steady": 0.5, "loose": 0.25, "drifting": 0.1, "rubato": 0.15}


def compose(seed: int, frozen: bool = False) -> Score:
    """The same seed gives the same song, of 22 to 36 seconds. frozen: styles that training has not met as well."""
    rng = np.random.default_rng([seed, 11])
    names = [name for name in STYLES if frozen or name not in ONLY_FROZEN]
    name = str(rng.choice(names))
    style = STYLES[name]
    low, high = style.bpm if rng.random() < 0.55 else (60, 180)
    bpm = float(rng.uniform(low, high))
    bpm = float(round(bpm)) if rng.random() < 0.5 else round(bpm, 2)
    feel = str(rng.choice(list(FEELS), p=list(FEELS.values())))
    bars = max(6, round(rng.uniform(22, 36) * bpm / 60 / style.beats))
    at = _clock(rng, bpm, feel, bars * style.beats)
    mode = str(rng.choice(list(MODES), p=(0.3, 0.26, 0.08, 0.1, 0.12, 0.07, 0.07)))
    tonic = int(rng.integers(12))
    degrees = _degrees(rng, mode, bars)
    beats_s = np.array([at(beat, exact=True) for beat in range(bars * style.beats)])
    third = MODES[mode][2]
    writer = _Writer(rng, style, tonic, MODES[mode], degrees, at)
    return Score(
        name, feel, 60 * (beats_s.size - 1) / float(beats_s[-1] - beats_s[0]), style.beats, beats_s,
        (FLAT if third == 3 else SHARP)[tonic], mode, at(bars * style.beats, exact=True) + 1.5,
        writer.drums(), {"chords": writer.chords(), "bass": writer.bass(), "lead": writer.lead()},
    )  # fmt: skip


Clock = Callable[..., float]


def _clock(rng: Rng, bpm: float, feel: str, beats: int) -> Clock:
    """A function from beat to seconds."""
    begins_s = float(rng.choice([0.0, rng.uniform(0.02, 1.5)]))
    grid = np.arange(beats + 2)
    pace = np.ones(beats + 2)
    if feel == "drifting":  # speeds up or slows down a little, as a band does
        pace += rng.choice([-1, 1]) * rng.uniform(0.01, 0.03) * (grid / beats - 0.5)
    if feel == "rubato":
        turns = rng.uniform(1.5, 5)
        pace += rng.uniform(0.03, 0.09) * np.sin(2 * np.pi * (turns * grid / beats + rng.random()))
        pace += np.convolve(rng.normal(0, 0.02, beats + 2), np.ones(4) / 4, "same")
    spans = 60.0 / bpm * pace / pace[:-2].mean()
    times = begins_s + np.concatenate([[0.0], np.cumsum(spans)])
    loose_s = {"steady": 0.0, "loose": rng.uniform(0.003, 0.012), "drifting": 0.006, "rubato": 0.008}[feel]

    def at(beat: float, exact: bool = False) -> float:
        time_s = float(np.interp(beat, np.arange(times.size), times))
        return time_s if exact else max(0.0, time_s + float(np.clip(rng.normal(0, loose_s), -0.025, 0.025)))

    return at


def _degrees(rng: Rng, mode: str, bars: int) -> list[int]:
    """One chord a bar, or one for two bars: a progression of the mode, or a walk that leaves and comes home."""
    long = 2 if rng.random() < 0.2 else 1

    def line() -> list[int]:
        if rng.random() < 0.3:
            return [0, *(int(d) for d in rng.choice(7, 3, p=(0.18, 0.12, 0.1, 0.2, 0.18, 0.14, 0.08)))]
        table = PROGRESSIONS[mode]
        return list(table[int(rng.integers(len(table)))])

    first, second = line(), line()
    half = bars // 2 // 4 * 4 if rng.random() < 0.5 else bars
    degrees = [
        (first if bar < half else second)[(bar // long) % len(first if bar < half else second)]
        for bar in range(bars)
    ]
    if rng.random() < 0.6:
        degrees[-1] = 0
    return degrees


class _Writer:
    def __init__(
        self, rng: Rng, style: Style, tonic: int, scale: tuple[int, ...], degrees: list[int], at: Clock
    ) -> None:
        self.rng, self.style, self.tonic, self.scale, self.degrees, self.at = (
            rng,
            style,
            tonic,
            scale,
            degrees,
            at,
        )
        self.size = style.beats * style.steps
        self.swing = rng.uniform(*style.swing)
        self.has_drums = rng.random() < style.drums
        self.drums_from = int(rng.choice([0, 0, 0, 2, 4])) if self.has_drums else len(degrees)
        self.busy = rng.uniform(0.2, 0.9)

    def beat(self, bar: int, step: float) -> float:
        late = self.swing if self.style.steps == 4 and int(step) % 2 else 0.0
        return bar * self.style.beats + (step + late) / self.style.steps

    def pitch(self, degree: int, low: int) -> int:
        octave, step = divmod(degree, 7)
        return low + (self.tonic + self.scale[step] - low) % 12 + 12 * octave

    def drums(self) -> list[Hit]:
        rng, hits = self.rng, []
        verse, chorus = (self.style.patterns[int(i)] for i in rng.integers(len(self.style.patterns), size=2))
        fills, crashes = rng.random() < 0.6, rng.random() < 0.6
        for bar in range(self.drums_from, len(self.degrees)):
            pattern = verse if bar < len(self.degrees) // 2 else chorus
            fill = fills and bar % 4 == 3 and rng.random() < 0.6
            for drum, marks in pattern.items():
                for step, mark in enumerate(marks):
                    if mark == "." or (fill and step >= self.size * 3 // 4 and drum != "kick"):
                        continue
                    loud = {"X": 1.0, "x": 0.75, "o": 0.4}[mark]
                    hits.append(Hit(self.at(self.beat(bar, step)), drum, loud * float(rng.uniform(0.85, 1.0))))
            if fill:
                drums = ["snare", "tom", "tom-low"] if rng.random() < 0.6 else ["snare"] * 3
                for i, step in enumerate(range(self.size * 3 // 4, self.size)):
                    hits.append(
                        Hit(self.at(self.beat(bar, step)), drums[min(i, 2)], float(rng.uniform(0.5, 0.9)))
                    )
            if crashes and bar % 8 == self.drums_from % 8:
                hits.append(Hit(self.at(self.beat(bar, 0)), "crash", 0.7))
        return hits

    def chords(self) -> list[Note]:
        rng, notes = self.rng, []
        low, size = int(rng.integers(52, 62)), 4 if rng.random() < 0.3 else 3
        beats = self.style.beats
        kind = str(
            rng.choice(["held", "quarters", "offbeats", "arpeggio", "push"], p=(0.35, 0.2, 0.15, 0.2, 0.1))
        )
        if not self.has_drums and kind in ("held", "offbeats"):
            kind = "arpeggio" if rng.random() < 0.6 else "quarters"
        spots = {
            "held": [(0.0, float(beats))], "quarters": [(float(b), 0.9) for b in range(beats)],
            "offbeats": [(b + 0.5, 0.4) for b in range(beats)], "push": [(0.0, 1.4), (1.5, beats - 1.6)],
            "arpeggio": [(b / 2, 0.5) for b in range(2 * beats)],
        }[kind]  # fmt: skip
        if kind == "arpeggio" and self.style.steps == 3:
            spots = [(b / 3, 1 / 3) for b in range(3 * beats)]
        for bar, degree in enumerate(self.degrees):
            pitches = sorted(low + (self.pitch(degree + 2 * i, 48) - low) % 12 for i in range(size))
            for i, (start, length) in enumerate(spots):
                chosen = [pitches[i % len(pitches)]] if kind == "arpeggio" else pitches
                begin = self.at(bar * beats + start)
                end = self.at(bar * beats + start + length * 0.97, exact=True)
                loud = float(rng.uniform(0.6, 0.8)) + (0.15 if start == 0 else 0.0)
                notes += [Note(begin, max(end, begin + 0.05), p, loud) for p in chosen]
        return notes

    def bass(self) -> list[Note]:
        rng, notes, beats = self.rng, [], self.style.beats
        low, begins = int(rng.integers(28, 36)), int(rng.choice([0, 0, 2]))
        kind = "walking" if self.style.walking else str(rng.choice(["held", "eighths", "syncopated", "roots"]))
        for bar in range(begins, len(self.degrees)):
            degree = self.degrees[bar]
            root, fifth = (
                self.pitch(degree, low),
                self.pitch(degree, low) + (self.scale[(degree + 4) % 7] - self.scale[degree % 7]) % 12,
            )
            spots: list[tuple[float, float, int]] = {
                "held": [(0.0, beats * 0.95, root)],
                "roots": [(0.0, 1.8, root), (beats / 2 if beats == 4 else 2.0, 0.9, fifth)],
                "eighths": [(b / 2, 0.45, root) for b in range(2 * beats)],
                "syncopated": [
                    (0.0, 0.7, root), (1.5, 0.45, root), (2.5, 0.4, root + 12 if rng.random() < 0.5 else fifth),
                ],
                "walking": [
                    (float(b), 0.9, p)
                    for b, p in enumerate([root, self.pitch(degree + 2, low), fifth, root + 12][:beats])
                ],
            }[kind]  # fmt: skip
            for spot, length, pitch in spots:
                shuffled = self.style.steps == 3 and kind == "eighths" and spot % 1
                start = spot + 1 / 6 if shuffled else spot
                begin, end = self.at(bar * beats + start), self.at(bar * beats + start + length, exact=True)
                notes.append(Note(begin, max(end, begin + 0.06), pitch, float(rng.uniform(0.75, 0.95))))
        return notes

    def lead(self) -> list[Note]:
        """A motif of two bars, varied; strong beats prefer notes of the chord."""
        rng, beats = self.rng, self.style.beats
        if rng.random() < 0.25:
            return []
        low = int(rng.integers(58, 70))
        unit = 1 / 3 if self.style.steps == 3 else 0.5
        rhythm, spot = [], 0.0
        while spot < 2 * beats:
            length = float(rng.choice([unit, 2 * unit if unit == 0.5 else 1.0, 2.0], p=(0.45, 0.4, 0.15)))
            rhythm.append((spot, length, rng.random() < self.busy))
            spot += length
        notes, step = [], int(rng.integers(0, 7))
        for bar in range(0, len(self.degrees) - 1, 2):
            for start, length, sounds in rhythm:
                here = bar + int(start // beats)
                if not sounds or here >= len(self.degrees) or start + length > 2 * beats:
                    continue
                step = int(np.clip(step + rng.integers(-2, 3), -1, 9))
                if start % 1 == 0 and rng.random() < 0.6:
                    tones = [self.degrees[here] + i for i in (0, 2, 4, 7, 9)]
                    step = min(tones, key=lambda d: abs(d - step))
                begin = self.at(bar * beats + start)
                end = self.at(bar * beats + start + 0.9 * length, exact=True)
                notes.append(
                    Note(begin, max(end, begin + 0.05), self.pitch(step, low), float(rng.uniform(0.6, 0.9)))
                )
        return notes
