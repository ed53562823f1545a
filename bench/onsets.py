"""Onset F1 of the slicer on clean drums, beside librosa's detector with a fine hop.

uv run python bench/onsets.py [--takes 24] [--set dev|other|unseen|freepats|both] [--offset N] [--errors]
The dev set was used for tuning, and kits of the other set's font are trained on since. The unseen set has other seeds,
two more families of synthesised drums and other kits of the General MIDI font. The freepats set has recorded kits that
nothing was ever trained or tuned on. An offset draws patterns that nobody has met.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np

from bench.drum_patterns import Take, play
from bench.drum_sounds import DEV_FAMILIES, UNSEEN_FAMILIES, make_kit
from bench.freepats_kit import KITS, load_kit
from bench.gm_kits import DEV_PROGRAMS, SOUND_FONT, UNSEEN_PROGRAMS, render_kit
from bench.onset_score import Score, score

WINDOWS_S = (0.030, 0.010, 0.005)
Detector = Callable[[Take], list[float]]
OTHER_FONT = Path("/usr/share/sounds/sf2/TimGM6mb.sf2")
SETS = {  # first seed, families of synthesised drums, kits and their font
    "dev": (0, DEV_FAMILIES, DEV_PROGRAMS, SOUND_FONT),
    "other": (300_000, DEV_FAMILIES, DEV_PROGRAMS + UNSEEN_PROGRAMS, OTHER_FONT),
    "unseen": (90_000, UNSEEN_FAMILIES, UNSEEN_PROGRAMS, SOUND_FONT),
}


def takes(which: str, count: int, offset: int = 0) -> Iterator[tuple[str, Take]]:
    """`count` synthesised takes and half as many of General MIDI kits; of freepats only the half. offset: added to
    every seed."""
    if which == "freepats":
        recorded = [load_kit(files, 44100) for files in KITS]
        for i in range(count // 2):
            rng = np.random.default_rng(700_000 + offset + i)
            yield f"freepats/gm-{i}", play(rng, recorded[i % len(recorded)], 44100)
        return
    seed0, families, programs, font = SETS[which]
    seed0 += offset
    for i in range(count):
        rng = np.random.default_rng(seed0 + i)
        rate = int(rng.choice([44100, 48000]))
        yield f"{which}/synth-{i}", play(rng, make_kit(rng, rate, families), rate)
    kits = {program: render_kit(program, 44100, font) for program in programs}
    for i in range(count // 2):
        program = programs[i % len(programs)]
        yield f"{which}/gm{program}-{i}", play(np.random.default_rng(seed0 + 5000 + i), kits[program], 44100)


def roadie(take: Take) -> list[float]:
    from daemon.steps.slicing.onsets import detect

    audio = take.audio
    peak = float(np.abs(audio).max())
    found = detect(lambda start, length: audio[:, start : start + length], audio.shape[1], take.rate, peak)
    return [onset.frame / take.rate for onset in found]


def librosa_128(take: Take) -> list[float]:
    import librosa

    mono = take.audio.mean(axis=0)
    return list(librosa.onset.onset_detect(y=mono, sr=take.rate, hop_length=128, units="time"))


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--takes", type=int, default=24)
    options.add_argument("--set", choices=[*SETS, "freepats", "both"], default="both")
    options.add_argument("--offset", type=int, default=0, help="added to every seed: takes nobody has met")
    options.add_argument("--errors", action="store_true", help="print each take's misses and false onsets")
    options.add_argument("--alone", action="store_true", help="without librosa")
    args = options.parse_args()
    detectors: dict[str, Detector] = {"roadie": roadie}
    if not args.alone:
        detectors["librosa hop 128"] = librosa_128
    for which in ["dev", "unseen"] if args.set == "both" else [args.set]:
        report(which, args.takes, detectors, args.errors, args.offset)


def report(which: str, count: int, detectors: dict[str, Detector], errors: bool, offset: int) -> None:
    totals = {(name, kind, w): Score() for name in detectors for kind in ("synth", "gm") for w in WINDOWS_S}
    spent = dict.fromkeys(detectors, 0.0)
    offsets: list[float] = []
    length_s = 0.0
    for label, take in takes(which, count, offset):
        kind = "gm" if "/gm" in label else "synth"
        length_s += take.audio.shape[1] / take.rate
        for name, detector in detectors.items():
            began = time.perf_counter()
            estimate = detector(take)
            spent[name] += time.perf_counter() - began
            for window_s in WINDOWS_S:
                totals[name, kind, window_s].add(score(take.onsets_s.tolist(), estimate, window_s))
            if name == "roadie":
                offsets += nearest(take, estimate)
                if errors:
                    explain(label, take, estimate)
    print(f"\n{which}: {length_s:.0f} s of drums; offset median {1000 * np.median(offsets):+.2f} ms")
    for name in detectors:
        for kind in ("synth", "gm"):
            cells = [totals[name, kind, w] for w in WINDOWS_S]
            text = "  ".join(
                f"{1000 * w:.0f} ms F1 {c.f1:.3f} (P {c.precision:.3f} R {c.recall:.3f})"
                for w, c in zip(WINDOWS_S, cells, strict=True)
            )
            print(f"  {name:16} {kind:6} {text}")
        print(f"  {name:16} {length_s / spent[name]:.0f} times real time")


def nearest(take: Take, estimate: list[float]) -> list[float]:
    gaps = [min((e - r for e in estimate), key=abs, default=1.0) for r in take.onsets_s]
    return [gap for gap in gaps if abs(gap) < 0.03]


def explain(label: str, take: Take, estimate: list[float]) -> None:
    result, tight = (score(take.onsets_s.tolist(), estimate, w) for w in (0.03, 0.01))
    missed = [r for r in take.onsets_s if min((abs(e - r) for e in estimate), default=1) > 0.01]
    names = [next(n for t, n in take.hits if abs(t - r) < 1e-9) for r in missed]
    false = [e for e in estimate if min(abs(take.onsets_s - e)) > 0.03]
    print(
        f"{label} rate {take.rate} F1@30 {result.f1:.3f} @10 {tight.f1:.3f} missed or late {dict(count(names))}"
    )
    print("    false", [round(f, 3) for f in false][:12], "missed", [round(float(m), 3) for m in missed][:12])


def count(names: list[str]) -> dict[str, int]:
    return {name: names.count(name) for name in sorted(set(names))}


if __name__ == "__main__":
    main()
