"""The song that `roadie demo` works on: composed and synthesised here, so that its parts are known."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import soundfile
from numpy.typing import NDArray

from daemon.demo import drums, instruments, mix, voice
from daemon.demo.compose import compose
from daemon.demo.score import PARTS, DrumHit, Score, SongNote
from daemon.demo.signal import Sound
from daemon.demo.theory import hz

RATE = 44100
MARGIN_DB = -18.0
PEAK = 0.89  # -1 dBFS


@dataclass(frozen=True, slots=True)
class Sounds:
    """Who plays, and how it is mixed. Names are keys of the instruments' tables. pans: -1..1. width: chorus on
    the chords, 0..1. room: reverberation, 0..1. offset_db: each part's distance from equal loudness."""

    kit: str
    bass: str
    chords: str
    voice: str
    lead_pan: float = 0.0
    chords_pan: float = 0.0
    width: float = 0.5
    room: float = 0.12
    room_t60_s: float = 0.9
    offset_db: tuple[float, float, float, float] = (0.0, 0.0, 0.0, 0.0)


DEMO_SOUNDS = Sounds("room", "finger", "electric-piano", "alto")


@dataclass(frozen=True, slots=True)
class DemoSong:
    """A song on disk with what is true of it. mix: 24-bit FLAC. parts: part's name -> float WAV; they sum to the
    mix (to 24 bits). Times in seconds, pitches as MIDI numbers."""

    mix: Path
    parts: dict[str, Path]
    seed: int
    rate: int
    style: str
    tempo_bpm: float
    beats_per_bar: int
    key: str
    drum_hits: tuple[DrumHit, ...]
    bass_notes: tuple[SongNote, ...]
    chord_notes: tuple[SongNote, ...]
    lead_notes: tuple[SongNote, ...]


def draw_sounds(seed: int) -> Sounds:
    """A line-up and a mix by seed."""
    rng = np.random.default_rng([seed, 3])
    return Sounds(
        kit=str(rng.choice(drums.FAMILIES)),
        bass=str(rng.choice(list(instruments.BASSES))),
        chords=str(rng.choice(list(instruments.CHORDS))),
        voice=str(rng.choice(voice.FAMILIES)),
        width=float(rng.uniform(0.2, 0.7)),
        room=float(rng.uniform(0.05, 0.2)),
    )


def render_song(
    score: Score, sounds: Sounds, seed: int = 0, rate: int = RATE
) -> dict[str, NDArray[np.float32]]:
    """Each of PARTS as (2, frames) float32; their sum peaks at -1 dBFS. The same arguments give the same sound."""
    frames = round(score.length_s * rate)
    rng = np.random.default_rng([seed, 2])
    dry = {
        "drums": _drums(score.drums, drums.make_kit(rng, sounds.kit, rate), frames, rate),
        "bass": mix.pan(_notes(score.bass, instruments.BASSES[sounds.bass](rng, rate), frames, rate), 0.0),
        "other": mix.widen(
            mix.pan(
                _notes(score.chords, instruments.CHORDS[sounds.chords](rng, rate), frames, rate),
                sounds.chords_pan,
            ),
            rate,
            sounds.width,
        ),
        "vocals": mix.pan(
            voice.sing(voice.make_voice(rng, sounds.voice), score.lead, frames, rate, rng), sounds.lead_pan
        ),
    }
    response = mix.room(rng, rate, sounds.room_t60_s)
    amounts = {"drums": 0.5, "bass": 0.0, "other": 0.8, "vocals": 1.0}
    parts = {name: mix.in_room(dry[name], response, sounds.room * amounts[name]) for name in PARTS}
    for name, offset_db in zip(PARTS, sounds.offset_db, strict=True):
        parts[name] *= mix.loudness_gain(parts[name], MARGIN_DB + offset_db, rate)
    peak = np.abs(sum(parts.values())).max()
    return {name: (part * (PEAK / peak)).astype(np.float32) for name, part in parts.items()}


def write_song(folder: Path, seed: int = 0, length_s: float = 22.0) -> DemoSong:
    """Writes `{style} in {key}.flac` into `folder` and the parts into `folder/parts`; about `length_s` long.

    seed 0 is the demo's own song; others differ in style, tempo, key and sounds. Raises OSError.
    """
    score = compose(seed, "pop" if seed == 0 else None, length_s)
    parts = render_song(score, DEMO_SOUNDS if seed == 0 else draw_sounds(seed), seed)
    below = folder / "parts"
    below.mkdir(parents=True, exist_ok=True)
    files = {name: below / f"{name}.wav" for name in PARTS}
    for name, file in files.items():
        soundfile.write(file, parts[name].T, RATE, subtype="FLOAT")
    whole = folder / f"{score.style} in {score.key}.flac"
    total = np.sum([parts[name] for name in PARTS], axis=0)
    soundfile.write(whole, total.T, RATE, subtype="PCM_24")
    return DemoSong(
        mix=whole,
        parts=files,
        seed=seed,
        rate=RATE,
        style=score.style,
        tempo_bpm=score.tempo_bpm,
        beats_per_bar=score.beats_per_bar,
        key=score.key,
        drum_hits=score.drums,
        bass_notes=score.bass,
        chord_notes=score.chords,
        lead_notes=score.lead,
    )


def _add(out: NDArray[np.float64], sound: NDArray[np.float64], start: int) -> None:
    """Adds mono or stereo sound at a frame, what runs over the end left out."""
    fits = sound[..., : out.shape[-1] - start]
    out[..., start : start + fits.shape[-1]] += fits


def _drums(hits: tuple[DrumHit, ...], kit: dict[str, Sound], frames: int, rate: int) -> mix.Stereo:
    out = np.zeros((2, frames))
    for hit in hits:
        sound = kit[hit.drum] * (hit.velocity**1.5 * drums.LEVELS[hit.drum])
        _add(out, mix.pan(sound, drums.PANS.get(hit.drum, 0.0)), round(hit.start_s * rate))
    return out


def _notes(notes: tuple[SongNote, ...], play: instruments.Instrument, frames: int, rate: int) -> Sound:
    out = np.zeros(frames)
    for note in notes:
        sound = play(hz(note.pitch), note.end_s - note.start_s, note.velocity)
        _add(out, sound, round(note.start_s * rate))
    return out
