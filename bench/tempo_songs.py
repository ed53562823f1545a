"""The compositions of `tempo_score` as sound, in three sets. Frozen: nothing is tuned on the set FROZEN.

Two makers that share nothing: a small synthesiser, and fluidsynth with a General MIDI sound font. TRAIN is what
weights are fitted to, DEV what choices are made on. FROZEN has styles, instruments, kits and a sound font that neither
of them has, and is looked at to report figures alone.
"""

from __future__ import annotations

import subprocess
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import mido
import numpy as np
import soundfile
from numpy.typing import NDArray
from scipy.signal import butter, sosfilt

from bench.drum_sounds import LEVELS, make_kit
from bench.tempo_score import Note, Score, compose
from daemon.demo import drums as demo_drums
from daemon.demo.instruments import BASSES, CHORDS

RATE = 44100
TRAIN, DEV, FROZEN = range(0, 700), range(5000, 5120), range(77000, 77160)
FONTS = {
    "train": (Path("/usr/share/sounds/sf2/FluidR3_GM.sf2"), Path("/usr/share/sounds/sf2/TimGM6mb.sf2")),
    "frozen": (Path("/usr/share/sounds/sf3/MuseScore_General.sf3"),),
}
"""From Debian's fluid-soundfont-gm, timgm6mb-soundfont and musescore-general-soundfont-small."""
PROGRAMS = {
    "train": {"chords": (0, 4, 16, 24, 48, 89), "bass": (32, 33, 38), "lead": (65, 73, 80, 56), "kit": (0, 8, 25, 40)},
    "frozen": {"chords": (1, 5, 19, 25, 27, 50, 90), "bass": (34, 35, 36, 39), "lead": (40, 66, 71, 81, 53),
               "kit": (0, 16, 24, 32)},
}  # fmt: skip
DRUM_NOTES = {
    "kick": 36, "snare": 38, "rim": 37, "clap": 39, "closed-hat": 42, "open-hat": 46, "crash": 49, "ride": 51,
    "tom": 47, "tom-low": 43, "shaker": 82, "tambourine": 54, "cowbell": 56,
}  # fmt: skip
Mono = NDArray[np.float64]


@dataclass(frozen=True)
class Song:
    """audio: (n,) at RATE. maker: synth or gm."""

    seed: int
    maker: str
    score: Score
    audio: NDArray[np.float32]


def make(seed: int) -> Song:
    """The song of a seed of one of the three sets; every third is played by fluidsynth."""
    frozen = seed in FROZEN
    score = compose(seed, frozen)
    rng = np.random.default_rng([seed, 12])
    tuning = float(rng.choice([0.0, rng.uniform(-35, 35)]))  # cents
    if seed % 3 == 0:
        return Song(
            seed, "gm", score, _mixed(rng, [_fluidsynth(rng, score, tuning, "frozen" if frozen else "train")])
        )
    play = _demo_parts if frozen and seed % 2 else _synth_parts
    return Song(seed, "synth", score, _mixed(rng, play(rng, score, tuning)))


def _mixed(rng: np.random.Generator, parts: list[Mono]) -> NDArray[np.float32]:
    """A sum with a little room, saturation, noise and another end: as a song may come."""
    audio = np.sum(parts, axis=0)
    audio /= np.abs(audio).max() + 1e-9
    if rng.random() < 0.4:
        size = int(rng.uniform(0.1, 0.5) * RATE)
        tail = rng.standard_normal(size) * 10 ** (-3 * np.arange(size) / size)
        long = 1 << int(np.ceil(np.log2(audio.size + size)))
        wet = np.fft.irfft(np.fft.rfft(audio, long) * np.fft.rfft(tail / np.linalg.norm(tail), long), long)
        audio = audio + 10 ** (rng.uniform(-20, -8) / 20) * wet[: audio.size]
        audio /= np.abs(audio).max()
    if rng.random() < 0.4:
        audio = np.tanh(audio * rng.uniform(1, 3.5))
    if rng.random() < 0.2:
        audio = sosfilt(butter(2, rng.uniform(4000, 9000), "low", fs=RATE, output="sos"), audio)
    audio = audio + rng.standard_normal(audio.size) * 10 ** (rng.uniform(-90, -55) / 20)
    return np.asarray(audio * rng.uniform(0.2, 0.95) / np.abs(audio).max(), np.float32)


# ---------------------------------------------------------------- the synthesiser

Tone = Callable[[float, float], Mono]


def _tone(rng: np.random.Generator, plucked: bool) -> Tone:
    """A random additive timbre: (hz, length_s) -> sound."""
    count, slope = int(rng.integers(4, 14)), rng.uniform(0.6, 2.2)
    odd, detune = rng.uniform(0.1, 1.0), rng.uniform(0, 6)
    attack_s = rng.uniform(0.002, 0.01) if plucked else rng.uniform(0.005, 0.06)
    decay_s = rng.uniform(0.25, 1.2) if plucked else rng.uniform(1.5, 6.0)

    def play(hz: float, length_s: float) -> Mono:
        t = np.arange(int((length_s + 0.08) * RATE)) / RATE
        sound = np.zeros(t.size)
        for n in range(1, count + 1):
            if n * hz < 0.45 * RATE:
                gain = n**-slope * (1.0 if n % 2 else odd)
                sound += (
                    gain * np.sin(2 * np.pi * n * hz * t + n) * np.exp(-t * (1 + 0.3 * n * plucked) / decay_s)
                )
                if detune and n <= 4 and not plucked:
                    sound += gain * np.sin(2 * np.pi * n * hz * 2 ** (detune / 1200) * t)
        gate = np.minimum(t / attack_s, 1) * np.clip((length_s + 0.08 - t) / 0.08, 0, 1)
        return sound * gate

    return play


def _played(notes: list[Note], frames: int, tone: Tone, tuning: float) -> Mono:
    out, known = np.zeros(frames), {}
    for note in notes:
        length_s = max(round(note.end_s - note.start_s, 2), 0.05)
        if (note.pitch, length_s) not in known:
            known[note.pitch, length_s] = tone(440.0 * 2 ** ((note.pitch - 69 + tuning / 100) / 12), length_s)
        sound, start = known[note.pitch, length_s], round(note.start_s * RATE)
        part = sound[: frames - start]
        out[start : start + part.size] += note.velocity * part
    return out


def _level(part: Mono, gain: float) -> Mono:
    return part * gain / (np.sqrt((part**2).mean()) + 1e-9)


def _struck(score: Score, kit: dict[str, Mono], levels: dict[str, float], frames: int) -> Mono:
    out = np.zeros(frames)
    for hit in score.hits:
        start = round(hit.at_s * RATE)
        part = kit[hit.drum][: frames - start]
        out[start : start + part.size] += hit.velocity**1.4 * levels.get(hit.drum, 0.6) * part
    return out


def _synth_parts(rng: np.random.Generator, score: Score, tuning: float) -> list[Mono]:
    frames = int(score.length_s * RATE)
    parts = [
        _level(_played(notes, frames, _tone(rng, bool(rng.random() < 0.5)), tuning), rng.uniform(0.05, 0.16))
        for notes in score.notes.values()
        if notes
    ]
    if score.hits:
        kit = make_kit(rng, RATE, ("analog", "acoustic"))
        levels = {name: level * float(rng.uniform(0.6, 1.3)) for name, level in LEVELS.items()}
        parts.append(_struck(score, kit, levels, frames) * rng.uniform(0.35, 1.0))
    return parts


def _demo_parts(rng: np.random.Generator, score: Score, tuning: float) -> list[Mono]:
    """The same by the demo's instruments, which no training song has."""
    frames = int(score.length_s * RATE)
    tables = {"chords": CHORDS, "bass": BASSES, "lead": CHORDS}
    parts = []
    for name, notes in score.notes.items():
        if notes:
            table = tables[name]
            play = table[str(rng.choice(list(table)))](rng, RATE)
            tone = lambda hz, length_s, play=play: play(hz, length_s, 0.8)  # noqa: E731
            parts.append(_level(_played(notes, frames, tone, tuning), rng.uniform(0.06, 0.16)))
    if score.hits:
        kit = demo_drums.make_kit(rng, str(rng.choice(demo_drums.FAMILIES)), RATE)
        kit = {**make_kit(rng, RATE, ("modal",)), **kit}
        parts.append(_struck(score, kit, dict(demo_drums.LEVELS), frames) * rng.uniform(0.35, 0.9))
    return parts


# ---------------------------------------------------------------- fluidsynth


def _fluidsynth(rng: np.random.Generator, score: Score, tuning: float, which: str) -> Mono:
    """Raises FileNotFoundError where fluidsynth or its font is missing."""
    table = PROGRAMS[which]
    timed: list[tuple[float, mido.Message]] = []
    for channel, name in enumerate(("chords", "bass", "lead")):
        timed.append(
            (0.0, mido.Message("program_change", channel=channel, program=int(rng.choice(table[name]))))
        )
        timed.append(
            (0.0, mido.Message("control_change", channel=channel, control=7, value=int(rng.integers(70, 115))))
        )
        timed.append((0.0, mido.Message("pitchwheel", channel=channel, pitch=round(tuning / 200 * 8191))))
        for note in score.notes[name]:
            velocity = int(1 + 126 * note.velocity)
            timed.append(
                (note.start_s, mido.Message("note_on", channel=channel, note=note.pitch, velocity=velocity))
            )
            timed.append((note.end_s, mido.Message("note_off", channel=channel, note=note.pitch)))
    timed.append((0.0, mido.Message("program_change", channel=9, program=int(rng.choice(table["kit"])))))
    timed.append((0.0, mido.Message("control_change", channel=9, control=7, value=int(rng.integers(80, 127)))))
    for hit in score.hits:
        velocity = int(1 + 126 * min(hit.velocity, 1.0))
        timed.append(
            (hit.at_s, mido.Message("note_on", channel=9, note=DRUM_NOTES[hit.drum], velocity=velocity))
        )
        timed.append((hit.at_s + 0.1, mido.Message("note_off", channel=9, note=DRUM_NOTES[hit.drum])))
    font = FONTS[which][int(rng.integers(len(FONTS[which])))]
    if not font.exists():
        raise FileNotFoundError(font)
    out = np.zeros(int(score.length_s * RATE))
    with tempfile.TemporaryDirectory() as folder:
        midi, wave = Path(folder, "song.mid"), Path(folder, "song.wav")
        _save(midi, timed)
        command = ["fluidsynth", "-ni", "-q", "-g", "0.5", "-r", str(RATE), "-O", "float", "-F", str(wave)]
        subprocess.run([*command, str(font), str(midi)], check=True, capture_output=True)
        audio = soundfile.read(wave, always_2d=True)[0].mean(axis=1)[: out.size]
    out[: audio.size] = audio
    return out


def _save(path: Path, timed: list[tuple[float, mido.Message]]) -> None:
    file, track, now = mido.MidiFile(ticks_per_beat=960), mido.MidiTrack(), 0  # 1920 ticks a second
    for at_s, message in sorted(timed, key=lambda item: (item[0], item[1].type != "note_off")):
        tick = round(at_s * 1920)
        track.append(message.copy(time=tick - now))
        now = tick
    file.tracks.append(track)
    file.save(path)
