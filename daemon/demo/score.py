"""What a song consists of before it sounds: its tempo, its key and every event of every part, in seconds."""

from __future__ import annotations

from dataclasses import dataclass

PARTS = ("drums", "bass", "other", "vocals")
"""Names of the parts, in the order in which separators give their stems."""


@dataclass(frozen=True, slots=True)
class DrumHit:
    """One hit. drum: its class ("kick", "snare", "closed-hat" ...). velocity: 0..1."""

    start_s: float
    drum: str
    velocity: float


@dataclass(frozen=True, slots=True)
class SongNote:
    """One note. pitch: MIDI number. velocity: 0..1. vowel: what the voice sings on it, "" for instruments."""

    start_s: float
    end_s: float
    pitch: int
    velocity: float
    vowel: str = ""


@dataclass(frozen=True, slots=True)
class Score:
    """A whole song. key: as the library writes keys (Am, C#m, F). length_s: the last reverberation included."""

    style: str
    tempo_bpm: float
    beats_per_bar: int
    key: str
    length_s: float
    drums: tuple[DrumHit, ...]
    bass: tuple[SongNote, ...]
    chords: tuple[SongNote, ...]
    lead: tuple[SongNote, ...]
