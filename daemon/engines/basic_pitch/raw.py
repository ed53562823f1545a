"""Notes as Basic Pitch itself finds them: the same notes as `basic_pitch.inference.predict`, in less time.

The algorithm is the one of `basic_pitch.note_creation` (Bittner et al., "A Lightweight Instrument-Agnostic
Model for Polyphonic Note Transcription and Multipitch Estimation", ICASSP 2022; the second pass follows
Melodia, Salamon and Gómez 2012). It is written anew because the original searches the whole recording once
for every note and walks frame by frame in Python.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from daemon.engines.basic_pitch.constants import (
    BINS_PER_SEMITONE,
    CONTOUR_BINS,
    FRAME_HOP,
    LOWEST_PITCH,
    PITCHES,
    RATE,
    WINDOW_FRAMES,
    WINDOW_SAMPLES,
)
from daemon.engines.basic_pitch.posteriors import Matrix, Posteriors
from daemon.engines.basic_pitch.tracking import frames_until_gap

BEND_REACH_BINS = 25


@dataclass(frozen=True, slots=True)
class Thresholds:
    """onset, frame: 0..1. minimum_frames: a note must be longer than this. lowest, highest: the columns
    lowest..highest-1 may sound (0..88)."""

    onset: float = 0.5
    frame: float = 0.3
    minimum_frames: int = 11
    lowest: int = 0
    highest: int = PITCHES


@dataclass(frozen=True, slots=True)
class FrameNote:
    """A note in frames of its section: first..last-1. amplitude: mean probability."""

    first: int
    last: int
    pitch: int
    amplitude: float


@dataclass(slots=True)
class Scale:
    """The greatest onset and the greatest rise of a whole recording: rises are scaled to the onsets."""

    onset: float = 0.0
    rise: float = 0.0

    def look(self, onsets: Matrix, rises: NDArray[np.float64]) -> None:
        self.onset = max(self.onset, float(onsets.max(initial=0.0)))
        self.rise = max(self.rise, float(rises.max(initial=0.0)))


def constrain(matrix: Matrix, limits: Thresholds) -> Matrix:
    """A copy with the pitches outside the limits set to 0."""
    kept = matrix.copy()
    kept[:, limits.highest :] = 0
    kept[:, : limits.lowest] = 0
    return kept


def rises(notes: Matrix, before: Matrix) -> NDArray[np.float64]:
    """How much each pitch grew against both the frame before and the one before that, 0 where it fell.

    notes: (n, 88). before: the up to two frames before them; with fewer, the first frames count as no rise, as
    at the start of a recording.
    """
    joined = np.concatenate([before, notes]).astype(np.float64)
    grown = np.zeros_like(joined)
    grown[2:] = np.minimum(joined[2:] - joined[1:-1], joined[2:] - joined[:-2]).clip(min=0)
    return np.asarray(grown[len(before) :])


def onset_strength(onsets: Matrix, grown: NDArray[np.float64], scale: Scale) -> NDArray[np.float64] | None:
    """The predicted onsets together with those inferred from rises; None when nothing in the recording rises
    (Basic Pitch then divides by zero and finds no onset)."""
    if scale.rise == 0:
        return None
    return np.asarray(np.maximum(onsets, scale.onset * grown / scale.rise))


def find_notes(notes: Matrix, strength: NDArray[np.float64] | None, limits: Thresholds) -> list[FrameNote]:
    """notes: (n, 88), already constrained, bounded by silence or the ends of the recording. In the order in
    which Basic Pitch finds them: from onsets, last first; then from what is left, strongest first."""
    left = np.ascontiguousarray(notes.T, dtype=np.float64)
    found = [] if strength is None else _from_onsets(notes, left, strength, limits)
    return found + _from_rest(notes, left, limits)


def _from_onsets(
    notes: Matrix, left: NDArray[np.float64], strength: NDArray[np.float64], limits: Thresholds
) -> list[FrameNote]:
    middle = strength[1:-1]
    peaks = (middle > strength[:-2]) & (middle > strength[2:]) & (middle >= limits.onset)
    found = []
    for peak, column in np.argwhere(peaks)[::-1].tolist():
        first = peak + 1
        walked, quiet = frames_until_gap(left[column, first + 1 : -1], limits.frame)
        last = first + 1 + walked - quiet
        if last - first <= limits.minimum_frames:
            continue
        left[max(column - 1, 0) : column + 2, first:last] = 0
        found.append(_note(notes, first, last, column))
    return found


def _from_rest(notes: Matrix, left: NDArray[np.float64], limits: Thresholds) -> list[FrameNote]:
    """What no onset explains. The strongest cell left seeds each note; a running maximum per frame finds it."""
    strongest = left.max(axis=0, initial=0.0)
    found = []
    while len(strongest) and strongest[seed := int(strongest.argmax())] > limits.frame:
        column = int(left[:, seed].argmax())
        left[column, seed] = 0
        ahead, quiet_ahead = frames_until_gap(left[column, seed + 1 : -1], limits.frame)
        behind, quiet_behind = frames_until_gap(left[column, 1 : max(seed, 1)][::-1], limits.frame)
        low, high = max(column - 1, 0), column + 2
        left[low:high, seed + 1 : seed + 1 + ahead] = 0
        left[low:high, seed - behind : seed] = 0
        walked = slice(seed - behind, seed + 1 + ahead)
        strongest[walked] = left[:, walked].max(axis=0)
        first, last = seed - behind + quiet_behind, seed + ahead - quiet_ahead
        if last - first > limits.minimum_frames:
            found.append(_note(notes, first, last, column))
    return found


def _note(notes: Matrix, first: int, last: int, column: int) -> FrameNote:
    return FrameNote(first, last, column + LOWEST_PITCH, float(np.mean(notes[first:last, column])))


def bends_in_thirds(section: Posteriors, note: FrameNote) -> NDArray[np.int64]:
    """For each frame of the note, how many thirds of a semitone the strongest contour is away from its pitch,
    under a Gaussian (sigma 5 bins) round the pitch that keeps to the nearest one."""
    centre = (note.pitch - LOWEST_PITCH) * BINS_PER_SEMITONE
    low, high = max(centre - BEND_REACH_BINS, 0), min(centre + BEND_REACH_BINS + 1, CONTOUR_BINS)
    offset = np.arange(low, high) - float(centre)
    nearness = np.exp(-(offset**2) / (2 * 5 * 5))
    weighted = section.contours[note.first : note.last, low:high] * nearness
    return np.asarray(weighted.argmax(axis=1) + low - centre)


def nominal_times(first: int, count: int) -> NDArray[np.float64]:
    """Times of frames by Basic Pitch's own reckoning (`model_frames_to_time`), within about 10 ms of the true
    ones: it supposes windows of 172 frames and corrects by a constant found by trial."""
    index = np.arange(first, first + count)
    per_window = (FRAME_HOP / RATE) * (WINDOW_FRAMES - (WINDOW_SAMPLES / FRAME_HOP)) + 0.0018
    return np.asarray((index * FRAME_HOP) / float(RATE) - per_window * np.floor(index / WINDOW_FRAMES))
