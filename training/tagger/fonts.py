"""Sounds of General MIDI sound fonts: every drum kit and every melodic program, note by note, through fluidsynth."""

from __future__ import annotations

import struct
import subprocess
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import mido
import numpy as np
import soundfile
from numpy.typing import NDArray

from daemon.engines.classifier.image import RATE_HZ
from training.tagger.classes import COMPASS, DRUM_KEYS, PROGRAMS
from training.tagger.sound import Sound, tidy

FONTS: dict[str, tuple[Path, str]] = {
    "fluid": (Path("/usr/share/sounds/sf2/FluidR3_GM.sf2"), "fluid-soundfont-gm"),
    "musescore": (Path("/usr/share/sounds/sf3/MuseScore_General_Full.sf3"), "musescore-general-soundfont"),
    "timgm": (Path("/usr/share/sounds/sf2/TimGM6mb.sf2"), "timgm6mb-soundfont"),
}
"""Name: the file, and the Debian package that brings it."""
DRUM_BANK = 128
_SPACING_S = 3.6
_BATCH = 120  # notes in one run of fluidsynth, so that memory stays small


@dataclass(frozen=True, slots=True)
class Played:
    """One note: class, MIDI note or notes (a chord), velocity, how long it is held."""

    label: str
    notes: tuple[int, ...]
    velocity: int
    held_s: float


def presets(font: Path) -> list[tuple[int, int, str]]:
    """(bank, program, name) of all presets, from the font's `phdr` chunk (SoundFont 2.01, section 7.2)."""
    data = font.read_bytes()
    at = data.find(b"phdr", data.find(b"pdta"))
    (size,) = struct.unpack_from("<I", data, at + 4)
    found = []
    for offset in range(at + 8, at + 8 + size - 38, 38):
        name = data[offset : offset + 20].split(b"\0")[0].decode("latin-1")
        program, bank = struct.unpack_from("<HH", data, offset + 20)
        found.append((bank, program, name))
    return found


def sounds(name: str, seed: int) -> Iterator[Sound]:
    """Every kit and program of the font, peak 1. Exits with the Debian package when it is missing."""
    font, package = FONTS[name]
    if not font.exists():
        raise SystemExit(f"{font} is not installed: apt-get install {package}")
    rng = np.random.default_rng(seed)
    for bank, program, _ in presets(font):
        if bank == DRUM_BANK:
            notes = [Played(DRUM_KEYS[key], (key,), v, 3.3) for key in sorted(DRUM_KEYS) for v in (50, 88, 120)]
        elif program in PROGRAMS and bank in (0, 1, 8, 16, 17):
            notes = _melody(rng, PROGRAMS[program], few=bank != 0)
        else:
            continue
        source = f"{name}:{bank}:{program}"
        for played, audio in _render(font, bank, program, notes):
            if (sound := tidy(audio)) is not None:
                yield Sound(played.label, source, sound, pitched=bank != DRUM_BANK)


def _melody(rng: np.random.Generator, label: str, few: bool) -> list[Played]:
    low, high = COMPASS[label]
    notes = []
    for _ in range(12 if few else 26):
        root = int(rng.integers(low, high + 1))
        chord: tuple[int, ...] = (root,)
        if label in ("keys", "guitar", "strings", "synth", "vocal", "brass") and rng.random() < 0.25:
            third = int(rng.choice([3, 4]))
            chord = (root, root + third, root + 7, root + 12)[: int(rng.integers(2, 5))]
        held_s = float(rng.choice([0.15, 0.4, 1.0, 3.0], p=[0.25, 0.3, 0.25, 0.2]))
        notes.append(Played(label, chord, int(rng.integers(35, 125)), held_s))
    return notes


def _render(
    font: Path, bank: int, program: int, notes: list[Played]
) -> Iterator[tuple[Played, NDArray[np.float32]]]:
    for i in range(0, len(notes), _BATCH):
        part = notes[i : i + _BATCH]
        with tempfile.TemporaryDirectory() as folder:
            midi, wav = Path(folder) / "notes.mid", Path(folder) / "notes.wav"
            _song(bank, program, part).save(midi)
            dry = ["-R", "0", "-C", "0", "-g", "0.4", "-q", "-r", str(RATE_HZ), "-T", "wav", "-O", "s16"]
            # banks as they are numbered in the file, so that variations are found
            command = ["fluidsynth", *dry, "-o", "synth.midi-bank-select=gs", "-F", wav, font, midi]
            subprocess.run(command, check=True, capture_output=True)
            audio, _ = soundfile.read(wav, dtype="float32", always_2d=True)
        mix = audio.mean(axis=1)
        for j, played in enumerate(part):
            start = int((0.5 + j * _SPACING_S) * RATE_HZ)
            yield played, mix[start : start + int((_SPACING_S - 0.05) * RATE_HZ)]


def _song(bank: int, program: int, notes: list[Played]) -> mido.MidiFile:
    song = mido.MidiFile(ticks_per_beat=1000)  # at 60 bpm a tick is a millisecond
    channel = 9 if bank == DRUM_BANK else 0
    track = mido.MidiTrack([mido.MetaMessage("set_tempo", tempo=1_000_000)])
    track.append(mido.Message("control_change", channel=channel, control=0, value=0 if channel else bank))
    track.append(mido.Message("program_change", channel=channel, program=program))
    timed = []
    for i, played in enumerate(notes):
        on = round(1000 * (0.5 + i * _SPACING_S))
        for note in played.notes:
            timed.append((on, "note_on", note, played.velocity))
            timed.append((on + round(1000 * played.held_s), "note_off", note, 0))
    now = 0
    for at, kind, note, velocity in sorted(timed):
        track.append(mido.Message(kind, channel=channel, note=note, velocity=velocity, time=at - now))
        now = at
    track.append(mido.MetaMessage("end_of_track", time=3600))
    song.tracks.append(track)
    return song
