"""One voice through the frames: which single pitch sounds, or none, and where notes begin.

A Viterbi search over the 88 keys and silence. A key scores by the network's probability and by the audio's
periodicity at it; moving to another key costs, less where something is struck. The network's ghosts are
overtones (an octave, a twelfth above), periodicity's are undertones (an octave below): a key is credible only
where both agree, and a key whose octave or twelfth above is as periodic as itself is taken for an undertone.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from daemon.engines.basic_pitch.constants import BINS_PER_SEMITONE, PITCHES
from daemon.engines.basic_pitch.evidence import Evidence
from daemon.engines.basic_pitch.posteriors import Posteriors

Array64 = NDArray[np.float64]

SILENCE = PITCHES
_MOVE_COST = 6.0
_LEAST_COST = 0.3
_QUIET_RMS = 0.03
"""Of the section's loud level: below it there is no note."""
_FLOOR_RMS = 10 ** (-50 / 20)
"""A section that is quieter than this everywhere is bleed, not a voice."""
_NEAR_FRAMES = 4
_GLIDE_FRAMES = 9
_WOBBLE_FRAMES = 5
_SPLIT_FRAMES = 5
_RELEASE_FRAMES = 5
_RELEASE_RATIO = 0.25


@dataclass(frozen=True, slots=True)
class VoiceNote:
    """first..last-1: frames of the section. column: key, 0 = A0."""

    first: int
    last: int
    column: int


def sounding_pitch(score: Array64, evidence: Evidence) -> Array64:
    """(frames,) the exact pitch of each frame's best key, whether or not anything sounds."""
    best = score[:, :SILENCE].argmax(axis=1)[:, None]
    return np.asarray(np.take_along_axis(evidence.pitch, best, axis=1)[:, 0], dtype=np.float64)


def onset_probability(section: Posteriors, evidence: Evidence) -> Array64:
    """(frames,) that something is struck: a logistic regression of the flux and the network's onsets, fitted
    on synthesised lines (bench/notes_material.py, set DEV)."""
    onsets = section.onsets.max(axis=1)
    spread = np.max([_shifted(onsets, by) for by in range(-2, 3)], axis=0)
    score = 2.8 * np.log(evidence.strike + 1e-4) + 2.9 * spread + 3.3
    return np.asarray(1 / (1 + np.exp(-score.astype(np.float64))))


def _shifted(row: NDArray[np.float32], by: int) -> NDArray[np.float32]:
    moved = np.zeros_like(row)
    if by >= 0:
        moved[by:] = row[: len(row) - by]
    else:
        moved[:by] = row[-by:]
    return moved


def network_probability(section: Posteriors) -> NDArray[np.float32]:
    """(frames, 88): a note sounds, by its note column or by its contours."""
    contours = section.contours.reshape(len(section), PITCHES, BINS_PER_SEMITONE).max(axis=2)
    return np.asarray(np.maximum(section.notes, 0.8 * contours))


def scores(probability: NDArray[np.float32], evidence: Evidence, lowest: int, highest: int) -> Array64:
    """(frames, 89) log scores; the last column is silence. Keys outside lowest..highest-1 cannot sound."""
    periodicity = evidence.periodicity.astype(np.float64)
    credible = periodicity**2 * (0.2 + 0.8 * _fundamental(periodicity))
    keys = np.log(0.03 + probability) + np.log(0.05 + credible)
    keys[:, :lowest] = -20
    keys[:, highest:] = -20
    loud = max(float(np.percentile(evidence.rms, 95)), _FLOOR_RMS)
    silence = np.log(0.15) + np.log(0.55) + np.where(evidence.rms < _QUIET_RMS * loud, 20.0, 0.0)
    return np.concatenate([keys, silence[:, None]], axis=1)


def _fundamental(periodicity: Array64) -> Array64:
    """(frames, 88) 0..1: how far each key is a fundamental and not an undertone. A tone whose even partials
    carry nearly all of it is as periodic an octave up. The bounds leave room on both sides: basses as they are
    played reach a fifth of their periodicity an octave up, tones with a sub-oscillator are above a half."""
    octave, twelfth = np.zeros_like(periodicity), np.zeros_like(periodicity)
    octave[:, :-12] = periodicity[:, 12:]
    twelfth[:, :-19] = periodicity[:, 19:]
    from_octave = (0.6 - octave / np.maximum(periodicity, 1e-3)) / 0.3
    from_twelfth = (periodicity - twelfth + 0.02) / 0.4
    return np.asarray(np.clip(np.minimum(from_octave, from_twelfth), 0, 1))


def best_path(score: Array64, move_cost: Array64) -> NDArray[np.int64]:
    """score: (frames, states). move_cost: (frames,) for entering another state. The path of highest sum."""
    frames, states = score.shape
    came_from = np.empty((frames, states), np.int16)
    stay = np.arange(states, dtype=np.int16)
    value = score[0].copy()
    for frame in range(1, frames):
        best = int(value.argmax())
        moved = value[best] - move_cost[frame]
        came_from[frame] = np.where(moved > value, best, stay)
        value = np.maximum(value, moved) + score[frame]
    path = np.empty(frames, np.int64)
    path[-1] = value.argmax()
    for frame in range(frames - 1, 0, -1):
        path[frame - 1] = came_from[frame, path[frame]]
    return path


def peaks(onset: Array64, threshold: float) -> NDArray[np.int64]:
    """Frames whose onset probability is over the threshold and the highest within _NEAR_FRAMES."""
    padded = np.pad(onset, _NEAR_FRAMES)
    highest = np.lib.stride_tricks.sliding_window_view(padded, 2 * _NEAR_FRAMES + 1).max(axis=1)
    return np.flatnonzero((onset == highest) & (onset > threshold))


def follow(score: Array64, onset: Array64, rms: NDArray[np.float32], threshold: float) -> list[VoiceNote]:
    """The notes of the voice, in order, one at a time. rms: (frames,) tells a strike from a release."""
    path = best_path(score, np.maximum(_LEAST_COST, _MOVE_COST * (1 - onset)))
    struck = _attacks(peaks(onset, threshold), rms)
    return _snap(_split(_join(_runs(path), struck), struck), struck)


def _attacks(struck: NDArray[np.int64], rms: NDArray[np.float32]) -> NDArray[np.int64]:
    """Without the clicks of a string being damped: after those it is quiet."""
    before = rms[np.maximum(struck - _RELEASE_FRAMES, 0)]
    after = rms[np.minimum(struck + _RELEASE_FRAMES, len(rms) - 1)]
    return struck[after > _RELEASE_RATIO * before]


def _runs(path: NDArray[np.int64]) -> list[VoiceNote]:
    edges = [0, *(np.flatnonzero(np.diff(path)) + 1).tolist(), len(path)]
    runs = (VoiceNote(a, b, int(path[a])) for a, b in pairwise(edges) if b > a)
    return [run for run in runs if run.column != SILENCE]


def _join(runs: list[VoiceNote], struck: NDArray[np.int64]) -> list[VoiceNote]:
    """A short pitch that leads into the next without a new strike is a slide into it; a short one after a note
    is its wobble."""
    joined: list[VoiceNote] = []
    for run in runs:
        last = joined[-1] if joined else None
        if last is None or last.last != run.first or _any_near(struck, run.first):
            joined.append(run)
        elif last.last - last.first < _GLIDE_FRAMES:
            joined[-1] = VoiceNote(last.first, run.last, run.column)
        elif run.last - run.first < _WOBBLE_FRAMES:
            joined[-1] = VoiceNote(last.first, run.last, last.column)
        else:
            joined.append(run)
    return joined


def _any_near(struck: NDArray[np.int64], frame: int) -> bool:
    place = int(np.searchsorted(struck, frame - _NEAR_FRAMES))
    return place < len(struck) and int(struck[place]) <= frame + _NEAR_FRAMES


def _split(notes: list[VoiceNote], struck: NDArray[np.int64]) -> list[VoiceNote]:
    """A strike inside a note is the same pitch played again."""
    parts = []
    for note in notes:
        cuts = [note.first]
        low, high = np.searchsorted(struck, [note.first + 4, note.last - 2])
        for frame in struck[low:high].tolist():
            if frame - cuts[-1] >= _SPLIT_FRAMES:
                cuts.append(frame)
        ends = [*cuts[1:], note.last]
        parts += [VoiceNote(a, b, note.column) for a, b in zip(cuts, ends, strict=True)]
    return parts


def _snap(notes: list[VoiceNote], struck: NDArray[np.int64]) -> list[VoiceNote]:
    """Begin each note at the strike next to where its pitch was first certain, and end it before the next."""
    begun = []
    for note in notes:
        near = struck[np.abs(struck - note.first) <= _NEAR_FRAMES]
        first = int(near[np.abs(near - note.first).argmin()]) if len(near) else note.first
        begun.append(VoiceNote(first, max(note.last, first + 1), note.column))
    ended = [
        VoiceNote(note.first, min(note.last, after.first), note.column) for note, after in pairwise(begun)
    ] + begun[-1:]
    return [note for note in ended if note.last > note.first]
