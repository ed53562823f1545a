"""Tempo, beats and key of songs whose answers are known, by the `analyse` step, beside librosa and plain Krumhansl.

    uv run python bench/tempo.py [--set frozen|dev] [--songs 160] [--peer]

Prints, for all songs and by feel and style: how often the tempo is right to 0.5 and 4 percent (the octave counts),
the F-measures of beats and bar lines, and the MIREX key score.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections import defaultdict
from pathlib import Path

import numpy as np
import soundfile

sys.path.insert(0, str(Path(__file__).parent.parent))

from bench import tempo_songs
from bench.tempo_figures import f_measure, key_score, right_but_for_octave, within
from daemon.kernel.types import AssetId
from daemon.kernel.work import InputFile, Kind
from daemon.steps.analyse import AnalyseParams
from daemon.steps.analysing.run import run
from tests.steps.context import Context

KRUMHANSL = (
    (6.35, 2.23, 3.48, 2.33, 4.38, 4.09, 2.52, 5.19, 2.39, 3.66, 2.29, 2.88),
    (6.33, 2.68, 3.52, 5.38, 2.60, 3.53, 2.54, 4.75, 3.98, 2.69, 3.34, 3.17),
)


def ours(song: tempo_songs.Song, folder: Path) -> dict:
    path = folder / "song.wav"
    soundfile.write(path, song.audio, tempo_songs.RATE, subtype="PCM_16")
    params = AnalyseParams(min_confidence=0.0)
    result = run(Context(folder), (InputFile(path, AssetId("x"), Kind.SOURCE, "song.wav"),), params)
    meta = dict(result.annotations[0].meta)
    return {
        "bpm": meta.get("bpm"), "key": meta.get("key"), "beats": meta.get("beats_s", []),
        "downbeats": meta.get("downbeats_s", []), "bpm_confidence": meta.get("bpm_confidence", 0.0),
        "key_confidence": meta.get("key_confidence", 0.0),
    }  # fmt: skip


def peer(song: tempo_songs.Song) -> dict:
    import librosa

    audio = librosa.resample(song.audio, orig_sr=tempo_songs.RATE, target_sr=22050)
    bpm, beats = librosa.beat.beat_track(y=audio, sr=22050, units="time")
    chroma = librosa.feature.chroma_cqt(y=audio, sr=22050).mean(axis=1)
    fits = [
        (float(np.corrcoef(np.roll(profile, tonic), chroma)[0, 1]), tonic, minor)
        for minor, profile in enumerate(KRUMHANSL)
        for tonic in range(12)
    ]
    _, tonic, minor = max(fits)
    name = ("C", "Db", "D", "Eb", "E", "F", "F#", "G", "Ab", "A", "Bb", "B")[tonic] + ("m" if minor else "")
    return {"bpm": float(np.atleast_1d(bpm)[0]), "key": name, "beats": beats, "downbeats": []}


def scores(song: tempo_songs.Song, found: dict) -> dict[str, float]:
    score = song.score
    return {
        "bpm 0.5%": within(found["bpm"], score.bpm, 0.005),
        "bpm 4%": within(found["bpm"], score.bpm, 0.04),
        "any octave 0.5%": right_but_for_octave(found["bpm"], score.bpm, 0.005),
        "beats F": f_measure(found["beats"], score.beats_s),
        "bars F": f_measure(found["downbeats"], score.downbeats_s),
        "key": key_score(found["key"], score.key),
    }


def table(title: str, rows: dict[str, list[dict[str, float]]]) -> None:
    columns = list(next(iter(rows.values()))[0])
    print(f"\n{title:<16} songs  " + "  ".join(f"{name:>15}" for name in columns))
    for name, each in rows.items():
        means = [np.mean([row[column] for row in each]) for column in columns]
        print(f"{name:<16} {len(each):>5}  " + "  ".join(f"{value:>15.3f}" for value in means))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--set", choices=("frozen", "dev"), default="frozen")
    parser.add_argument("--songs", type=int, default=160)
    parser.add_argument("--peer", action="store_true", help="measure librosa and Krumhansl as well")
    parser.add_argument("--wrong", action="store_true", help="list the songs whose tempo or key is wrong")
    args = parser.parse_args()
    seeds = list({"frozen": tempo_songs.FROZEN, "dev": tempo_songs.DEV}[args.set])[: args.songs]
    names = ["roadie", "peer"] if args.peer else ["roadie"]
    by: dict[str, dict[str, list]] = {name: defaultdict(list) for name in ("who", "feel", "maker", "style")}
    sure: list[tuple[float, bool, float, float]] = []
    with tempfile.TemporaryDirectory() as folder:
        for seed in seeds:
            song = tempo_songs.make(seed)
            for name in names:
                found = ours(song, Path(folder)) if name == "roadie" else peer(song)
                row = scores(song, found)
                by["who"][name].append(row)
                if name == "roadie":
                    for what, value in (
                        ("feel", song.score.feel),
                        ("maker", song.maker),
                        ("style", song.score.style),
                    ):
                        by[what][value].append(row)
                    sure.append((found["bpm_confidence"], row["bpm 4%"], found["key_confidence"], row["key"]))
                    if args.wrong and (not row["bpm 0.5%"] or row["key"] < 1):
                        print(seed, song.maker, song.score.style, song.score.feel, round(song.score.bpm, 2),
                              found["bpm"], song.score.key, song.score.mode, found["key"], flush=True)  # fmt: skip
    for what, rows in by.items():
        table(what, rows)
    told = np.array(sure, float)
    for name, certain, right in (("tempo", told[:, 0], told[:, 1]), ("key", told[:, 2], told[:, 3] == 1)):
        least = AnalyseParams().min_confidence
        kept = certain >= least
        share = right[kept].mean() if kept.any() else float("nan")
        print(f"\n{name} told (confidence at least {least}): {kept.mean():.2f}, right {share:.3f}")


if __name__ == "__main__":
    main()
