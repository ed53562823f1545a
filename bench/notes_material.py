"""Bass and lead lines with known notes, for measuring transcription.

Two makers that share nothing: a small synthesiser (oscillators, filters, plucked strings, FM; slides, staccato,
legato, repeated and ghost notes) and FluidSynth with a General MIDI sound font. Seeds come in three sets:
FROZEN is what the bars are measured on, DEV what decoders were tuned on, UNSEEN what nobody listened to.
Changing anything here changes what the figures mean: add a maker instead.
"""

from __future__ import annotations

import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

import mido
import numpy as np
import scipy.signal
import soundfile as sf

RATE = 44100
FROZEN = range(1000, 1040)
DEV = range(2000, 2060)
UNSEEN = range(9000, 9060)
SOUND_FONT = Path("/usr/share/sounds/sf2/FluidR3_GM.sf2")

Array = np.ndarray


@dataclass(frozen=True)
class Played:
    """One note as played. slide_from: semitones from which its pitch glides, 0 for none."""

    start_s: float
    end_s: float
    pitch: int
    loudness: float
    slide_from: float = 0.0


@dataclass(frozen=True)
class Line:
    name: str
    audio: Array  # (frames,) float32 at RATE
    notes: list[Played]


SCALES = ((0, 2, 3, 5, 7, 8, 10), (0, 2, 4, 5, 7, 9, 11), (0, 3, 5, 7, 10), (0, 2, 3, 5, 7, 9, 10))
RHYTHMS: tuple[tuple[float, ...], ...] = (
    (1, 1, 1, 1),
    (0.5,) * 8,
    (0.25,) * 16,
    (0.75, 0.75, 0.5, 1, 1),
    (1.5, 0.5, 1, 1),
    (0.5, 0.25, 0.25, 1, 0.5, 0.5, 1),
    (2, 2),
    (1 / 3,) * 12,
    (0.5, 0.5, 1, 0.25, 0.25, 0.5, 1),
)


def compose(draw: np.random.Generator, low: int, high: int, length_s: float, lead: bool) -> list[Played]:
    """A line of one voice: bars of rhythm cells over a scale, with an articulation that changes by phrase."""
    beat_s = 60 / draw.uniform(70, 170)
    scale = SCALES[draw.integers(len(SCALES))]
    root = int(draw.integers(low, low + 12))
    ladder = [p for p in range(low, high + 1) if (p - root) % 12 in scale]
    place = int(draw.integers(len(ladder)))
    now, notes = float(draw.uniform(0.05, 0.6)), []
    while now < length_s - 0.6:
        rhythm = RHYTHMS[draw.integers(len(RHYTHMS))]
        gate = float(draw.choice([0.3, 0.5, 0.7, 0.9, 0.98, 1.0]))
        stay = float(draw.choice([0.0, 0.2, 0.5, 0.9]))
        ghosts, rests, slides = draw.uniform(0, 0.12), draw.uniform(0, 0.2), draw.choice([0.0, 0.0, 0.15])
        for beats in rhythm:
            step_s = beats * beat_s
            if step_s >= 0.09 and now + step_s < length_s - 0.05 and draw.random() >= rests:
                if draw.random() >= stay:
                    leap = int(draw.choice([-7, -4, -3, -2, -1, 1, 2, 3, 4, 7]))
                    place = int(np.clip(place + leap, 0, len(ladder) - 1))
                ghost = not lead and draw.random() < ghosts
                loud = draw.uniform(0.25, 0.4) if ghost else draw.uniform(0.55, 1.0)
                held_s = max(0.07, step_s * (min(gate, 0.5) if ghost else gate))
                slide = float(draw.choice([-5, -3, -2, -1, 1, 2])) if draw.random() < slides else 0.0
                notes.append(Played(now, now + min(held_s, step_s), ladder[place], float(loud), slide))
            now += step_s
    return notes


def oscillator(draw: np.random.Generator, kind: str, phase: Array) -> Array:
    """kind: sine, triangle, saw, square, pulse, fm, organ; from a running phase in radians, aliasing held down
    by summing harmonics only up to 8 kHz."""
    step = np.diff(phase, prepend=phase[0] - 0.01).max()
    top = int(np.clip(8000 / (max(step, 1e-4) * RATE / (2 * np.pi)), 1, 60))
    if kind == "sine":
        return np.sin(phase) + 0.03 * np.sin(2 * phase)
    if kind == "fm":
        ratio, depth = draw.choice([1, 2, 3]), draw.uniform(0.5, 4)
        decay = np.exp(-np.arange(len(phase)) / RATE * draw.uniform(1, 8))
        return np.sin(phase + depth * decay * np.sin(ratio * phase))
    if kind == "organ":
        return sum(g * np.sin(h * phase) for h, g in ((1, 1), (2, 0.6), (3, 0.4), (4, 0.3), (6, 0.15)))
    width = draw.uniform(0.15, 0.4)
    gains = {
        "saw": lambda h: 1 / h,
        "square": lambda h: (h % 2) / h,
        "triangle": lambda h: (h % 2) / h**2,
        "pulse": lambda h: np.sin(np.pi * h * width) / h,
    }[kind]
    return sum(gains(h) * np.sin(h * phase) for h in range(1, top + 1))


def synth_voice(draw: np.random.Generator, notes: list[Played], length_s: float, vibrato: bool) -> Array:
    """Every note through one patch drawn at random."""
    kind = str(draw.choice(["sine", "triangle", "saw", "square", "pulse", "fm", "organ"]))
    attack_s = float(draw.choice([0.002, 0.005, 0.01, 0.02] + ([0.04] if vibrato else [])))
    decay, sustain = float(draw.uniform(0.5, 8)), float(draw.choice([0.0, 0.3, 0.6, 1.0]))
    cutoff, swept = float(draw.uniform(300, 4000)), float(draw.choice([0, 0, 2, 5]))
    drive, sub = float(draw.choice([0, 0, 0, 2, 5])), float(draw.choice([0, 0, 0, 0.4]))
    tuning_cents = float(draw.uniform(-15, 15))
    audio = np.zeros(int(length_s * RATE) + RATE)
    for note in notes:
        count = int((note.end_s - note.start_s + 0.03) * RATE)
        t = np.arange(count) / RATE
        bend = note.slide_from * np.clip(1 - t / 0.07, 0, 1)
        if vibrato:
            bend = bend + 0.35 * np.clip((t - 0.2) / 0.2, 0, 1) * np.sin(2 * np.pi * 5.5 * t)
        hz = 440 * 2 ** ((note.pitch - 69 + tuning_cents / 100 + bend) / 12)
        phase = 2 * np.pi * np.cumsum(hz) / RATE
        wave = oscillator(draw, kind, phase) + sub * np.sin(phase / 2)
        level = sustain + (1 - sustain) * np.exp(-decay * t)
        level *= np.minimum(1, t / attack_s) * np.clip((note.end_s - note.start_s + 0.03 - t) / 0.03, 0, 1)
        hz_top = min(18000.0, cutoff * (1 + swept * note.loudness))
        wave = scipy.signal.sosfilt(scipy.signal.butter(2, hz_top, fs=RATE, output="sos"), wave)
        first = int(note.start_s * RATE)
        audio[first : first + count] += note.loudness * level * wave
    audio /= max(1e-9, np.abs(audio).max())
    return np.tanh(drive * audio) if drive else audio


def plucked_voice(draw: np.random.Generator, notes: list[Played], length_s: float) -> Array:
    """Karplus-Strong strings with a pick position; each string is damped when the note ends."""
    bright, damping = draw.uniform(0.2, 0.95), draw.uniform(0.990, 0.9985)
    audio = np.zeros(int(length_s * RATE) + RATE)
    for note in notes:
        period = RATE / (440 * 2 ** ((note.pitch - 69) / 12))
        delay = int(period - 0.5)
        spread = period - 0.5 - delay
        allpass = (1 - spread) / (1 + spread)
        pick = scipy.signal.lfilter([bright], [1, bright - 1], draw.uniform(-1, 1, delay))
        pick -= np.roll(pick, int(delay * draw.uniform(0.1, 0.4)))
        count = int((note.end_s - note.start_s + 0.05) * RATE)
        drive = np.zeros(count)
        drive[: min(delay, count)] = pick[:count]
        # y[n] = x[n] + g * 0.5 * (1 + z^-1) * allpass(z) * y[n - delay]
        loop_b = damping * 0.5 * np.convolve([1, 1], [allpass, 1])
        a = np.zeros(delay + 3)
        a[:2] = [1, allpass]
        a[delay : delay + 3] -= loop_b
        wave = scipy.signal.lfilter([1, allpass], a, drive)
        wave *= np.clip((count / RATE - np.arange(count) / RATE) / 0.04, 0, 1)
        wave /= max(1e-9, np.abs(wave).max())
        first = int(note.start_s * RATE)
        audio[first : first + count] += note.loudness * wave
    return audio / max(1e-9, np.abs(audio).max())


def line(seed: int, part: str, length_s: float = 12.0) -> Line:
    """part: "bass" (fundamentals 40 to 140 Hz) or "lead" (165 to 900 Hz)."""
    draw = np.random.default_rng(seed)
    lead = part == "lead"
    notes = compose(draw, *((52, 81) if lead else (28, 49)), length_s, lead)
    plucked = draw.random() < 0.3
    if plucked:
        notes = [Played(n.start_s, n.end_s, n.pitch, n.loudness) for n in notes]
    audio = plucked_voice(draw, notes, length_s) if plucked else synth_voice(draw, notes, length_s, lead)
    audio = audio[: int(length_s * RATE)]
    gain, noise = 10 ** (draw.uniform(-18, -1) / 20), 10 ** (draw.uniform(-90, -55) / 20)
    audio = gain * audio / np.abs(audio).max() + noise * draw.standard_normal(len(audio))
    return Line(f"{part}-{seed}", audio.astype(np.float32), notes)


def general_midi_line(seed: int, program: int, part: str = "bass", length_s: float = 12.0) -> Line:
    """The same compositions without slides, played by FluidSynth. Raises FileNotFoundError without it."""
    draw = np.random.default_rng(seed)
    lead = part == "lead"
    composed = compose(draw, *((52, 81) if lead else (28, 49)), length_s, lead)
    notes = [Played(n.start_s, n.end_s, n.pitch, n.loudness) for n in composed]
    song = mido.MidiFile(ticks_per_beat=960)
    track = mido.MidiTrack([mido.Message("program_change", program=program)])
    song.tracks.append(track)
    events = [(n.end_s, 0, n) for n in notes] + [(n.start_s, 1, n) for n in notes]
    at = 0
    for time_s, on, n in sorted(events, key=lambda event: event[:2]):
        tick = round(time_s * 1920)
        velocity = round(127 * n.loudness) if on else 0
        track.append(mido.Message("note_on", note=n.pitch, velocity=velocity, time=tick - at))
        at = tick
    with tempfile.TemporaryDirectory() as folder:
        midi, wav = Path(folder, "line.mid"), Path(folder, "line.wav")
        song.save(midi)
        command = ["fluidsynth", "-ni", "-R", "0", "-C", "0", "-g", "0.7", "-r", str(RATE), "-F", str(wav)]
        subprocess.run([*command, str(SOUND_FONT), str(midi)], check=True, capture_output=True)
        audio, _ = sf.read(wav, dtype="float32", always_2d=True)
    return Line(f"gm{program}-{seed}", audio.mean(axis=1)[: int(length_s * RATE)], notes)
