"""Writes a song: intro, verse, chorus and a last chord, with a melody of repeated motifs over a progression."""

from __future__ import annotations

import numpy as np

from daemon.demo.score import DrumHit, Score, SongNote
from daemon.demo.styles import STRENGTH, STYLES, TUNES, Style
from daemon.demo.theory import MAJOR_PROGRESSIONS, MINOR_PROGRESSIONS, Key, nearest, voicing

STEPS = 16  # sixteenths in a bar of four beats
TAIL_S = 2.2
VOWELS = ("a", "o", "e", "u", "i")


class Grid:
    """Turns (bar, sixteenth) into seconds, with swing and the small irregularity of a person."""

    def __init__(self, tempo_bpm: float, swing: float, rng: np.random.Generator, start_s: float = 0.05) -> None:
        self.step_s = 60 / tempo_bpm / 4
        self._swing = swing
        self._rng = rng
        self._start_s = start_s

    def at(self, bar: int, step: float, loose_s: float = 0.0) -> float:
        late = self._swing * self.step_s if int(step) % 2 else 0.0
        shift = float(np.clip(self._rng.normal(0, loose_s), -2 * loose_s, 2 * loose_s)) if loose_s else 0.0
        return self._start_s + (bar * STEPS + step) * self.step_s + late + shift


def compose(seed: int, style: str | None = None, length_s: float = 22.0) -> Score:
    """A song of about `length_s` seconds (whole bars, six at least). style: a name of STYLES, or by the seed.

    The same arguments always give the same song.
    """
    rng = np.random.default_rng([seed, 1])
    chosen = STYLES[style or list(STYLES)[seed % len(STYLES)]]
    tempo_bpm = float(rng.integers(chosen.tempo_bpm[0], chosen.tempo_bpm[1] + 1))
    key = Key(int(rng.integers(12)), bool(rng.random() < 0.5))
    bars = max(6, round((length_s - TAIL_S) / (60 / tempo_bpm * 4)))
    sections = _sections(bars)
    progressions = MINOR_PROGRESSIONS if key.minor else MAJOR_PROGRESSIONS
    degrees = _degrees(rng, progressions, sections)
    grid = Grid(tempo_bpm, chosen.swing, rng)
    return Score(
        style=chosen.name,
        tempo_bpm=tempo_bpm,
        beats_per_bar=4,
        key=key.name,
        length_s=grid.at(bars, 0) + TAIL_S,
        drums=_drums(rng, chosen, sections, grid),
        bass=_bass(rng, chosen, sections, key, degrees, grid),
        chords=_chords(rng, chosen, sections, key, degrees, grid),
        lead=_lead(rng, sections, key, degrees, grid),
    )


def _sections(bars: int) -> list[str]:
    intro = 2 if bars >= 9 else 1
    rest = bars - 1 - intro
    verse = rest // 2
    return ["intro"] * intro + ["verse"] * verse + ["chorus"] * (rest - verse) + ["end"]


def _degrees(
    rng: np.random.Generator, progressions: tuple[tuple[int, ...], ...], sections: list[str]
) -> list[int]:
    """One chord a bar: one progression for the verse, another for the chorus, home at the end."""
    verse, chorus = (progressions[i] for i in rng.permutation(len(progressions))[:2])
    degrees = []
    first = {name: sections.index(name) for name in dict.fromkeys(sections)}
    for bar, name in enumerate(sections):
        loop = chorus if name == "chorus" else verse
        degrees.append(0 if name == "end" else loop[(bar - first[name]) % 4])
    return degrees


def _drums(rng: np.random.Generator, style: Style, sections: list[str], grid: Grid) -> tuple[DrumHit, ...]:
    hits = []
    for bar, name in enumerate(sections):
        opens = bar > 0 and sections[bar - 1] != name
        if opens:
            hits.append(DrumHit(grid.at(bar, 0), "crash", 0.75))
        if name == "end":
            hits.append(DrumHit(grid.at(bar, 0), "kick", 0.95))
            continue
        fill = bar + 1 < len(sections) and sections[bar + 1] != name
        for drum, pattern in (style.chorus if name == "chorus" else style.verse).items():
            if name == "intro" and bar == 0 and drum not in ("closed-hat", "kick", "rim"):
                continue
            hits += _hits(rng, bar, drum, pattern[:12] + "...." if fill and drum != "kick" else pattern, grid)
        if fill:
            hits += _fill(rng, bar, grid)
    return tuple(sorted(hits, key=lambda hit: hit.start_s))


def _hits(rng: np.random.Generator, bar: int, drum: str, pattern: str, grid: Grid) -> list[DrumHit]:
    return [
        DrumHit(grid.at(bar, step, 0.003), drum, float(np.clip(STRENGTH[mark] * rng.normal(1, 0.07), 0.15, 1)))
        for step, mark in enumerate(pattern)
        if mark != "."
    ]


def _fill(rng: np.random.Generator, bar: int, grid: Grid) -> list[DrumHit]:
    drums = [
        ("snare", "snare", "tom", "tom-low"),
        ("snare", "snare", "snare", "snare"),
        ("tom", "tom", "tom-low", "tom-low"),
    ]
    chosen = drums[int(rng.integers(len(drums)))]
    return [DrumHit(grid.at(bar, 12 + i, 0.003), drum, 0.6 + 0.1 * i) for i, drum in enumerate(chosen)]


def _bass(
    rng: np.random.Generator, style: Style, sections: list[str], key: Key, degrees: list[int], grid: Grid
) -> tuple[SongNote, ...]:
    verse, chorus = (style.bass[i] for i in rng.permutation(len(style.bass))[:2])
    centre = float(rng.uniform(33, 40))
    notes = []
    for bar, name in enumerate(sections):
        root = nearest(key.pitch_class(degrees[bar]), centre)
        if name == "intro" and bar == 0:
            continue
        if name == "end":
            notes.append(SongNote(grid.at(bar, 0), grid.at(bar, STEPS), root, 0.9))
            continue
        after = nearest(key.pitch_class(degrees[bar + 1]), centre)
        pattern = chorus if name == "chorus" else verse
        for step, length in _spans(pattern):
            pitch = {"r": root, "f": root + 7, "o": root + 12, "a": after - (1 if after > root else -2)}[
                pattern[step]
            ]
            velocity = float(np.clip(rng.normal(0.92 if step % 4 == 0 else 0.78, 0.06), 0.4, 1))
            start_s = grid.at(bar, step, 0.004)
            end_s = grid.at(bar, step + length) - 0.02
            notes.append(SongNote(start_s, max(end_s, start_s + 0.06), pitch, velocity))
    return tuple(notes)


def _spans(pattern: str) -> list[tuple[int, int]]:
    """(step, length in steps) of each note: a letter begins it, dashes hold it."""
    spans = []
    for step, mark in enumerate(pattern):
        if mark in ".-":
            continue
        held = len(pattern[step + 1 :]) - len(pattern[step + 1 :].lstrip("-"))
        spans.append((step, 1 + held))
    return spans


def _chords(
    rng: np.random.Generator, style: Style, sections: list[str], key: Key, degrees: list[int], grid: Grid
) -> tuple[SongNote, ...]:
    verse, chorus = (style.chords[i] for i in rng.permutation(len(style.chords))[:2])
    centre = float(rng.uniform(57, 64))
    strum_s = float(rng.uniform(0, 0.012))
    notes = []
    for bar, name in enumerate(sections):
        pitches = voicing(key.chord(degrees[bar], style.chord_size), centre)
        pattern = {"chorus": chorus, "end": "X" + "-" * (STEPS - 1)}.get(name, verse)
        for step, length in _spans(pattern):
            start_s = grid.at(bar, step, 0.004)
            end_s = grid.at(bar, step + length) - 0.01
            velocity = STRENGTH.get(pattern[step], 0.7) * (0.85 if name == "intro" else 1.0)
            for i, pitch in enumerate(pitches):
                touch = float(np.clip(velocity * rng.normal(0.95, 0.05), 0.2, 1))
                notes.append(SongNote(start_s + i * strum_s, max(end_s, start_s + 0.1), pitch, touch))
    return tuple(notes)


def _lead(
    rng: np.random.Generator, sections: list[str], key: Key, degrees: list[int], grid: Grid
) -> tuple[SongNote, ...]:
    """A motif of two bars for the verse and one for the chorus, each repeated, fitted to the chords."""
    low = int(rng.integers(55, 65))
    verse, chorus = (TUNES[i] for i in rng.permutation(len(TUNES))[:2])
    moves = {name: rng.integers(-2, 3, size=32) for name in ("verse", "chorus")}
    notes: list[SongNote] = []
    for bar, name in enumerate(sections):
        scale = key.pitches(low + (3 if name == "chorus" else 0), low + (15 if name == "chorus" else 12))
        if name == "end":
            home = nearest(key.tonic, notes[-1].pitch if notes else low + 6)
            notes.append(SongNote(grid.at(bar, 0), grid.at(bar, 12), home, 0.85, "a"))
        if name not in moves:
            continue
        half = (bar - sections.index(name)) % 2
        rhythm = (chorus if name == "chorus" else verse)[half * STEPS : (half + 1) * STEPS]
        chord = key.chord(degrees[bar], 3)
        place = len(scale) // 2 + int(moves[name][half])
        for step, length in _spans(rhythm):
            place = int(np.clip(place + moves[name][half * STEPS + step], 0, len(scale) - 1))
            pitch = scale[place]
            if step % 4 == 0 or length >= 4:
                pitch = min((p for p in scale if p % 12 in chord), key=lambda p: abs(p - pitch))
                place = scale.index(pitch)
            start_s = grid.at(bar, step, 0.006)
            velocity = float(np.clip(rng.normal(0.9 if step % 4 == 0 else 0.78, 0.05), 0.4, 1))
            vowel = VOWELS[int(rng.integers(len(VOWELS)))]
            notes.append(SongNote(start_s, grid.at(bar, step + length) - 0.015, pitch, velocity, vowel))
    return _without_overlap(notes)


def _without_overlap(notes: list[SongNote]) -> tuple[SongNote, ...]:
    """One voice: a note ends where the next begins at the latest."""
    ends = [following.start_s for following in notes[1:]] + [float("inf")]
    return tuple(
        SongNote(n.start_s, min(n.end_s, end_s), n.pitch, n.velocity, n.vowel)
        for n, end_s in zip(notes, ends, strict=True)
    )
