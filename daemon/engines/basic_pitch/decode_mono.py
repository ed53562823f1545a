"""Mode "mono": one note at a time, for bass and lead vocals."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from daemon.engines.basic_pitch.breaks import break_frames
from daemon.engines.basic_pitch.constants import LOWEST_PITCH, PITCHES, RATE
from daemon.engines.basic_pitch.evidence import MARGIN_SAMPLES, Evidence, gather
from daemon.engines.basic_pitch.posteriors import Spool, frame_times
from daemon.engines.basic_pitch.sections import loudest_notes, section_bounds
from daemon.engines.basic_pitch.settings import Settings
from daemon.engines.basic_pitch.voice import (
    VoiceNote,
    follow,
    network_probability,
    onset_probability,
    scores,
    sounding_pitch,
)
from daemon.engines.protocol import Note
from daemon.kernel.checkpoint import Checkpoint

_LONGEST_FRAMES = 15_000
"""A section's evidence takes about 1 kB for each frame and key range: three minutes at most."""
_DEFAULT_MINIMUM_MS = 45.0
_BREAK_PROBABILITY = 0.9
_SCRAP_S = 0.1
_SCRAP_CONFIDENCE = 0.3
_BEND_STEP_CENTS = 5.0
_BEND_LIMIT_CENTS = 1_200.0


def decode(spool: Spool, settings: Settings, checkpoint: Checkpoint) -> list[Note]:
    limits = settings.thresholds()
    found: list[Note] = []
    bounds = section_bounds(loudest_notes(spool, limits), limits.frame, _LONGEST_FRAMES)
    for first, last in pairwise(bounds):
        if last > first:
            found += _section(spool, first, last, settings)
        checkpoint(0.9 + 0.1 * last / max(1, spool.frames), "notes")
    minimum_ms = _DEFAULT_MINIMUM_MS if settings.minimum_note_ms is None else settings.minimum_note_ms
    return [note for note in found if _stands(note, minimum_ms / 1000)]


def _stands(note: Note, minimum_s: float) -> bool:
    """Long enough, and not one of the scraps between two notes that no evidence carries."""
    length_s = note.end_s - note.start_s
    return length_s >= minimum_s and (length_s >= _SCRAP_S or note.confidence >= _SCRAP_CONFIDENCE)


def _section(spool: Spool, first: int, last: int, settings: Settings) -> list[Note]:
    section = spool.read(first, last)
    times = frame_times(first, last - first + 1)
    centres = np.round(times[:-1] * RATE).astype(np.int64)
    start = max(0, int(centres[0]) - MARGIN_SAMPLES)
    audio = spool.read_audio(start, int(centres[-1]) + MARGIN_SAMPLES)
    evidence = gather(audio, centres - start)
    limits = settings.thresholds()
    probability = network_probability(section)
    score = scores(probability, evidence, limits.lowest, limits.highest)
    breaks = break_frames(audio, centres - start, sounding_pitch(score, evidence))
    onset = np.maximum(onset_probability(section, evidence), _BREAK_PROBABILITY * breaks)
    notes = follow(score, onset, evidence.rms, settings.onset_threshold)
    loud = max(float(np.percentile(evidence.rms, 95)), 1e-6)
    return [_note(note, evidence, probability, times, loud, settings.bends) for note in notes]


def _note(
    note: VoiceNote,
    evidence: Evidence,
    probability: NDArray[np.float32],
    times: NDArray[np.float64],
    loud: float,
    bends: bool,
) -> Note:
    span = slice(note.first, note.last)
    exact = _exact_pitch(note, evidence)
    pitch = round(float(np.median(exact[min(3, len(exact) - 1) :])))
    column = min(max(pitch - LOWEST_PITCH, 0), PITCHES - 1)
    periodic = float(np.mean(evidence.periodicity[span, column]))
    confidence = float(np.sqrt(periodic * float(np.mean(probability[span, column]))))
    velocity = _velocity(float(evidence.rms[span].max()) / loud)
    moves = _bends(times[span], 100 * (exact - pitch)) if bends else ()
    return Note(float(times[note.first]), float(times[note.last]), pitch, velocity, confidence, moves)


def _exact_pitch(note: VoiceNote, evidence: Evidence) -> NDArray[np.float64]:
    """(frames,) MIDI numbers: for each frame the most periodic pitch within a semitone and a half."""
    low, high = max(note.column - 1, 0), min(note.column + 2, PITCHES)
    periodicity = evidence.periodicity[note.first : note.last, low:high]
    best = periodicity.argmax(axis=1)[:, None]
    exact = np.take_along_axis(evidence.pitch[note.first : note.last, low:high], best, axis=1)
    return np.asarray(exact[:, 0], dtype=np.float64)


def _velocity(amplitude: float) -> int:
    """amplitude: of the loudest frame, the voice's loud level = 1. Velocity goes with the square root of the
    amplitude (a 40 dB law, as General MIDI synthesisers have it); the loud level is 100."""
    return min(127, max(1, round(100 * float(np.sqrt(amplitude)))))


def _bends(times: NDArray[np.float64], cents: NDArray[np.float64]) -> tuple[tuple[float, float], ...]:
    """Points where the pitch has moved by more than _BEND_STEP_CENTS since the last point."""
    kept: list[tuple[float, float]] = []
    level = 0.0
    for time_s, value in zip(times.tolist(), _smooth(cents).tolist(), strict=True):
        if abs(value - level) > _BEND_STEP_CENTS:
            level = float(np.clip(value, -_BEND_LIMIT_CENTS, _BEND_LIMIT_CENTS))
            kept.append((time_s, level))
    return tuple(kept)


def _smooth(cents: NDArray[np.float64]) -> NDArray[np.float64]:
    """A running median of five frames: single frames between two notes hold either pitch."""
    padded = np.pad(cents, 2, mode="edge")
    return np.asarray(np.median(np.lib.stride_tricks.sliding_window_view(padded, 5), axis=1))
