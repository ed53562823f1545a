"""How many bars a loop has: which of the few tempi that its length allows is the one that it is heard in.

A loop that goes round is a piece of any length, so the evidence that tells the tempo of songs (`tempo`) tells its tempo
too: of the curves of new sound and of changing harmony, joined end to beginning and played several times. Whether it
is whole bars at all is told by that evidence, which then speaks for no tempo but these, and by its attacks, which then
lie on a grid from end to end.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import maximum_filter1d

from daemon.steps.analysing.chroma import PitchClasses
from daemon.steps.analysing.key import harmony_at
from daemon.steps.analysing.nets import Floats, shares
from daemon.steps.analysing.periods import Rhythm, candidates, rhythm
from daemon.steps.analysing.pulses import curves_of, step_frames
from daemon.steps.analysing.tempo import NEAR, rows_of, scores

BARS = (1, 2, 4, 8, 16, 3, 6, 12)
LOWEST_BPM, HIGHEST_BPM = 60.0, 190.0
_SELDOM, _SELDOM_ODDS = (3, 6, 12), -0.5  # log odds
_DIVIDED_ODDS = 1.5
"""Log odds of beats that are struck between as well: those that nothing divides are counted too fast."""
_PLAYED_S = 20.0
_AROUND_S = 1.0  # of the other end, that is heard before the beginning and behind the end
_ON_GRID = (0.45, 0.85)
_LEAST_ATTACKS = 3
_FRAMES_PER_S = 200
_HELD = 11  # frames: within them the swing of a low tone and the beating of two are no attacks
_CLEAR_DB = 12.0  # a rise by more says no more: what begins after silence does not outweigh all the rest


def bars_of(audio: NDArray[np.float32], rate_hz: int, claimed_bpm: float | None) -> tuple[int, float] | None:
    """(bars, confidence 0..1) of audio (channels, n), in bars of four beats; None where no number of bars gives it a
    tempo, or hardly anything is struck. claimed_bpm: by the file's name, evidence and not truth."""
    length_s = audio.shape[1] / rate_hz
    bars = np.array([each for each in BARS if LOWEST_BPM <= 240.0 * each / length_s <= HIGHEST_BPM])
    attacks = _attacks(audio, rate_hz)
    if not bars.size or attacks is None:
        return None
    found, bpm, every_bpm = _going_round(audio, rate_hz), 240.0 * bars / length_s, candidates()
    divided = np.array([_on_grid(attacks, 8 * each) - _on_grid(attacks, 4 * each) for each in bars])
    odds = scores(found, bpm, claimed_bpm) + _DIVIDED_ODDS * divided + _SELDOM_ODDS * np.isin(bars, _SELDOM)
    best = int(np.argmax(odds))
    near = (np.abs(np.log2(every_bpm[:, None] / bpm)) < NEAR).any(axis=1)
    is_one = float(shares(scores(found, every_bpm, claimed_bpm))[near].sum())
    low, high = _ON_GRID
    whole = float(np.clip((_on_grid(attacks, 16 * int(bars[best])) - low) / (high - low), 0, 1))
    return int(bars[best]), is_one * whole * float(shares(odds)[best])


def _going_round(audio: NDArray[np.float32], rate_hz: int) -> Rhythm:
    """Of the sound, played over and over."""
    frames, step = audio.shape[1], step_frames(rate_hz)
    around = -(-int(_AROUND_S * rate_hz) // step) * step
    more = audio[:, np.arange(-around, frames + around) % frames]
    count = round(frames / step)
    fps = count * rate_hz / frames  # whole values from end to end
    struck = curves_of(more, rate_hz, float(np.abs(audio).max()))[:, around // step :][:, :count]
    pitches = PitchClasses(rate_hz, more.shape[1] / rate_hz)
    pitches.write(more.mean(axis=0))
    change = harmony_at(pitches, np.arange(count) / fps + around / rate_hz)
    times = int(np.ceil(_PLAYED_S * rate_hz / frames))
    return rhythm(rows_of(np.tile(struck, times), np.tile(change, times), fps), fps)


def _attacks(audio: NDArray[np.float32], rate_hz: int) -> Floats | None:
    """(n, 2): place within the sound (0..1) and strength of each attack."""
    size = rate_hz // _FRAMES_PER_S
    mono = audio.mean(axis=0)
    count = mono.size // size
    level = np.sqrt((mono[: count * size].reshape(count, size) ** 2).mean(axis=1)) + 1e-6
    level = maximum_filter1d(level, _HELD, origin=_HELD // 2, mode="constant")  # of the frames before
    loud = 20 * np.log10(level / level.max())
    before = np.maximum(np.concatenate([np.full(4, -60.0), loud[:-4]]), -60.0)
    rise = np.maximum(np.maximum(loud, -60.0) - before - 3.0, 0.0) * (loud > -36)
    top = (rise > 0) & (rise >= np.roll(rise, 1)) & (rise > np.roll(rise, -1))
    spots = np.flatnonzero(top)
    if spots.size < _LEAST_ATTACKS:
        return None
    return np.stack([spots / count, np.minimum(rise[spots], _CLEAR_DB)], axis=1)


def _on_grid(attacks: Floats, steps: int) -> float:
    """How much of the attacks' strength lies on a grid of so many steps from end to end: 1 all, 0 as by chance."""
    turns = 2 * np.pi * steps * attacks[:, 0]
    weight = attacks[:, 1] / attacks[:, 1].sum()
    # attacks are seen a little late, by the same time each: the direction of their sum does not count, but for a bound
    return float(np.abs((weight * np.exp(1j * turns)).sum()))
