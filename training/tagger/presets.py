"""LMMS's own presets (Kicker, TripleOscillator, OpulenZ and so on): settings, no recordings. Those that are written
in an older way, play arpeggios or a sample are left out, and so are those whose names say no class and the few that are
nothing without effects of other packages, or which end LMMS 1.2.2 (E-Organ, CheesyGuitar)."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from xml.etree import ElementTree

import numpy as np

from daemon.engines.classifier.classes import DRUMS
from training.tagger.lmms import LMMS, Played, Preset, drawn, play
from training.tagger.sound import Sound, tidy
from training.tagger.voices.dsp import Rng

FOLDER = Path("/usr/share/lmms/presets")
SOURCE = "presets"
NOTES, HITS = 6, 16  # of each preset; of a drum's
_MIDDLE = 69  # the MIDI note at which LMMS plays a preset until told otherwise
_MOVED = 7  # semitones that a drum is played higher or lower
_OF_CLASS: dict[str, tuple[str, ...]] = {
    "kick": ("Kicker/KickPower", "Kicker/TrapKick", "TripleOscillator/Drums_HardKick", "TripleOscillator/Drums_Kick"),
    "snare": ("Kicker/SnareLong", "Kicker/SnareMarch", "TripleOscillator/Drums_Snare"),
    "rim": ("Kicker/TR909-RimShot",),
    "closed-hat": ("Kicker/HihatClosed", "TripleOscillator/Drums_HihatC"),
    "open-hat": ("TripleOscillator/Drums_HihatO",),
    "bass": (
        "SID/Bass", "Watsyn/Phase_bass",
        *(f"TripleOscillator/{name}" for name in (
            "BlandModBass", "DirtyReece", "DistortedPMBass", "FutureBass", "FuzzyAnalogBass", "HugeGrittyBass",
            "PMFMFTWbass", "PMbass", "PercussiveBass", "PluckBass", "RaveBass", "ResoBass", "TB303")),
    ),
    "keys": (
        "OpulenZ/Combo_organ", "OpulenZ/Epiano", "OpulenZ/Organ_leslie", "TripleOscillator/ChurchOrgan",
        "TripleOscillator/E-Organ2", "TripleOscillator/Harmonium",
    ),
    "mallet": (
        "OpulenZ/Bells", "OpulenZ/Vibraphone", "TripleOscillator/AnalogBell", "TripleOscillator/Bell",
        "TripleOscillator/DullBell", "Monstro/ScaryBell",
    ),
    "strings": ("OpulenZ/Harp", "TripleOscillator/PowerStrings", "TripleOscillator/PM-FMstring"),
    "brass": ("OpulenZ/Brass",), "guitar": ("TripleOscillator/SEGuitar",),
    "woodwind": ("OpulenZ/Clarinet", "OpulenZ/Bagpipe", "TripleOscillator/ElectricOboe"),
    "synth": (
        "LB302/AcidLead", "LB302/AngryLead", "Monstro/HorrorLead", "Nescaline/Detune_lead", "OpulenZ/Cheesy_synth",
        "OpulenZ/Halo_pad", "OpulenZ/Pad", "OpulenZ/Square", "SID/Lead", "SID/Pad", "Watsyn/Epic_lead", "Watsyn/Pulse",
        *(f"TripleOscillator/{name}" for name in (
            "AnalogDreamz", "AnalogTimes", "CryingPads", "ResonantPad", "SawReso", "Square", "SuperSawLead",
            "TINTNpad", "WarmStack")),
    ),
    "fx": ("Nescaline/Engine_overheats", "Nescaline/Fireball_flick", "TripleOscillator/AmazingBubbles"),
}  # fmt: skip


def sounds(rng: Rng) -> Iterator[Sound]:
    """NOTES or HITS of each preset that is known. Exits with the Debian packages when they are missing."""
    if not FOLDER.exists() or not LMMS.exists():
        raise SystemExit(f"{FOLDER} or {LMMS} is not there: apt-get install lmms lmms-common")
    for label, names in _OF_CLASS.items():
        for name in names:
            preset = read(FOLDER / f"{name}.xpf")
            struck = label in DRUMS
            notes = [_hit(rng) for _ in range(HITS)] if struck else [drawn(rng, label) for _ in range(NOTES)]
            for audio in play([preset], [notes])[0]:
                if (sound := tidy(audio)) is not None:
                    yield Sound(label, f"{SOURCE}:{name.split('/')[0]}", sound, pitched=not struck)


def read(path: Path) -> Preset:
    """A preset's own file. Raises ValueError when it holds no track of one instrument."""
    root = ElementTree.fromstring(path.read_bytes())  # noqa: S314 (of a Debian package)
    settings = root.find("instrumenttracksettings/instrumenttrack")
    if settings is None or settings.find("instrument") is None:
        raise ValueError(f"{path} holds no track of one instrument")
    return Preset(path.stem, settings, root.get("creatorversion", "1.2.2"))


def _hit(rng: Rng) -> Played:
    note = _MIDDLE + round(float(np.clip(rng.normal(0, 0.5), -1, 1)) * _MOVED)
    return Played((note,), int(rng.integers(50, 110)), float(rng.choice([0.3, 0.8])))
