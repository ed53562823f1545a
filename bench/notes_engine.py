"""Basic Pitch engine against `basic_pitch.inference.predict`: speed, same notes; and note F1 by maker and seeds.

    uv run python bench/notes_engine.py              # everything
    uv run python bench/notes_engine.py --set unseen --lines 20 --skip-speed

F1 is mir_eval's onset figure: 50 ms, 50 cents, offsets not counted. General MIDI lines need `fluidsynth` and
the FluidR3 sound font; without them they are left out, and the output says so.
"""

from __future__ import annotations

import argparse
import contextlib
import io
import logging
import os
import shutil
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import mir_eval
import numpy as np
import soundfile as sf
import soxr

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
sys.path.insert(0, str(Path(__file__).resolve().parent))

import notes_material as material

from daemon.engines.basic_pitch.engine import BasicPitch
from daemon.engines.protocol import Compute, Note
from daemon.kernel.work import EngineChoice
from daemon.models.store import ModelStore

SETS = {"frozen": material.FROZEN, "dev": material.DEV, "unseen": material.UNSEEN}


def load(threads: int) -> BasicPitch:
    with tempfile.TemporaryDirectory() as folder:
        found = ModelStore(Path(folder)).require("icassp-2022")
    choice = EngineChoice("basic_pitch", "1", model=found.name, path=found.path)
    return BasicPitch.load(choice, Compute("cpu", threads))


def unheard(fraction: float, note: str = "") -> None:
    """A checkpoint that nobody listens to."""


def listen(engine: BasicPitch, audio: np.ndarray, **settings) -> list[Note]:
    mono = soxr.resample(audio, material.RATE, engine.rate, quality="HQ").astype(np.float32)

    def blocks() -> Iterator[np.ndarray]:
        for first in range(0, len(mono), 65536):
            yield mono[None, first : first + 65536]

    return engine.notes(blocks(), settings, unheard, len(mono))


def score(line: material.Line, found: list[Note]) -> tuple[float, float, float]:
    if not found:
        return 0.0, 0.0, 0.0
    hz = [440 * 2 ** ((n.pitch - 69) / 12) for n in line.notes]
    found_hz = [440 * 2 ** ((n.pitch - 69) / 12) for n in found]
    spans = np.array([[n.start_s, n.end_s] for n in line.notes])
    found_spans = np.array([[n.start_s, max(n.end_s, n.start_s + 0.001)] for n in found])
    precision, recall, f1, _ = mir_eval.transcription.precision_recall_f1_overlap(
        spans, np.array(hz), found_spans, np.array(found_hz), onset_tolerance=0.05, offset_ratio=None
    )
    return precision, recall, f1


def accuracy(engine: BasicPitch, seeds: list[int]) -> None:
    makers: dict[str, Callable[[int], material.Line]] = {
        "bass, synthesised": lambda seed: material.line(seed, "bass"),
        "lead, synthesised": lambda seed: material.line(seed, "lead"),
    }
    if shutil.which("fluidsynth") and material.SOUND_FONT.is_file():
        makers["bass, General MIDI 32-39"] = lambda seed: material.general_midi_line(seed, 32 + seed % 8)
        leads = (52, 53, 65, 68, 71, 73, 80, 81)
        makers["lead, General MIDI"] = lambda seed: material.general_midi_line(seed, leads[seed % 8], "lead")
    else:
        print("General MIDI lines left out: fluidsynth or its sound font is not here")
    for name, make in makers.items():
        lines = [make(seed) for seed in seeds]
        for mode in ("raw", "mono"):
            rows = np.array([score(line, listen(engine, line.audio, mode=mode)) for line in lines])
            precision, recall, f1 = rows.mean(axis=0)
            worst = np.sort(rows[:, 2])[: max(1, len(rows) // 10)].mean()
            print(
                f"{name:26s} {mode:5s} precision {precision:.3f}  recall {recall:.3f}  F1 {f1:.3f}"
                f"  (worst tenth {worst:.3f}, {len(lines)} lines, {sum(len(x.notes) for x in lines)} notes)"
            )


def song(length_s: float) -> np.ndarray:
    """Bass and two leads together, stereo: as busy as a mix."""
    parts = [
        material.line(seed, part, length_s).audio for seed, part in ((1, "bass"), (2, "lead"), (3, "lead"))
    ]
    left, right = parts[0] + parts[1], parts[0] + parts[2]
    both = np.stack([left, right], axis=1)
    return (0.8 * both / np.abs(both).max()).astype(np.float32)


def speed(engine: BasicPitch, threads: int, length_s: float, rounds: int) -> None:
    """The same file through both, in turns; the best of several rounds each. predict has its model loaded and
    uses onnxruntime's own choice of threads, one for each core."""
    logging.disable(logging.WARNING)
    from basic_pitch.inference import ICASSP_2022_MODEL_PATH, Model, predict

    logging.disable(logging.NOTSET)
    model = Model(ICASSP_2022_MODEL_PATH)
    from daemon.audio.reader import open_audio
    from daemon.audio.resample import resample_blocks, to_channels

    def ours(path: Path) -> list[Note]:
        with open_audio(path) as reader:
            blocks = resample_blocks(to_channels(reader.blocks(), 1), reader.rate_hz, engine.rate, 1)
            return engine.notes(blocks, {"mode": "raw"}, unheard, reader.frames)

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "song.wav")
        sf.write(path, song(length_s), material.RATE, subtype="PCM_24")
        times: dict[str, list[float]] = {"engine": [], "predict": [], "engine cpu": [], "predict cpu": []}
        for _ in range(rounds + 1):  # the first round warms both up
            start, cpu = time.perf_counter(), time.process_time()
            found = ours(path)
            times["engine"].append(time.perf_counter() - start)
            times["engine cpu"].append(time.process_time() - cpu)
            start, cpu = time.perf_counter(), time.process_time()
            with contextlib.redirect_stdout(io.StringIO()):
                events = sorted(predict(path, model)[2], key=lambda e: (e[0], e[2]))
            times["predict"].append(time.perf_counter() - start)
            times["predict cpu"].append(time.process_time() - cpu)
    best = {name: min(values[1:]) for name, values in times.items()}
    same = [(n.start_s, n.end_s, n.pitch) for n in found] == [(e[0], e[1], e[2]) for e in events]
    bends = all(
        [round(c * 3 / 100) for _, c in n.bends] == list(e[4]) for n, e in zip(found, events, strict=False)
    )
    print(
        f"{length_s:.0f} s of audio, warm, engine on {threads} threads of {os.cpu_count()} cores: "
        f"predict {best['predict']:.2f} s, engine {best['engine']:.2f} s, "
        f"ratio {best['predict'] / best['engine']:.2f} (bar 3), "
        f"of processor time {best['predict cpu'] / best['engine cpu']:.2f}; {len(found)} notes, "
        f"identical: {same}, bends identical: {bends}"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--set", choices=SETS, action="append", dest="sets")
    parser.add_argument("--lines", type=int, default=40)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--skip-speed", action="store_true")
    parser.add_argument("--skip-accuracy", action="store_true")
    given = parser.parse_args()
    engine = load(given.threads)
    if not given.skip_speed:
        for length_s in (60.0, 180.0):
            speed(engine, given.threads, length_s, 3)
    if not given.skip_accuracy:
        for name in given.sets or ["frozen", "unseen"]:
            print(f"seeds: {name}")
            accuracy(engine, list(SETS[name])[: given.lines])


if __name__ == "__main__":
    main()
