"""The demucs engine against the `demucs` command: file to stems on a CPU or a GPU, speed and likeness.

    uv run python bench/demucs_engine.py [--seconds 120] [--runs 2] [--threads N] [--device cpu|cuda|mps]

One htdemucs of the published size (42 M parameters) with random weights, saved once as the .th file that the
command loads and once as the .safetensors that roadie loads. Its residual branches are given weight (training
does that; at their initial 0.001 they would hide rounding errors). Both read the same file, with the same
overlap, no shifts, and write 32-bit float stems. Wall time and processor time are given, because the latter
still says something on a machine that others use too.
"""

from __future__ import annotations

import argparse
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import numpy as np
import soundfile

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

RATE = 44_100
STEMS = ["drums", "bass", "other", "vocals"]


@dataclass
class Cost:
    wall_s: float
    cpu_s: float


def main() -> None:
    options = _options()
    if options.ours:
        _ours(Path(options.ours), options.device, options.threads)
        return
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        _make_model(folder)
        _make_song(folder / "song.wav", options.seconds)
        theirs = [
            _measured(lambda: _command(folder, options.device, options.threads)) for _ in range(options.runs)
        ]
        cold = _measured(lambda: _cold(folder, options.device, options.threads))
        warm = _ours(folder, options.device, options.threads, options.runs + 1)[1:]
        _report(options, theirs, cold, warm, _likeness(folder))


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=120.0)
    parser.add_argument("--runs", type=int, default=2)
    parser.add_argument("--threads", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--device", choices=("cpu", "cuda", "mps"), default="cpu")
    parser.add_argument("--ours", help=argparse.SUPPRESS)
    return parser.parse_args()


def _make_model(folder: Path) -> None:
    import torch
    from demucs.demucs import LayerScale
    from demucs.htdemucs import HTDemucs
    from demucs.transformer import LayerScale as TransformerScale

    from tests.engines.tiny_demucs import save_pickle, save_safetensors

    torch.manual_seed(0)
    network = HTDemucs(STEMS, bottom_channels=512, dconv_mode=3, t_dropout=0.02, segment=Fraction(39, 5))
    for module in network.modules():
        if isinstance(module, LayerScale | TransformerScale):
            module.scale.data.uniform_(-0.3, 0.3)
    (folder / "repo").mkdir()
    (folder / "repo" / "bench.yaml").write_text("models: ['random']\n")
    save_pickle(network.eval(), folder / "repo" / "random.th")
    (folder / "ours").mkdir()
    save_safetensors(network, folder / "ours" / "random.safetensors")


def _make_song(path: Path, seconds: float) -> None:
    """A beat of noise, a bass line, a chord and a gliding voice: something in every band, at all times."""
    frames = int(seconds * RATE)
    time_s = np.arange(frames) / RATE
    random = np.random.default_rng(1)
    beat = random.standard_normal(frames) * np.exp(-(time_s % 0.5) * 20) * 0.3
    bass = np.sin(2 * np.pi * 55 * 2 ** ((time_s // 2 % 4) / 6) * time_s) * 0.2
    chord = sum(np.sign(np.sin(2 * np.pi * pitch * time_s)) for pitch in (220, 277.2, 329.6)) * 0.05
    voice = np.sin(2 * np.pi * 440 * time_s + 8 * np.sin(2 * np.pi * 5 * time_s)) * 0.15
    left, right = beat + bass + chord * 0.7 + voice, beat * 0.8 + bass + chord * 1.3 + voice
    soundfile.write(path, np.stack([left, right], axis=1).astype(np.float32), RATE, "PCM_16")


def _command(folder: Path, device: str, threads: int) -> None:
    command = [
        sys.executable, "-m", "demucs", "--repo", str(folder / "repo"), "-n", "bench", "-d", device,
        "--shifts", "0", "--overlap", "0.25", "--float32", "--clip-mode", "none",
        "-o", str(folder / "theirs"), str(folder / "song.wav"),
    ]  # fmt: skip
    environment = os.environ | {"OMP_NUM_THREADS": str(threads)}
    subprocess.run(command, check=True, env=environment, capture_output=True)


def _cold(folder: Path, device: str, threads: int) -> None:
    command = [sys.executable, __file__, "--ours", str(folder), "--device", device, "--threads", str(threads)]
    subprocess.run(command, check=True, capture_output=True)


def _ours(folder: Path, device: str, threads: int, runs: int = 1) -> list[Cost]:
    """Runs of the separate step with the model loaded; the first one also warms up."""
    from daemon.engines.demucs import precision
    from daemon.engines.demucs.engine import Demucs
    from daemon.engines.protocol import Compute
    from daemon.kernel.types import AssetId
    from daemon.kernel.work import EngineChoice, InputFile, Kind
    from daemon.steps.separate import SeparateParams
    from daemon.steps.separation.run import run

    arithmetic = precision.choose(device)[0]
    choice = EngineChoice("demucs", "1", "bench", path=folder / "ours", precision=arithmetic)
    engine = Demucs.load(choice, Compute(device, threads))
    source = InputFile(folder / "song.wav", AssetId("0"), Kind.SOURCE, "song.wav")
    out = folder / "stems"
    out.mkdir(exist_ok=True)
    context = _Context(out, device, engine)
    return [_measured(lambda: run(context, (source,), SeparateParams())) for _ in range(runs)]


class _Context:
    seed = 0

    def __init__(self, out: Path, device: str, engine: object) -> None:
        self.out = out
        self.device = device
        self.threads = 1
        self._engine = engine

    def checkpoint(self, fraction: float, note: str = "") -> None:
        pass

    def engine(self) -> object:
        return self._engine


def _measured(work: Callable[[], object]) -> Cost:
    wall, cpu = time.perf_counter(), _cpu_s()
    work()
    return Cost(time.perf_counter() - wall, _cpu_s() - cpu)


def _cpu_s() -> float:
    usages = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(usage.ru_utime + usage.ru_stime for usage in usages)


def _likeness(folder: Path) -> dict[str, float]:
    """SNR in dB of our stems against the command's."""
    found = {}
    for stem in STEMS:
        theirs = soundfile.read(folder / "theirs" / "bench" / "song" / f"{stem}.wav")[0]
        ours = soundfile.read(folder / "stems" / f"{stem}.wav")[0]
        found[stem] = 10 * np.log10(np.sum(theirs**2) / np.sum((theirs - ours) ** 2))
    return found


def _print_cost(name: str, cost: Cost) -> None:
    print(f"{name:28} {cost.wall_s:7.1f} s wall {cost.cpu_s:7.1f} s processor")


def _report(
    options: argparse.Namespace, theirs: list[Cost], cold: Cost, warm: list[Cost], likeness: dict[str, float]
) -> None:
    # On a machine that others use too the processor says more than the clock; of a GPU it says nothing.
    by = (lambda cost: cost.cpu_s) if options.device == "cpu" else (lambda cost: cost.wall_s)
    command, best = min(theirs, key=by), min(warm, key=by)
    print(
        f"{options.seconds:.0f} s of audio on {options.device}, {options.threads} threads, best of {options.runs}"
    )
    _print_cost("demucs command", command)
    _print_cost("roadie, cold (new process)", cold)
    _print_cost("roadie, warm", best)
    for name, cost in (("cold", cold), ("warm", best)):
        wall, cpu = command.wall_s / cost.wall_s, command.cpu_s / cost.cpu_s
        print(f"{name} against the command: {wall:.2f} times faster by wall, {cpu:.2f} by processor time")
    print("SNR of the stems: " + ", ".join(f"{stem} {snr:.1f} dB" for stem, snr in likeness.items()))


if __name__ == "__main__":
    main()
