"""Presets of ZynAddSubFX, whose names say what they are, played by LMMS without a window or a sound card."""

from __future__ import annotations

import gzip
import re
from collections.abc import Iterator
from pathlib import Path
from xml.etree import ElementTree

import numpy as np

from daemon.engines.classifier.classes import DRUMS
from daemon.steps.hearing.spoken import among_of
from training.tagger.lmms import LMMS, Preset, drawn, play
from training.tagger.sound import Sound, tidy

FOLDER = Path("/usr/share/zynaddsubfx/banks")
SOURCE = "zyn"
NOTES = 5  # of each preset
_OF_FOLDER = {
    "Bass": "bass", "Brass": "brass", "Choir and Voice": "vocal", "Guitar": "guitar", "Organ": "keys",
    "Reed and Wind": "woodwind", "Rhodes": "keys", "SynthPiano": "keys",
}  # fmt: skip
"""Folders that say what is in them where a name does not. Pads and saws lie among the strings."""
_TOGETHER = 8  # presets of one song


def sounds(rng: np.random.Generator) -> Iterator[Sound]:
    """NOTES of each preset whose class is known. Exits with the Debian packages when they are missing."""
    if not FOLDER.exists() or not LMMS.exists():
        raise SystemExit(f"{FOLDER} or {LMMS} is not there: apt-get install zynaddsubfx-data lmms")
    known = [(path, label) for path in sorted(FOLDER.rglob("*.xiz")) if (label := class_of(path))]
    for i in range(0, len(known), _TOGETHER):
        part = known[i : i + _TOGETHER]
        played = [[drawn(rng, label) for _ in range(NOTES)] for _, label in part]
        presets = [Preset(path.stem, _settings(path)) for path, _ in part]
        for (path, label), heard in zip(part, play(presets, played), strict=True):
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


def _settings(preset: Path) -> ElementTree.Element:
    settings = ElementTree.Element("instrumenttrack", vol="100", pan="0", pitch="0", basenote="57")
    instrument = ElementTree.SubElement(settings, "instrument", name="zynaddsubfx")
    ElementTree.SubElement(instrument, "zynaddsubfx", forwardmidicc="1").append(_state(preset))
    return settings


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
