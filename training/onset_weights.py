"""Trains the weights by which the slicer tells hits from other rises, and writes them as a table.

uv run python -m training.onset_weights [--takes 48]
Material: synthesised takes of the bench's development families and takes with four kits of two sound fonts
(Debian: fluid-soundfont-gm, musescore-general-soundfont), both under the MIT licence, and sparse hits under long
tails, all with seeds that no bench uses. Same input, same table.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.signal import butter, sosfilt
from sklearn.linear_model import LogisticRegression

from bench.drum_patterns import Take, audible_delay_s, merge, play
from bench.drum_sounds import DEV_FAMILIES, make_kit
from bench.gm_kits import DEV_PROGRAMS, SOUND_FONT, render_kit
from daemon.steps.slicing.attack import Envelopes
from daemon.steps.slicing.evidence import NAMES, gather
from daemon.steps.slicing.novelty import hop_frames, listen, novelty

FONTS = (SOUND_FONT, Path("/usr/share/sounds/sf3/MuseScore_General_Full.sf3"))
TABLE = Path(__file__).parents[1] / "daemon/steps/slicing/hit_weights.py"
WINDOW_S = 0.025
LEAD_S = 0.05
SPARSE = 12
DULLED = 16
INVERSE_REGULARISATION = 0.3


def takes(count: int) -> Iterator[Take]:
    """`count` synthesised takes, as many of sampled kits, one in DULLED of them without its treble, and SPARSE for
    each hundred of those."""
    for i, take in enumerate(_bright(count)):
        yield dulled(np.random.default_rng(520_000 + i), take) if i % DULLED == 0 else take
    for i in range(2 * count * SPARSE // 100):
        yield sparse(np.random.default_rng(530_000 + i), 44100)


def _bright(count: int) -> Iterator[Take]:
    for i in range(count):
        rng = np.random.default_rng(500_000 + i)
        rate = int(rng.choice([44100, 48000]))
        yield play(rng, make_kit(rng, rate, DEV_FAMILIES), rate)
    kits = [render_kit(program, 44100, font) for program in DEV_PROGRAMS for font in FONTS]
    for i in range(count):
        yield play(np.random.default_rng(510_000 + i), kits[i % len(kits)], 44100)


def dulled(rng: np.random.Generator, take: Take) -> Take:
    """The take without what lies above a random frequency, half of the time at half its rate."""
    cut_hz = rng.uniform(3000, 9500)
    dull = sosfilt(butter(8, cut_hz, "lowpass", fs=take.rate, output="sos"), take.audio).astype(np.float32)
    if rng.random() < 0.5:
        return replace(take, audio=dull)
    return replace(take, audio=np.ascontiguousarray(dull[:, ::2]), rate=take.rate // 2)


def sparse(rng: np.random.Generator, rate: int, length_s: float = 12.0) -> Take:
    """Few hits, many of them long tails of coloured noise: so that their flutter is learnt to be no hit."""
    kit = make_kit(rng, rate, DEV_FAMILIES)
    audio = 1e-4 * rng.standard_normal((1, int(length_s * rate)))
    onsets_s = []
    at_s = 0.3
    while at_s < length_s - 1:
        start = round(at_s * rate)
        if rng.random() < 0.6:
            sound = kit[str(rng.choice(list(kit)))] * 10 ** (rng.uniform(-30, 0) / 20)
        else:
            sound = wash(rng, audio.shape[1] - start, rate) * 10 ** (rng.uniform(-20, 0) / 20)
        sound = sound[: audio.shape[1] - start]
        audio[0, start : start + sound.size] += sound
        onsets_s.append(at_s + audible_delay_s(sound, rate))
        at_s += rng.uniform(0.15, 1.5)
    audio *= 0.8 / np.abs(audio).max()
    return Take(audio.astype(np.float32), rate, 0.0, merge(onsets_s), [])


def wash(rng: np.random.Generator, frames: int, rate: int) -> NDArray[np.float64]:
    """A tail of noise above a random frequency, peak 1."""
    cut_hz = float(rng.choice([20.0, 500.0, 2000.0, 5000.0]))
    sos = butter(2, cut_hz, "highpass", fs=rate, output="sos")
    noise = sosfilt(sos, rng.standard_normal(frames)) * np.exp(
        -np.arange(frames) / rate / rng.uniform(0.2, 4.0)
    )
    return np.asarray(noise / np.abs(noise).max())


def examples(take: Take) -> tuple[NDArray[np.float32], NDArray[np.bool_]]:
    """Evidence of each candidate, and whether it is a hit."""
    peak = float(np.abs(take.audio).max())
    hop = hop_frames(take.rate)
    lead = int(LEAD_S * take.rate) // hop * hop
    audio = np.pad(take.audio, ((0, 0), (lead, 0)))
    low, high = listen(audio, take.rate, peak)
    evidence = gather(low, high, novelty(low, high))
    envelopes = Envelopes(audio, take.rate, peak)
    starts = [(envelopes.attack_start(int(frame) * hop) - lead) / take.rate for frame in evidence.frames]
    return evidence.values, hits(np.array(starts), take.onsets_s)


def hits(starts_s: NDArray[np.float64], onsets_s: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Which of the candidates are onsets: one for each onset, the nearest first, within WINDOW_S."""
    gaps = np.abs(starts_s[:, None] - onsets_s)
    hit, taken = np.zeros(starts_s.size, bool), np.zeros(onsets_s.size, bool)
    for flat in np.argsort(gaps, axis=None, kind="stable"):
        i, j = np.unravel_index(flat, gaps.shape)
        if gaps[i, j] > WINDOW_S:
            break
        if not hit[i] and not taken[j]:
            hit[i] = taken[j] = True
    return hit


def train(values: NDArray[np.float32], hit: NDArray[np.bool_]) -> tuple[float, NDArray[np.float64]]:
    """(bias, weights) for values as they are, fitted on standardised ones."""
    mean, scale = values.mean(axis=0), values.std(axis=0) + 1e-6
    model = LogisticRegression(C=INVERSE_REGULARISATION, max_iter=3000).fit((values - mean) / scale, hit)
    weights = model.coef_[0] / scale
    return float(model.intercept_[0] - weights @ mean), weights


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--takes", type=int, default=48)
    pairs = [examples(take) for take in takes(options.parse_args().takes)]
    values, hit = (np.concatenate(part) for part in zip(*pairs, strict=True))
    bias, weights = train(values, hit)
    rows = "".join(
        f'    "{name}": {weight:.4f},\n' for name, weight in zip(NAMES, weights.tolist(), strict=True)
    )
    title = '"""Weights of the evidence for a hit. Written by training/onset_weights.py."""'
    TABLE.write_text(f"{title}\n\nBIAS = {bias:.4f}\nWEIGHTS: dict[str, float] = {{\n{rows}}}\n")
    print(f"{hit.size} candidates, {int(hit.sum())} hits")


if __name__ == "__main__":
    main()
