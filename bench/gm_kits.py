"""Drum kits of a General MIDI sound font, one note at a time, through fluidsynth. Frozen."""

from __future__ import annotations

import subprocess
import tempfile
from pathlib import Path

import mido
import numpy as np
import soundfile

from bench.drum_sounds import Sound

SOUND_FONT = Path("/usr/share/sounds/sf2/FluidR3_GM.sf2")
PACKAGES = {
    SOUND_FONT: "fluid-soundfont-gm",
    Path("/usr/share/sounds/sf3/MuseScore_General_Full.sf3"): "musescore-general-soundfont",
    Path("/usr/share/sounds/sf2/TimGM6mb.sf2"): "timgm6mb-soundfont",
}
"""Fonts and the Debian packages that bring them."""
DEV_PROGRAMS = (0, 25, 32, 40)  # standard, TR-808, jazz, brush
UNSEEN_PROGRAMS = (8, 16, 24, 48)  # room, power, electronic, orchestra
NOTES = {
    "kick": 36,
    "snare": 38,
    "rim": 37,
    "clap": 39,
    "closed-hat": 42,
    "open-hat": 46,
    "crash": 49,
    "ride": 51,
    "tom": 48,
    "tom-low": 43,
    "shaker": 82,
    "tambourine": 54,
    "cowbell": 56,
    "conga": 63,
}
SPACING_S = 4.0


def _write_notes(path: Path, program: int) -> None:
    song = mido.MidiFile(ticks_per_beat=1000)  # at 60 bpm a tick is a millisecond
    track = mido.MidiTrack([mido.MetaMessage("set_tempo", tempo=1_000_000)])
    track.append(mido.Message("control_change", channel=9, control=0, value=0))
    track.append(mido.Message("program_change", channel=9, program=program))
    wait = 1000
    for note in NOTES.values():
        track.append(mido.Message("note_on", channel=9, note=note, velocity=110, time=wait))
        track.append(mido.Message("note_off", channel=9, note=note, time=3000))
        wait = int(SPACING_S * 1000) - 3000
    song.tracks.append(track)
    song.save(path)


def render_kit(program: int, rate: int, font: Path = SOUND_FONT) -> dict[str, Sound]:
    """Every note alone, dry, from its note-on; peak 1. Notes that the font leaves silent are missing.

    Exits with the name of the Debian package when the font is not installed.
    """
    if not font.exists():
        raise SystemExit(f"{font} is not installed: apt-get install {PACKAGES[font]}")
    with tempfile.TemporaryDirectory() as folder:
        midi, wav = Path(folder) / "kit.mid", Path(folder) / "kit.wav"
        _write_notes(midi, program)
        dry = ["-R", "0", "-C", "0", "-g", "0.5", "-q"]
        subprocess.run(
            ["fluidsynth", *dry, "-r", str(rate), "-T", "wav", "-O", "float", "-F", wav, font, midi],
            check=True,
            capture_output=True,
        )
        audio, _ = soundfile.read(wav, dtype="float64", always_2d=True)
    kit = {}
    for i, name in enumerate(NOTES):
        start = int((1.0 + i * SPACING_S) * rate)
        sound = audio[start : start + int((SPACING_S - 0.5) * rate)].mean(axis=1)
        if np.abs(sound).max() > 1e-4:
            kit[name] = sound / np.abs(sound).max()
    return kit
