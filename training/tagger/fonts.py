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
_LONG = frozenset({"open-hat", "crash", "ride", "tom", "fx"})  # ring for seconds
_LONG_S, _SHORT_S = 3.3, 1.5  # rendered of a drum
_RELEASE_S = 0.6  # rendered after a note has ended
_BATCH = 300  # notes in one run of fluidsynth: some minutes of sound on the disk


@dataclass(frozen=True, slots=True)
class Played:
    """One note of one preset: class, MIDI note or notes (a chord), velocity, how long it is held."""

    label: str
    bank: int
    program: int
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
    notes: list[Played] = []
    for bank, program, _ in presets(font):
        if bank == DRUM_BANK:
            notes += [
                _hit(program, key, v)
                for key in _keys(program)
                for v in ((50, 88, 120) if program % 8 == 0 else (64, 115))
            ]
        elif program in PROGRAMS and bank in (0, 1, 8, 16, 17):
            notes += _melody(rng, bank, program)
    for i in range(0, len(notes), _BATCH):
        for played, audio in _render(font, notes[i : i + _BATCH]):
            if (sound := tidy(audio)) is not None:
                source = f"{name}:{played.bank}:{played.program}"
                yield Sound(played.label, source, sound, pitched=played.bank != DRUM_BANK)


def _keys(program: int) -> list[int]:
    """The keys of a kit on which General MIDI's map holds: brushes have a slap and a swirl at 39 and 40, the
    orchestra its timpani from 41 to 53 and other things below 35; marching kits have maps of their own."""
    if program >= 55:
        return []
    keys = set(DRUM_KEYS)
    if 40 <= program <= 42:
        keys -= {39, 40}
    if program == 48:
        keys -= {26, 31, *range(39, 57), 58}
    return sorted(keys)


def _hit(program: int, key: int, velocity: int) -> Played:
    label = DRUM_KEYS[key]
    return Played(label, DRUM_BANK, program, (key,), velocity, _LONG_S if label in _LONG else _SHORT_S)


def _melody(rng: np.random.Generator, bank: int, program: int) -> list[Played]:
    label = PROGRAMS[program]
    low, high = COMPASS[label]
    notes = []
    for _ in range(18 if bank == 0 else 6):
        root = int(rng.integers(low, high + 1))
        chord: tuple[int, ...] = (root,)
        if label in ("keys", "guitar", "strings", "synth", "vocal", "brass") and rng.random() < 0.25:
            third = int(rng.choice([3, 4]))
            chord = (root, root + third, root + 7, root + 12)[: int(rng.integers(2, 5))]
        held_s = float(rng.choice([0.15, 0.4, 1.0, 2.6], p=[0.25, 0.35, 0.25, 0.15]))
        notes.append(Played(label, bank, program, chord, int(rng.integers(35, 125)), held_s))
    return notes


def _render(font: Path, notes: list[Played]) -> Iterator[tuple[Played, NDArray[np.float32]]]:
    with tempfile.TemporaryDirectory() as folder:
        midi, wav = Path(folder) / "notes.mid", Path(folder) / "notes.wav"
        _song(notes).save(midi)
        dry = ["-R", "0", "-C", "0", "-g", "0.4", "-q", "-r", str(RATE_HZ), "-T", "wav", "-O", "s16"]
        # banks as they are numbered in the file, so that variations are found; only the samples that are played
        options = ["-o", "synth.midi-bank-select=gs", "-o", "synth.dynamic-sample-loading=1"]
        subprocess.run(["fluidsynth", *dry, *options, "-F", wav, font, midi], check=True, capture_output=True)
        for played, start_s, length_s in _times(notes):
            start, frames = int(start_s * RATE_HZ), int(length_s * RATE_HZ)
            audio, _ = soundfile.read(wav, frames=frames, start=start, dtype="float32", always_2d=True)
            yield played, audio.mean(axis=1)


def _times(notes: list[Played]) -> Iterator[tuple[Played, float, float]]:
    """Each note, its start, and for how long it is alone."""
    at_s = 0.5
    for played in notes:
        tail_s = 0.05 if played.bank == DRUM_BANK else _RELEASE_S
        yield played, at_s, played.held_s + tail_s - 0.05
        at_s += played.held_s + tail_s


def _song(notes: list[Played]) -> mido.MidiFile:
    song = mido.MidiFile(ticks_per_beat=1000)  # at 60 bpm a tick is a millisecond
    track = mido.MidiTrack([mido.MetaMessage("set_tempo", tempo=1_000_000)])
    timed: list[tuple[int, int, mido.Message]] = []
    for played, start_s, _ in _times(notes):
        on = round(1000 * start_s)
        channel = 9 if played.bank == DRUM_BANK else 0
        bank = 0 if channel else played.bank
        timed.append((on - 40, 0, mido.Message("control_change", channel=channel, control=0, value=bank)))
        timed.append((on - 30, 1, mido.Message("program_change", channel=channel, program=played.program)))
        off = on + round(1000 * played.held_s)
        for note in played.notes:
            timed.append((on, 2, mido.Message("note_on", channel=channel, note=note, velocity=played.velocity)))
            timed.append((off, 3, mido.Message("note_off", channel=channel, note=note)))
    now = 0
    for at, _, message in sorted(timed, key=lambda one: one[:2]):
        track.append(message.copy(time=at - now))
        now = at
    track.append(mido.MetaMessage("end_of_track", time=3600))
    song.tracks.append(track)
    return song
