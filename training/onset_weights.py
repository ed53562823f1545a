"""Trains the weights by which the slicer tells hits from other rises, and writes them as a table.

uv run python -m training.onset_weights
Material: synthesised takes of the bench's development families; takes with kits of three sound fonts (Debian:
fluid-soundfont-gm and musescore-general-soundfont, four kits each and none that the bench calls unseen, and
timgm6mb-soundfont) and with kits drawn from the drum samples of lmms-common, many of the kits with every sound a little
changed; sparse hits under long tails. All with seeds that no bench uses. Every source counts alike, by the square root
of its size. Same input, same table on the same machine.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import soundfile
import torch
from numpy.typing import NDArray
from scipy.signal import butter, resample_poly, sosfilt

from bench.drum_patterns import Take, audible_delay_s, merge, play
from bench.drum_sounds import DEV_FAMILIES, Sound, make_kit
from bench.gm_kits import DEV_PROGRAMS, SOUND_FONT, UNSEEN_PROGRAMS, render_kit
from daemon.steps.slicing.attack import Envelopes
from daemon.steps.slicing.evidence import gather
from daemon.steps.slicing.novelty import hop_frames, listen, novelty
from training import tables

FONTS = {  # font, its kits, how many takes
    "fluid": (SOUND_FONT, DEV_PROGRAMS, 84),
    "muse": (Path("/usr/share/sounds/sf3/MuseScore_General_Full.sf3"), DEV_PROGRAMS, 84),
    "tim": (Path("/usr/share/sounds/sf2/TimGM6mb.sf2"), tuple(sorted(DEV_PROGRAMS + UNSEEN_PROGRAMS)), 8),
}
LMMS = Path("/usr/share/lmms/samples/drums")
LMMS_SOUNDS = {
    "kick": ("bassdrum*", "kick*"), "snare": ("snare*", "nasty_snare*"), "rim": ("rim*", "sidestick*", "nasty_rim*"),
    "clap": ("clap*",), "closed-hat": ("hihat_closed*", "hihat_foot*"), "open-hat": ("hihat_opened*",),
    "crash": ("crash*",), "ride": ("ride*",), "tom": ("tom*",), "tom-low": ("tom*",), "shaker": ("shaker*",),
    "cowbell": ("wood*", "clav*"),
}  # fmt: skip
LMMS_BROKEN = "kick04.ogg"
TABLE = Path(__file__).parents[1] / "daemon/steps/slicing/hit_weights.py"
WINDOW_S = 0.025
LEAD_S = 0.05
BARS = 5
HIDDEN, STEPS, BATCH, JITTER, DECAY = 24, 4000, 1024, 0.1, 1e-5


def takes() -> Iterator[tuple[str, Take]]:
    """112 synthesised takes, 84 of each large font, 24 of TimGM6mb, 64 of LMMS, eight of each oddity."""
    for i in range(112):
        rng = np.random.default_rng(7_000_000 + i)
        rate = int(rng.choice([44100, 48000]))
        yield "synth", play(rng, make_kit(rng, rate, DEV_FAMILIES), rate)
    for name, (font, programs, count) in FONTS.items():
        kits = [render_kit(program, 44100, font) for program in programs]
        for i in range(count):
            rng = np.random.default_rng(7_100_000 + i)
            kit = kits[i % len(kits)]
            yield name, play(rng, varied(rng, kit, 44100) if i // len(kits) % 2 else kit, 44100)
    yield from _short([render_kit(program, 44100, FONTS["tim"][0]) for program in FONTS["tim"][1]])


def _short(kits: list[dict[str, Sound]]) -> Iterator[tuple[str, Take]]:
    """Shorter takes, each with a random state that its kit is drawn from as well. kits: of TimGM6mb."""
    for i in range(64):
        rng = np.random.default_rng(9_000_000 + i)
        kit = lmms_kit(rng, 44100)
        yield "lmms", play(rng, varied(rng, kit, 44100) if i % 2 else kit, 44100, BARS)
        if i < 16:
            kit = kits[i % 8]
            yield "tim", play(rng, varied(rng, kit, 44100) if i >= 8 else kit, 44100, BARS)
        if i < 8:
            yield "sparse", sparse(rng, 44100, 8.0)
            yield "dulled", dulled(rng, play(rng, make_kit(rng, 44100, DEV_FAMILIES), 44100, bars=4))


def lmms_kit(rng: np.random.Generator, rate: int) -> dict[str, Sound]:
    """A kit of one sample for each sound, drawn by its file's name; peak 1, at most 3.5 s."""
    kit = {}
    for name, patterns in LMMS_SOUNDS.items():
        files = sorted({path for each in patterns for path in LMMS.glob(each) if path.name != LMMS_BROKEN})
        audio, own_rate = soundfile.read(files[int(rng.integers(len(files)))], always_2d=True)
        sound = audio.mean(axis=1) if own_rate == rate else resample_poly(audio.mean(axis=1), rate, own_rate)
        sound = sound[: int(3.5 * rate)]
        kit[name] = sound / np.abs(sound).max()
    return kit


def varied(rng: np.random.Generator, kit: dict[str, Sound], rate: int) -> dict[str, Sound]:
    """The kit with every sound at another pitch, some of them shorter or of another tone."""
    changed = {}
    for name, sound in kit.items():
        speed = 2 ** rng.uniform(-0.35, 0.35)
        other = np.interp(np.arange(int(sound.size / speed)) * speed, np.arange(sound.size), sound)
        if rng.random() < 0.4:
            other = other * np.exp(-np.arange(other.size) / rate / rng.uniform(0.03, 0.5))
        if rng.random() < 0.4:
            cut_hz = np.exp(rng.uniform(np.log(200), np.log(8000)))
            low = sosfilt(butter(1, cut_hz, "lowpass", fs=rate, output="sos"), other)
            other = low + 10 ** (rng.uniform(-12, 12) / 20) * (other - low)
        changed[name] = other / np.abs(other).max()
    return changed


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


def train(
    values: NDArray[np.float32], hit: NDArray[np.bool_], weight: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64], float]:
    """(hidden weights, their bias, output weights, its bias) for values as they are, fitted on standardised ones."""
    torch.manual_seed(0)
    torch.set_num_threads(1)
    rng = np.random.default_rng(0)
    mean, scale = values.mean(axis=0), values.std(axis=0) + 1e-6
    given, wanted = torch.from_numpy((values - mean) / scale), torch.from_numpy(hit.astype(np.float32))
    network = torch.nn.Sequential(
        torch.nn.Linear(values.shape[1], HIDDEN), torch.nn.Tanh(), torch.nn.Linear(HIDDEN, 1)
    )
    optimiser = torch.optim.Adam(network.parameters(), lr=4e-3)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimiser, STEPS)
    for _ in range(STEPS):
        batch = torch.from_numpy(rng.choice(hit.size, BATCH, p=weight / weight.sum()))
        scores = network(given[batch] + JITTER * torch.randn(BATCH, values.shape[1]))[:, 0]
        loss = torch.nn.functional.binary_cross_entropy_with_logits(scores, wanted[batch])
        loss = loss + DECAY * sum((part**2).sum() for part in network.parameters())
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        schedule.step()
    first, _, last = network
    hidden = first.weight.detach().numpy() / scale
    return (
        hidden,
        first.bias.detach().numpy() - hidden @ mean,
        last.weight.detach().numpy()[0],
        float(last.bias.detach()),
    )


def main() -> None:
    found = [(source, *examples(take)) for source, take in takes()]
    sizes = Counter({source: 0 for source, _, _ in found})
    for source, _, hit in found:
        sizes[source] += hit.size
    values, hit = (np.concatenate([row[column] for row in found]) for column in (1, 2))
    weight = np.concatenate([np.full(row[2].size, sizes[row[0]] ** -0.5) for row in found])
    hidden, hidden_bias, out, out_bias = train(values, hit, weight)
    named = {"HIDDEN": hidden, "HIDDEN_BIAS": hidden_bias, "OUT": out, "OUT_BIAS": out_bias}
    tables.write(TABLE, "Weights of the evidence for a hit. Written by training/onset_weights.py.", named)
    print(f"{hit.size} candidates, {int(hit.sum())} hits, {dict(sizes)}")


if __name__ == "__main__":
    main()
