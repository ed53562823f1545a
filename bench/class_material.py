"""One-shots with known classes: the drum kits of the onset figures, and single notes of General MIDI's melodic
programs. Dev and unseen share no kit and no program."""

from __future__ import annotations

import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import mido
import numpy as np
import soundfile
from numpy.typing import NDArray

from bench.drum_sounds import DEV_FAMILIES, UNSEEN_FAMILIES, make_kit
from bench.gm_kits import DEV_PROGRAMS, SOUND_FONT, UNSEEN_PROGRAMS, render_kit

CLASS_OF = {"conga": "hand-drum", "tom-low": "tom"}
# class: (General MIDI programs from 0, for dev; for unseen), the notes played
MELODIC: dict[str, tuple[tuple[int, ...], tuple[int, ...], tuple[int, ...]]] = {
    "bass": ((32, 34, 36, 38), (33, 35, 37, 39), (28, 35, 40)),
    "guitar": ((24, 26, 29), (25, 27, 30), (45, 55, 64)),
    "keys": ((0, 2, 4, 16, 18), (1, 3, 5, 17, 19), (48, 60, 72)),
    "strings": ((40, 42, 48), (41, 44, 49), (55, 62, 74)),
    "brass": ((56, 58, 61), (57, 60, 62), (50, 60, 67)),
    "woodwind": ((65, 68, 73), (66, 71, 75), (60, 69, 79)),
    "mallet": ((9, 11, 12), (10, 13, 14), (60, 72, 79)),
    "synth": ((80, 87, 90), (81, 84, 91), (48, 60, 67)),
    "vocal": ((52, 53), (54, 85), (55, 62, 69)),
}
RATE = 44100
_NOTE_S, _SPACING_S = 0.5, 1.5


def sounds(which: str, kits: int = 12) -> Iterator[tuple[str, str, NDArray[np.float32]]]:
    """(class, stem it would come from, audio (1, n) at RATE)."""
    dev = which == "dev"
    seed0, families, programs = (
        (100, DEV_FAMILIES, DEV_PROGRAMS) if dev else (91_000, UNSEEN_FAMILIES, UNSEEN_PROGRAMS)
    )
    for i in range(kits):
        yield from _drums(make_kit(np.random.default_rng(seed0 + i), RATE, families))
    for program in programs:
        yield from _drums(render_kit(program, RATE))
    for name, (first, second, notes) in MELODIC.items():
        stem = {"bass": "bass", "vocal": "vocals"}.get(name, "other")
        for program in first if dev else second:
            for audio in _notes(program, notes):
                yield name, stem, audio


def _drums(kit: dict[str, NDArray[np.float64]]) -> Iterator[tuple[str, str, NDArray[np.float32]]]:
    for name, sound in kit.items():
        yield CLASS_OF.get(name, name), "drums", (0.7 * sound[None]).astype(np.float32)


def _notes(program: int, notes: tuple[int, ...]) -> Iterator[NDArray[np.float32]]:
    song = mido.MidiFile(ticks_per_beat=1000)
    track = mido.MidiTrack([mido.MetaMessage("set_tempo", tempo=1_000_000)])
    track.append(mido.Message("program_change", program=program))
    for note in notes:
        track.append(mido.Message("note_on", note=note, velocity=100, time=int(1000 * (_SPACING_S - _NOTE_S))))
        track.append(mido.Message("note_off", note=note, time=int(1000 * _NOTE_S)))
    song.tracks.append(track)
    with tempfile.TemporaryDirectory() as folder:
        midi, wav = Path(folder) / "notes.mid", Path(folder) / "notes.wav"
        song.save(midi)
        command = ["fluidsynth", "-R", "0", "-C", "0", "-q", "-r", str(RATE), "-T", "wav", "-O", "float"]
        subprocess.run([*command, "-F", wav, SOUND_FONT, midi], check=True, capture_output=True)
        audio, _ = soundfile.read(wav, dtype="float32", always_2d=True)
    for i in range(len(notes)):
        start = int((_SPACING_S * (i + 1) - _NOTE_S) * RATE)
        part = audio[start : start + int((_SPACING_S - 0.05) * RATE)].mean(axis=1)
        if np.abs(part).max() > 1e-3:
            yield part[None] / np.abs(part).max() * np.float32(0.7)
