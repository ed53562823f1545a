"""Presets of ZynAddSubFX, whose names say what they are, played by LMMS without a window or a sound card."""

from __future__ import annotations

import gzip
import os
import re
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import soundfile

from daemon.engines.classifier.classes import DRUMS
from daemon.engines.classifier.image import RATE_HZ
from daemon.steps.hearing.spoken import among_of
from training.tagger.classes import COMPASS
from training.tagger.sound import Sound, tidy

FOLDER = Path("/usr/share/zynaddsubfx/banks")
LMMS = Path("/usr/bin/lmms")
SOURCE = "zyn"
NOTES = 5  # of each preset
_OF_FOLDER = {
    "Bass": "bass", "Brass": "brass", "Choir and Voice": "vocal", "Guitar": "guitar", "Organ": "keys",
    "Reed and Wind": "woodwind", "Rhodes": "keys", "SynthPiano": "keys",
}  # fmt: skip
"""Folders that say what is in them where a name does not. Pads and saws lie among the strings."""
_CHORDS = frozenset({"keys", "guitar", "strings", "synth", "vocal", "brass"})
_TICKS = 48  # of LMMS in a second, at 60 beats a minute
_LOWEST_KEY = 12  # as a MIDI note: LMMS counts from there
_RELEASE_S = 0.9  # left to a note after it has ended
_TOGETHER = 8  # presets of one song
_LONGEST_S = 10  # LMMS may take for a preset: most take a tenth of it


@dataclass(frozen=True, slots=True)
class Played:
    """A note or a chord of a preset: MIDI notes, level in per cent, seconds."""

    notes: tuple[int, ...]
    level: int
    held_s: float


def sounds(rng: np.random.Generator) -> Iterator[Sound]:
    """NOTES of each preset whose class is known. Exits with the Debian packages when they are missing."""
    if not FOLDER.exists() or not LMMS.exists():
        raise SystemExit(f"{FOLDER} or {LMMS} is not there: apt-get install zynaddsubfx-data lmms")
    presets = [(path, label) for path in sorted(FOLDER.rglob("*.xiz")) if (label := class_of(path))]
    for i in range(0, len(presets), _TOGETHER):
        part = presets[i : i + _TOGETHER]
        played = [[_drawn(rng, label) for _ in range(NOTES)] for _, label in part]
        for (path, label), heard in zip(
            part, _whole_or_singly([path for path, _ in part], played), strict=True
        ):
            for audio in heard:
                if (sound := tidy(audio)) is not None:
                    yield Sound(label, f"{SOURCE}:{path.parent.name}", sound, pitched=True)


def class_of(path: Path) -> str | None:
    """What a preset's name says, a "synth bass" being a bass; else its folder; None when neither says one thing."""
    name = re.sub(r"^\d+-", "", path.stem)
    said = set(among_of(Path(name))) - set(DRUMS)
    if len(said) > 1 and re.search(r"synth", name, re.I) and not re.search(r"pad|lead|pluck|stab", name, re.I):
        said -= {"synth"}
    if len(said) == 1:
        return said.pop()
    return None if said else _OF_FOLDER.get(path.parent.name)


def _drawn(rng: np.random.Generator, label: str) -> Played:
    low, high = COMPASS[label]
    root = int(rng.integers(low, high + 1))
    third = int(rng.choice([3, 4]))
    chord = (root, root + third, root + 7) if label in _CHORDS and rng.random() < 0.2 else (root,)
    held_s = float(rng.choice([0.15, 0.4, 1.0, 2.6], p=[0.2, 0.35, 0.25, 0.2]))
    return Played(chord, int(rng.integers(40, 110)), held_s)


def _whole_or_singly(presets: Sequence[Path], played: Sequence[Sequence[Played]]) -> list[list[np.ndarray]]:
    """What each preset plays: nothing where it ends LMMS, as a few do."""
    try:
        return _rendered(presets, played)
    except (subprocess.CalledProcessError, subprocess.TimeoutExpired):
        if len(presets) == 1:
            print(f"left out: LMMS cannot play {presets[0]}", flush=True)
            return [[]]
    half = len(presets) // 2
    return _whole_or_singly(presets[:half], played[:half]) + _whole_or_singly(presets[half:], played[half:])


def _rendered(presets: Sequence[Path], played: Sequence[Sequence[Played]]) -> list[list[np.ndarray]]:
    with tempfile.TemporaryDirectory() as folder:
        song, wav = Path(folder) / "song.mmp", Path(folder) / "song.wav"
        starts = _song(presets, played, song)
        command: list[str | Path] = [
            LMMS,
            "--allowroot",
            "render",
            song,
            "-f",
            "wav",
            "-s",
            str(RATE_HZ),
            "-o",
            wav,
        ]
        environment = {**os.environ, "QT_QPA_PLATFORM": "offscreen", "HOME": folder}
        subprocess.run(
            command, check=True, capture_output=True, env=environment, timeout=_LONGEST_S * len(presets)
        )
        audio, _ = soundfile.read(wav, dtype="float32", always_2d=True)
    return [[audio[int(a * RATE_HZ) : int(b * RATE_HZ)].mean(axis=1) for a, b in times] for times in starts]


def _song(
    presets: Sequence[Path], played: Sequence[Sequence[Played]], path: Path
) -> list[list[tuple[float, float]]]:
    """Writes an LMMS song with one track for each preset, each note alone; when each is heard, in seconds."""
    root = ElementTree.Element(
        "lmms-project", version="1.0", type="song", creator="LMMS", creatorversion="1.2.2"
    )
    ElementTree.SubElement(
        root, "head", timesig_numerator="4", timesig_denominator="4", bpm="60", mastervol="100", masterpitch="0"
    )
    song = ElementTree.SubElement(ElementTree.SubElement(root, "song"), "trackcontainer", type="song")
    at, starts = 0, []
    for preset, notes in zip(presets, played, strict=True):
        track = ElementTree.SubElement(song, "track", type="0", muted="0", solo="0", name=preset.stem)
        settings = ElementTree.SubElement(
            track, "instrumenttrack", vol="100", pan="0", pitch="0", basenote="57"
        )
        instrument = ElementTree.SubElement(settings, "instrument", name="zynaddsubfx")
        ElementTree.SubElement(instrument, "zynaddsubfx", forwardmidicc="1").append(_state(preset))
        times = []
        for one in notes:
            held, length = round(one.held_s * _TICKS), round((one.held_s + _RELEASE_S) * _TICKS)
            bar = ElementTree.SubElement(
                track, "pattern", type="1", muted="0", name="", pos=str(at), len=str(length), steps="16"
            )
            for note in one.notes:
                ElementTree.SubElement(
                    bar,
                    "note",
                    key=str(note - _LOWEST_KEY),
                    vol=str(one.level),
                    pos="0",
                    len=str(held),
                    pan="0",
                )
            times.append((at / _TICKS, (at + length) / _TICKS))
            at += length
        starts.append(times)
    ElementTree.ElementTree(root).write(path)
    return starts


def _state(preset: Path) -> ElementTree.Element:
    """The synthesiser's whole state with the preset as its only part, from the instrument's own (gzipped) file."""
    raw = preset.read_bytes()
    text = gzip.decompress(raw) if raw.startswith(b"\x1f\x8b") else raw
    given = ElementTree.fromstring(text.strip())  # noqa: S314 (of a Debian package)
    state = ElementTree.Element(
        "ZynAddSubFX-data", {"version-major": "2", "version-minor": "4", "version-revision": "1"}
    )
    if (base := given.find("BASE_PARAMETERS")) is not None:
        state.append(base)
    part = ElementTree.SubElement(ElementTree.SubElement(state, "MASTER"), "PART", id="0")
    for name in ("enabled", "note_on", "poly_mode"):
        ElementTree.SubElement(part, "par_bool", name=name, value="yes")
    numbers = {"volume": 96, "panning": 64, "min_key": 0, "max_key": 127, "key_shift": 64, "rcv_chn": 0,
               "velocity_sensing": 64, "velocity_offset": 64, "key_limit": 15}  # fmt: skip
    for name, value in numbers.items():
        ElementTree.SubElement(part, "par", name=name, value=str(value))
    instrument = given.find("INSTRUMENT")
    if instrument is None:
        raise ValueError(f"{preset} holds no instrument")
    part.append(instrument)
    return state
