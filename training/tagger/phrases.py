"""Phrases, as packs hold them beside single notes: strums, licks, arpeggios, stabs and runs, some of them bent or with
vibrato, played by the programs of a sound font.

A network that has heard single notes alone takes a strum for a synth or an effect (`CARD.md`)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import mido
import numpy as np

from training.tagger.classes import COMPASS, PROGRAMS
from training.tagger.fonts import BANKS, DRUM_BANK, FONTS, Timed, presets, rendered, song_of
from training.tagger.sound import Sound, tidy
from training.tagger.voices.dsp import Rng, log_uniform

OF_PROGRAM, OF_VARIATION = 6, 2  # phrases of a program of bank 0, of one of another bank
_LONGEST_S, _APART_S, _FIRST_S = (
    3.3,
    4.2,
    0.5,
)  # of a phrase; from one's beginning to the next one's; of the song
_TOGETHER = 200  # phrases in one run of fluidsynth
_SCALES = ((0, 2, 4, 5, 7, 9, 11), (0, 2, 3, 5, 7, 8, 10), (0, 3, 5, 7, 10), (0, 2, 4, 7, 9))
_CHORDS = (
    (0, 4, 7), (0, 3, 7), (0, 4, 7, 11), (0, 3, 7, 10), (0, 4, 7, 12), (0, 3, 7, 12), (0, 7, 12), (0, 5, 7),
    (0, 4, 7, 10, 14), (0, 3, 7, 10, 14),
)  # fmt: skip
_BENT = frozenset({"bass", "guitar", "synth", "brass", "woodwind", "strings", "vocal"})
_FULLY_BENT = 8191  # two semitones, as General MIDI has it


@dataclass(frozen=True, slots=True)
class Note:
    """start_s: from the phrase's beginning. number: MIDI. velocity: MIDI."""

    start_s: float
    number: int
    velocity: int
    held_s: float


@dataclass(frozen=True, slots=True)
class Phrase:
    """bends: (seconds, -_FULLY_BENT.._FULLY_BENT) in the order of time."""

    notes: tuple[Note, ...]
    bends: tuple[tuple[float, int], ...] = ()


@dataclass(frozen=True, slots=True)
class _Hand:
    """Who plays: from which note, on which chord, how hard."""

    rng: Rng
    root: int
    chord: tuple[int, ...]
    velocity: int

    def note(self, start_s: float, number: int, held_s: float) -> Note:
        return Note(start_s, number, int(np.clip(self.velocity + self.rng.normal(0, 8), 20, 127)), held_s)


def sounds(name: str, seed: int) -> Iterator[Sound]:
    """Phrases of each program of the font whose class has notes."""
    rng = np.random.default_rng(seed)
    asked: list[tuple[str, int, int, Phrase]] = []
    for bank, program, _ in presets(FONTS[name][0]):
        label = PROGRAMS.get(program)
        if bank == DRUM_BANK or bank not in BANKS or label not in _WAYS:
            continue
        for _ in range(OF_VARIATION if bank else OF_PROGRAM):
            asked.append((label, bank, program, drawn(rng, label)))
    for i in range(0, len(asked), _TOGETHER):
        some = asked[i : i + _TOGETHER]
        song = _song([(bank, program, phrase) for _, bank, program, phrase in some])
        spans = [(_FIRST_S + k * _APART_S, _LONGEST_S + 0.3) for k in range(len(some))]
        for (label, bank, program, _), audio in zip(some, rendered(FONTS[name][0], song, spans), strict=True):
            if (sound := tidy(audio)) is not None:
                yield Sound(label, f"{name}:{bank}:{program}", sound, pitched=True)


def drawn(rng: Rng, label: str) -> Phrase:
    """A phrase that an instrument of a class may play, no longer than _LONGEST_S."""
    low, high = COMPASS[label]
    root = int(rng.integers(low, high - 6))
    chord = tuple(root + step for step in _CHORDS[rng.integers(len(_CHORDS))])
    if label == "guitar" and rng.random() < 0.6:
        chord = (root, root + 7, root + 12, *(note + 12 for note in chord[1:3]))
    hand = _Hand(rng, root, chord, int(rng.integers(45, 118)))
    way = (_strums, _lick, _arpeggio, _stabs, _run)[rng.choice(5, p=_WAYS[label])]
    notes = tuple(
        replace(one, held_s=min(one.held_s, _LONGEST_S - one.start_s - 0.1))
        for one in way(hand)
        if one.start_s < _LONGEST_S - 0.3
    )
    return Phrase(notes, _bends(rng) if label in _BENT else ())


_MANY_STRUMS = (0.35, 0.25, 0.15, 0.15, 0.1)
_WAYS: dict[str, tuple[float, ...]] = {
    "guitar": _MANY_STRUMS, "keys": _MANY_STRUMS, "strings": _MANY_STRUMS, "mallet": _MANY_STRUMS,
    "synth": _MANY_STRUMS, "bass": (0, 0.5, 0.15, 0.1, 0.25), "woodwind": (0.05, 0.5, 0.2, 0.05, 0.2),
    "vocal": (0.3, 0.4, 0.1, 0.1, 0.1), "brass": (0.1, 0.3, 0.1, 0.35, 0.15),
}  # fmt: skip
"""How often each class strums, licks, arpeggiates, stabs and runs."""


def _strums(hand: _Hand) -> Iterator[Note]:
    """A chord whose notes follow each other closely, up or down, once or a few times."""
    rng, times = hand.rng, int(hand.rng.choice([1, 1, 2, 3]))
    apart_s = float(rng.uniform(0.18, 0.7))
    for i in range(times):
        held_s = apart_s * float(rng.uniform(0.1, 1)) if times > 1 else float(rng.choice([0.3, 0.8, 2.0]))
        spread_s = log_uniform(rng, 0.004, 0.09)
        chord = hand.chord if rng.random() < 0.6 else hand.chord[::-1]
        for k, number in enumerate(chord):
            yield hand.note(i * apart_s + k * spread_s, number, max(held_s, 0.06))


def _lick(hand: _Hand) -> Iterator[Note]:
    """Steps of a scale in a rhythm."""
    rng, at_s, degree = hand.rng, 0.0, 0
    scale = _SCALES[rng.integers(len(_SCALES))]
    step_s = float(rng.choice([0.09, 0.125, 0.17, 0.25, 0.35]))
    for _ in range(int(rng.integers(2, 9))):
        length_s = step_s * float(rng.choice([0.5, 1, 1, 1, 2, 3]))
        yield hand.note(at_s, _of(scale, hand.root, degree), length_s * float(rng.uniform(0.3, 1.05)))
        at_s += length_s
        degree += int(rng.integers(-3, 4))


def _arpeggio(hand: _Hand) -> Iterator[Note]:
    rng, step_s = hand.rng, float(hand.rng.uniform(0.07, 0.3))
    rings = rng.random() < 0.5
    notes = (*hand.chord, *(number + 12 for number in hand.chord[:2]))
    for i in range(int(rng.integers(3, 10))):
        yield hand.note(i * step_s, notes[i % len(notes)], 1.2 if rings else 0.9 * step_s)


def _stabs(hand: _Hand) -> Iterator[Note]:
    """The chord, or some of it, again and again, with rests."""
    rng, step_s = hand.rng, float(hand.rng.uniform(0.11, 0.45))
    for i in range(int(rng.integers(2, 7))):
        if i and rng.random() < 0.25:
            continue
        for number in hand.chord[: int(rng.integers(1, len(hand.chord) + 1))]:
            yield hand.note(i * step_s, number, step_s * float(rng.uniform(0.2, 0.95)))


def _run(hand: _Hand) -> Iterator[Note]:
    """Quickly up or down a scale, to a note that may be held."""
    rng, step_s = hand.rng, float(hand.rng.uniform(0.035, 0.12))
    scale, way = _SCALES[rng.integers(len(_SCALES))], int(rng.choice([-1, 1]))
    count = int(rng.integers(4, 16))
    for i in range(count):
        held_s = 1.1 * step_s if i < count - 1 else float(rng.uniform(0.2, 1.2))
        yield hand.note(i * step_s, _of(scale, hand.root, way * i), held_s)


def _of(scale: tuple[int, ...], root: int, degree: int) -> int:
    octave, step = divmod(degree, len(scale))
    return int(np.clip(root + 12 * octave + scale[step], 12, 120))


def _bends(rng: Rng) -> tuple[tuple[float, int], ...]:
    """A glide to the note or from it, vibrato, or most often none."""
    turn = rng.random()
    if turn < 0.3:
        start_s, end_s = sorted(rng.uniform(0, 1.5, 2))
        away = int(rng.choice([-_FULLY_BENT, 4096, _FULLY_BENT]))
        path = np.linspace(away, 0, 21) if rng.random() < 0.6 else np.linspace(0, away, 21)
        times = np.linspace(start_s, end_s, 21)
        return (
            (0.0, round(float(path[0]))),
            *((float(t), round(float(x))) for t, x in zip(times, path, strict=True)),
        )
    if turn < 0.47:
        times = np.arange(0, 3, 0.02)
        rate_hz, depth = rng.uniform(4, 7), rng.uniform(300, 1500)
        wave = depth * np.sin(2 * np.pi * rate_hz * times) * np.minimum(1, 2 * times)
        return tuple((float(t), round(float(x))) for t, x in zip(times, wave, strict=True))
    return ()


def _song(played: list[tuple[int, int, Phrase]]) -> mido.MidiFile:
    """(bank, program, phrase), one after the other."""
    timed: list[Timed] = []

    def put(at_s: float, order: int, kind: str, **values: int) -> None:
        timed.append((round(1000 * at_s), order, mido.Message(kind, **values)))

    for i, (bank, program, phrase) in enumerate(played):
        start_s = _FIRST_S + i * _APART_S
        put(start_s - 0.04, 0, "control_change", control=0, value=bank)
        put(start_s - 0.03, 1, "program_change", program=program)
        put(start_s - 0.02, 2, "pitchwheel", pitch=0)
        for at_s, bend in phrase.bends:
            put(start_s + at_s, 2, "pitchwheel", pitch=bend)
        for note in phrase.notes:
            put(start_s + note.start_s, 4, "note_on", note=note.number, velocity=note.velocity)
            put(start_s + note.start_s + note.held_s, 3, "note_off", note=note.number)
        put(start_s + _LONGEST_S + 0.4, 5, "control_change", control=120, value=0)  # all sound off
    return song_of(timed)
