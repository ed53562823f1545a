"""Keys, scales and chord progressions, as far as a short song needs them."""

from __future__ import annotations

from dataclasses import dataclass

# Each key by its usual name: the one with fewer accidentals.
MAJOR_NAMES = ("C", "Db", "D", "Eb", "E", "F", "F#", "G", "Ab", "A", "Bb", "B")
MINOR_NAMES = ("Cm", "C#m", "Dm", "Ebm", "Em", "Fm", "F#m", "Gm", "G#m", "Am", "Bbm", "Bm")
MAJOR = (0, 2, 4, 5, 7, 9, 11)
MINOR = (0, 2, 3, 5, 7, 8, 10)

MAJOR_PROGRESSIONS = ((0, 4, 5, 3), (0, 5, 3, 4), (3, 4, 2, 5), (0, 2, 3, 4), (1, 4, 0, 5))
MINOR_PROGRESSIONS = ((0, 5, 2, 6), (0, 3, 5, 4), (0, 6, 5, 6), (5, 6, 0, 0), (0, 2, 6, 3))
"""Degrees of the scale, counted from 0, one chord a bar."""


@dataclass(frozen=True, slots=True)
class Key:
    """tonic: pitch class, 0 = C."""

    tonic: int
    minor: bool

    @property
    def name(self) -> str:
        return (MINOR_NAMES if self.minor else MAJOR_NAMES)[self.tonic]

    @property
    def scale(self) -> tuple[int, ...]:
        return MINOR if self.minor else MAJOR

    def pitch_class(self, degree: int) -> int:
        """Pitch class of a degree of the scale, counted from 0 and beyond an octave."""
        return (self.tonic + self.scale[degree % 7]) % 12

    def chord(self, degree: int, size: int) -> tuple[int, ...]:
        """Pitch classes of the chord in thirds on a degree: `size` 3 is a triad, 4 has a seventh."""
        return tuple(self.pitch_class(degree + 2 * i) for i in range(size))

    def pitches(self, low: int, high: int) -> list[int]:
        """MIDI numbers of the scale from `low` to `high`, both included."""
        classes = {self.pitch_class(i) for i in range(7)}
        return [pitch for pitch in range(low, high + 1) if pitch % 12 in classes]


def nearest(pitch_class: int, to: float) -> int:
    """The MIDI number of a pitch class that is nearest to `to`."""
    return pitch_class + 12 * round((to - pitch_class) / 12)


def voicing(classes: tuple[int, ...], centre: float) -> tuple[int, ...]:
    """The chord's notes packed within an octave round `centre`: successive chords move little."""
    return tuple(sorted({nearest(pitch_class, centre) for pitch_class in classes}))


def hz(pitch: float) -> float:
    """Frequency of a MIDI number, A4 = 69 = 440 Hz."""
    return float(440.0 * 2 ** ((pitch - 69) / 12))
