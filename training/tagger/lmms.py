"""Playing a synthesiser's settings note by note in LMMS, without a window or a sound card."""

from __future__ import annotations

import os
import subprocess
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from xml.etree import ElementTree

import soundfile

from daemon.engines.classifier.image import RATE_HZ
from training.tagger.classes import COMPASS
from training.tagger.sound import Mono
from training.tagger.voices.dsp import Rng

LMMS = Path("/usr/bin/lmms")
_CHORDS = frozenset({"keys", "guitar", "strings", "synth", "vocal", "brass"})
_TICKS = 48  # of LMMS in a second, at 60 beats a minute
_LOWEST_KEY = 12  # as a MIDI note: LMMS counts from there
_RELEASE_S = 0.9  # left to a note after it has ended
_TRIES = 3  # of a preset by itself: LMMS 1.2.2 crashes once in some hundred runs whatever it plays
_LONGEST_S = 10  # LMMS may take for a preset: most take a tenth of it


@dataclass(frozen=True, slots=True)
class Played:
    """A note or a chord: MIDI notes, level in per cent, seconds."""

    notes: tuple[int, ...]
    level: int
    held_s: float


@dataclass(frozen=True, slots=True)
class Preset:
    """name: for the reader. settings: an `instrumenttrack` element of a song. version: of the LMMS that wrote it."""

    name: str
    settings: ElementTree.Element
    version: str = "1.2.2"


def drawn(rng: Rng, label: str) -> Played:
    """A note that a class is played at, or now and then a chord."""
    low, high = COMPASS[label]
    root = int(rng.integers(low, high + 1))
    third = int(rng.choice([3, 4]))
    chord = (root, root + third, root + 7) if label in _CHORDS and rng.random() < 0.2 else (root,)
    held_s = float(rng.choice([0.15, 0.4, 1.0, 2.6], p=[0.2, 0.35, 0.25, 0.2]))
    return Played(chord, int(rng.integers(40, 110)), held_s)


def play(presets: Sequence[Preset], played: Sequence[Sequence[Played]]) -> list[list[Mono]]:
    """What each preset plays, in one song (so of one version of LMMS): nothing where it ends LMMS each time, as a few
    do."""
    for _ in range(_TRIES if len(presets) == 1 else 1):
        try:
            return _rendered(presets, played)
        except (subprocess.CalledProcessError, subprocess.TimeoutExpired):
            continue
    if len(presets) == 1:
        print(f"left out: LMMS cannot play {presets[0].name}", flush=True)
        return [[]]
    half = len(presets) // 2
    return play(presets[:half], played[:half]) + play(presets[half:], played[half:])


def _rendered(presets: Sequence[Preset], played: Sequence[Sequence[Played]]) -> list[list[Mono]]:
    with tempfile.TemporaryDirectory() as folder:
        song, wav = Path(folder) / "song.mmp", Path(folder) / "song.wav"
        starts = _song(presets, played, song)
        options = ("-f", "wav", "-s", str(RATE_HZ), "-o", str(wav))
        command = [str(LMMS), "--allowroot", "render", str(song), *options]
        environment = {**os.environ, "QT_QPA_PLATFORM": "offscreen", "HOME": folder}
        subprocess.run(
            command, check=True, capture_output=True, env=environment, timeout=_LONGEST_S * len(presets)
        )
        audio, _ = soundfile.read(wav, dtype="float32", always_2d=True)
    return [[audio[int(a * RATE_HZ) : int(b * RATE_HZ)].mean(axis=1) for a, b in times] for times in starts]


def _song(
    presets: Sequence[Preset], played: Sequence[Sequence[Played]], path: Path
) -> list[list[tuple[float, float]]]:
    """Writes an LMMS song with one track for each preset, each note alone; when each is heard, in seconds."""
    root = ElementTree.Element(
        "lmms-project", version="1.0", type="song", creator="LMMS", creatorversion=presets[0].version
    )
    ElementTree.SubElement(
        root, "head", timesig_numerator="4", timesig_denominator="4", bpm="60", mastervol="100", masterpitch="0"
    )
    song = ElementTree.SubElement(ElementTree.SubElement(root, "song"), "trackcontainer", type="song")
    at, starts = 0, []
    for preset, notes in zip(presets, played, strict=True):
        track = ElementTree.SubElement(song, "track", type="0", muted="0", solo="0", name=preset.name)
        track.append(preset.settings)
        times = []
        for one in notes:
            held, length = round(one.held_s * _TICKS), round((one.held_s + _RELEASE_S) * _TICKS)
            bar = ElementTree.SubElement(
                track, "pattern", type="1", muted="0", name="", pos=str(at), len=str(length), steps="16"
            )
            for note in one.notes:
                key, level = str(note - _LOWEST_KEY), str(one.level)
                ElementTree.SubElement(bar, "note", key=key, vol=level, pos="0", len=str(held), pan="0")
            times.append((at / _TICKS, (at + length) / _TICKS))
            at += length
        starts.append(times)
    ElementTree.ElementTree(root).write(path)
    return starts
