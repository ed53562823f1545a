"""Songs with known parts for figures of separation. Frozen: separators are tuned on the development set alone.

Two synthesisers. `synth`: the demo's instruments with random line-ups; the unseen set has kits, basses, chords and
voices that the development set has not, other panning and rooms. `gm`: the same compositions played by fluidsynth
with a General MIDI sound font, the lead by its choirs, reeds and winds; programs differ between the sets.
"""

from __future__ import annotations

import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import mido
import numpy as np
import soundfile
from numpy.typing import NDArray

from daemon.demo import mix
from daemon.demo.compose import compose
from daemon.demo.score import PARTS, DrumHit, Score, SongNote
from daemon.demo.song import Sounds, render_song

RATE = 44100
Parts = dict[str, NDArray[np.float32]]

SETS = {
    "dev": {
        "seeds": range(100, 110),
        "kit": ("room", "machine"),
        "bass": ("saw", "finger", "sub"),
        "chords": ("pad", "electric-piano", "guitar", "organ"),
        "voice": ("alto", "tenor", "airy"),
    },
    "unseen": {
        "seeds": range(9100, 9112),
        "kit": ("wood", "tape", "machine"),
        "bass": ("fm", "square", "finger"),
        "chords": ("piano", "strings", "square-keys", "pad"),
        "voice": ("soprano", "choir", "straight", "tenor"),
    },
}
GM_SETS = {
    "dev": {
        "seeds": range(200, 206),
        "bass": (32, 33, 38),
        "chords": (0, 4, 25, 89),
        "lead": (52, 65, 71),
        "kit": (0, 8),
    },
    "unseen": {
        "seeds": range(9200, 9208),
        "bass": (34, 35, 39),
        "chords": (5, 16, 27, 48, 50),
        "lead": (53, 54, 68, 73, 85),
        "kit": (16, 25, 24),
    },
}
"""General MIDI programs counted from 0."""

DRUM_NOTES = {
    "kick": 36,
    "snare": 38,
    "clap": 39,
    "rim": 37,
    "closed-hat": 42,
    "open-hat": 46,
    "ride": 51,
    "crash": 49,
    "tom": 47,
    "tom-low": 43,
    "shaker": 70,
}
SOUND_FONT = Path("/usr/share/sounds/sf2/FluidR3_GM.sf2")


def synth_songs(which: str, offset: int = 0) -> Iterator[tuple[str, Parts]]:
    """(name, part -> (2, frames) at RATE) of the set "dev" or "unseen". offset: added to every seed, for songs that
    nobody has met, with the same instruments to choose from."""
    table = SETS[which]
    for seed in (first + offset for first in table["seeds"]):
        rng = np.random.default_rng([seed, 7])
        sounds = Sounds(
            kit=str(rng.choice(table["kit"])),
            bass=str(rng.choice(table["bass"])),
            chords=str(rng.choice(table["chords"])),
            voice=str(rng.choice(table["voice"])),
            lead_pan=0.0 if rng.random() < 0.6 else float(rng.uniform(-0.25, 0.25)),
            chords_pan=float(rng.uniform(-0.5, 0.5)),
            width=float(rng.choice([0.0, 0.3, 0.7])),
            room=float(rng.uniform(0.0, 0.25)),
            room_t60_s=float(rng.uniform(0.4, 1.6)),
            offset_db=tuple(rng.uniform(-1.5, 1.5, 4)),
        )
        score = compose(seed)
        yield (
            f"{which}/{score.style}-{sounds.kit}-{sounds.bass}-{sounds.chords}-{sounds.voice}",
            render_song(score, sounds, seed),
        )


def gm_songs(which: str, offset: int = 0) -> Iterator[tuple[str, Parts]]:
    """The same for songs played by fluidsynth. Raises FileNotFoundError where it or its sound font is missing."""
    table = GM_SETS[which]
    for seed in (first + offset for first in table["seeds"]):
        rng = np.random.default_rng([seed, 8])
        programs = {name: int(rng.choice(table[name])) for name in ("kit", "bass", "chords", "lead")}
        score = compose(seed)
        parts = {
            "drums": _play(_drum_track(score.drums, programs["kit"]), score),
            "bass": _play(_note_track(score.bass, programs["bass"], 64, vibrato=False), score),
            "other": _play(
                _note_track(score.chords, programs["chords"], int(rng.integers(30, 98)), vibrato=False), score
            ),
            "vocals": _play(_note_track(score.lead, programs["lead"], 64, vibrato=True), score),
        }
        for name in PARTS:
            parts[name] = parts[name] * mix.loudness_gain(parts[name], -18 + rng.uniform(-1.5, 1.5), RATE)
        peak = np.abs(sum(parts.values())).max()
        label = "-".join([score.style, *(str(programs[p]) for p in ("kit", "bass", "chords", "lead"))])
        yield f"{which}/gm-{label}", {name: (parts[name] * 0.89 / peak).astype(np.float32) for name in PARTS}


Timed = list[tuple[float, mido.Message]]


def _drum_track(hits: tuple[DrumHit, ...], kit: int) -> Timed:
    timed: Timed = [(0.0, mido.Message("program_change", channel=9, program=kit))]
    for hit in hits:
        note = DRUM_NOTES[hit.drum]
        velocity = int(1 + 126 * hit.velocity)
        timed.append((hit.start_s, mido.Message("note_on", channel=9, note=note, velocity=velocity)))
        timed.append((hit.start_s + 0.1, mido.Message("note_off", channel=9, note=note)))
    return timed


def _note_track(notes: tuple[SongNote, ...], program: int, pan: int, vibrato: bool) -> Timed:
    timed: Timed = [
        (0.0, mido.Message("program_change", program=program)),
        (0.0, mido.Message("control_change", control=10, value=pan)),
        (0.0, mido.Message("control_change", control=1, value=50 if vibrato else 0)),
    ]
    for note in notes:
        velocity = int(1 + 126 * note.velocity)
        timed.append((note.start_s, mido.Message("note_on", note=note.pitch, velocity=velocity)))
        timed.append((note.end_s, mido.Message("note_off", note=note.pitch)))
    return timed


def _play(timed: Timed, score: Score) -> NDArray[np.float64]:
    """(2, frames) of the song's length."""
    ticks_per_s = 960.0  # 480 ticks a beat at MIDI's default of 120 beats a minute
    file = mido.MidiFile(ticks_per_beat=480)
    track = mido.MidiTrack()
    now = 0
    for at_s, message in sorted(timed, key=lambda item: (item[0], item[1].type == "note_on")):
        tick = round(at_s * ticks_per_s)
        track.append(message.copy(time=tick - now))
        now = tick
    file.tracks.append(track)
    with tempfile.TemporaryDirectory() as folder:
        midi, wave = Path(folder, "part.mid"), Path(folder, "part.wav")
        file.save(midi)
        command = ["fluidsynth", "-ni", "-q", "-g", "0.4", "-r", str(RATE), "-O", "float", "-F", str(wave)]
        subprocess.run([*command, str(SOUND_FONT), str(midi)], check=True, capture_output=True)
        audio, _ = soundfile.read(wave, always_2d=True)
    frames = round(score.length_s * RATE)
    out = np.zeros((2, frames))
    out[:, : min(frames, len(audio))] = audio.T[:, :frames]
    return out
