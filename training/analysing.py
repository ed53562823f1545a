"""Trains the weights by which tempo, bar lines and key are told, and writes `daemon/steps/analysing/weights.npz`.

uv run python -m training.analysing [--songs 560] [--features DIR] [--epochs 60]

Material: songs of `bench/tempo_songs` by the seeds of its TRAIN set, composed and synthesised here or played with two
General MIDI sound fonts (Debian: fluid-soundfont-gm, MIT; timgm6mb-soundfont, GPL-2.0-or-later). Features are kept in
DIR, so that a second run goes on from there. The same songs give the same weights. See `training/analysing.md`.
"""

from __future__ import annotations

import argparse
import tempfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import soundfile
import torch
from numpy.typing import NDArray

from bench import tempo_songs
from bench.tempo_figures import f_measure, key_score
from bench.tempo_score import Score
from daemon.audio.reader import open_audio
from daemon.steps.analysing import pulses
from daemon.steps.analysing.bars import METRES, accents, half_beats, profile
from daemon.steps.analysing.beats import pace, track
from daemon.steps.analysing.chroma import PitchClasses, folded, tuning_cents
from daemon.steps.analysing.key import MAJOR_NAMES, MINOR_NAMES, features, harmony_change, rotated, scores_of
from daemon.steps.analysing.nets import FIELDS, WEIGHTS
from daemon.steps.analysing.periods import candidates, evidence, rhythm
from daemon.steps.analysing.tempo import pulse_of, rows_of

Floats = NDArray[np.float64]
KEYS = MAJOR_NAMES + MINOR_NAMES
FPS = tempo_songs.RATE / pulses.step_frames(tempo_songs.RATE)
LIMIT_S = 120.0


class _Silent:
    """A step's context that nobody watches."""

    def checkpoint(self, fraction: float, note: str = "") -> None: ...


@dataclass(frozen=True)
class Heard:
    """What the networks are trained on, of one song."""

    score: Score
    tempo: Floats  # (candidates, features)
    bars: dict[int, Floats]  # metre -> (2 * metre, features)
    bar_fits: Floats  # F-measure of the bar lines of each way, in the order of METRES
    key: Floats  # (12, features)
    told: Floats  # (groups, 12), the same as they are


def raw(seed: int, folder: Path) -> tuple[Score, NDArray[np.float16], NDArray[np.float16]]:
    """The song's score, its curves and its pitch classes; made once, then read from `folder`."""
    kept = folder / f"{seed}.npz"
    if kept.exists():
        with np.load(kept) as file:
            return tempo_songs.compose(seed, seed in tempo_songs.FROZEN), file["curves"], file["chroma"]
    song = tempo_songs.make(seed)
    with tempfile.TemporaryDirectory() as place:
        path = Path(place, "song.wav")
        soundfile.write(path, song.audio, tempo_songs.RATE, subtype="PCM_16")
        with open_audio(path, None) as audio:
            classes = PitchClasses(audio.rate_hz, LIMIT_S)
            for block in audio.blocks():
                classes.write(np.asarray(block.mean(axis=0), np.float32))
            peak = float(np.abs(song.audio).max())
            curves = pulses.curves(_Silent(), audio, peak, LIMIT_S).astype(np.float16)  # type: ignore[arg-type]
    chroma = np.array(classes.frames)
    np.savez(kept, curves=curves, chroma=chroma)
    return song.score, curves, chroma


def heard(seed: int, folder: Path) -> Heard | None:
    score, curves, chroma = raw(seed, folder)
    classes = folded(chroma, tuning_cents(chroma))
    told = features(classes)
    change = harmony_change(classes)
    hop = PitchClasses(tempo_songs.RATE, 1).hop
    centres_s = (np.arange(change.size) + 2) * hop / tempo_songs.RATE
    change = np.interp(np.arange(curves.shape[1]) / FPS, centres_s, change)
    rows = rows_of(curves.astype(np.float32), change, FPS)
    bpm = candidates()
    pulse = pulse_of(rows)
    rough = float(bpm[np.argmin(np.abs(np.log(bpm / score.bpm)))])
    beats_s = track(pulse, pace(pulse, rough, FPS), FPS)
    if told is None or beats_s.size < 9:
        return None
    halves_s = half_beats(beats_s)
    accent = accents(rows, halves_s, FPS)
    bars = {m: np.array([profile(accent, m, offset) for offset in range(2 * m)]) for m in METRES}
    fits = [f_measure(halves_s[o :: 2 * m], score.downbeats_s) for m in METRES for o in range(2 * m)]
    return Heard(score, evidence(rhythm(rows, FPS), bpm), bars, np.array(fits), rotated(told), told)


class Trainee(torch.nn.Module):
    """A `Net` while it learns. x: (songs, rows, features) of all songs, for mean and deviation."""

    def __init__(self, x: Floats, hidden: int, scores: int, noise: float) -> None:
        super().__init__()
        flat = x.reshape(-1, x.shape[-1])
        count = flat.shape[1]
        self.mean, self.deviation, self.noise = flat.mean(axis=0), flat.std(axis=0) + 1e-6, noise
        self.w1 = torch.nn.Parameter(torch.randn(count, hidden) * count**-0.5)
        self.b1 = torch.nn.Parameter(torch.zeros(hidden))
        self.w2 = torch.nn.Parameter(torch.randn(hidden, scores) * 0.1)
        self.direct = torch.nn.Parameter(torch.zeros(count, scores))
        self.bias = torch.nn.Parameter(torch.zeros(scores))

    def normal(self, x: Floats) -> torch.Tensor:
        return torch.tensor((x - self.mean) / self.deviation, dtype=torch.float32)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        if self.training:
            x = x + self.noise * torch.randn_like(x)
            x = x * (torch.rand(x.shape[0], 1, x.shape[2]) > 0.05)
        return torch.tanh(x @ self.w1 + self.b1) @ self.w2 + x @ self.direct + self.bias

    def weights(self) -> dict[str, NDArray[np.float32]]:
        told = {"mean": self.mean, "deviation": self.deviation}
        told |= {name: getattr(self, name).detach().numpy() for name in FIELDS[2:]}
        return {name: np.asarray(value, np.float32) for name, value in told.items()}


def learn(nets: list[Trainee], inputs: list[Floats], targets: Floats, epochs: int, decay: float) -> None:
    """Cross-entropy of all scores of all nets together against `targets` (songs, scores)."""
    xs = [net.normal(x) for net, x in zip(nets, inputs, strict=True)]
    wanted = torch.tensor(targets, dtype=torch.float32)
    parameters = [parameter for net in nets for parameter in net.parameters()]
    optimiser = torch.optim.AdamW(parameters, lr=2e-3, weight_decay=decay)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimiser, epochs)
    for _ in range(epochs):
        for batch in torch.randperm(len(wanted)).split(16):
            loss = -(wanted[batch] * torch.log_softmax(_all(nets, [x[batch] for x in xs]), 1)).sum(1).mean()
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
        schedule.step()


def _all(nets: list[Trainee], xs: list[torch.Tensor]) -> torch.Tensor:
    """(songs, scores): scores of one net after the other, and of each the second for all rows after the first."""
    return torch.cat([net(x).transpose(1, 2).reshape(len(x), -1) for net, x in zip(nets, xs, strict=True)], 1)


def _tempo_targets(songs: list[Heard]) -> Floats:
    distance = np.log2(candidates()[None, :] / np.array([[song.score.bpm] for song in songs])) / 0.02
    near = np.exp(-0.5 * distance**2)
    return np.asarray(near / near.sum(axis=1, keepdims=True))


def _one_hot(best: Floats, count: int) -> Floats:
    return np.eye(count)[np.asarray(best, int)]


def train(songs: list[Heard], epochs: int) -> dict[str, Trainee]:
    torch.manual_seed(0)
    torch.set_num_threads(1)
    tempo = np.stack([song.tempo for song in songs])
    nets = {"tempo": Trainee(tempo, 32, 1, 0.2)}
    learn([nets["tempo"]], [tempo], _tempo_targets(songs), epochs // 2, 1e-3)
    placed = [song for song in songs if song.bar_fits.max() > 0.6]
    bars = [np.stack([song.bars[metre] for song in placed]) for metre in METRES]
    nets |= {f"bar-{metre}": Trainee(x, 10, 1, 0.15) for metre, x in zip(METRES, bars, strict=True)}
    best = _one_hot(np.array([song.bar_fits.argmax() for song in placed]), 2 * sum(METRES))
    learn([nets[f"bar-{metre}"] for metre in METRES], bars, best, epochs, 1e-2)
    keys = np.stack([song.key for song in songs])
    nets["key"] = Trainee(keys, 16, 2, 0.3)
    right = _one_hot(np.array([KEYS.index(song.score.key) for song in songs]), 24)
    learn([nets["key"]], [keys], right, epochs, 3e-2)
    return nets


def report(nets: dict[str, Trainee], songs: list[Heard]) -> None:
    """Figures on songs that were not trained on, each network alone."""
    for net in nets.values():
        net.eval()
    bpm, right, bars, keys = candidates(), [], [], []
    with torch.no_grad():
        for song in songs:
            best = bpm[int(_all([nets["tempo"]], [nets["tempo"].normal(song.tempo[None])]).argmax())]
            right.append(abs(np.log2(best / song.score.bpm)) < 0.057)
            both = [nets[f"bar-{metre}"] for metre in METRES]
            told = _all(both, [net.normal(song.bars[m][None]) for net, m in zip(both, METRES, strict=True)])
            bars.append(song.bar_fits[int(told.argmax())])
            learnt = nets["key"](nets["key"].normal(song.key[None]))[0].numpy()
            name = KEYS[int(scores_of(learnt, song.told).argmax())]
            keys.append(key_score(name, song.score.key))
    print(f"{len(songs)} songs: tempo within 4 % {np.mean(right):.3f}, bar lines with the tempo known "
          f"F {np.mean(bars):.3f}, key {np.mean(keys):.3f}")  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--songs", type=int, default=560)
    parser.add_argument("--epochs", type=int, default=60)
    parser.add_argument("--features", type=Path, default=Path(tempfile.gettempdir()) / "roadie-analysing")
    args = parser.parse_args()
    args.features.mkdir(parents=True, exist_ok=True)
    songs = [song for seed in tempo_songs.TRAIN[: args.songs] if (song := heard(seed, args.features))]
    nets = train(songs, args.epochs)
    report(nets, [song for seed in tempo_songs.DEV if (song := heard(seed, args.features))])
    np.savez_compressed(
        WEIGHTS, **{f"{name}/{f}": v for name, net in nets.items() for f, v in net.weights().items()}
    )
    print(f"{WEIGHTS}: {WEIGHTS.stat().st_size} bytes")


if __name__ == "__main__":
    main()
