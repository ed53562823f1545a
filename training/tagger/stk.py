"""Physical and modal models of the Synthesis ToolKit (Cook, Scavone 1999), played by its `stk-demo`.

Settings and scores are ours; of its recordings only the excitations that the models strike or pluck with are heard
(never its drummer, which plays recorded drums).
"""

from __future__ import annotations

import subprocess
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import soundfile
from scipy.signal import butter, sosfilt

from daemon.engines.classifier.image import RATE_HZ
from training.tagger.classes import COMPASS
from training.tagger.sound import Mono, Sound, tidy
from training.tagger.voices.dsp import Rng

STK = Path("/usr/bin/stk-demo")
SOURCE = "stk"
EACH = 70  # sounds of a model that is blown, bowed, plucked or struck
OF_SHAKEN = 120  # and of one that is shaken
_LONGEST_S = 20  # it may take for a sound: most take a fiftieth


@dataclass(frozen=True, slots=True)
class Model:
    """label: a class. instrument: of stk-demo. preset: of its kind, or the body that is shaken. moved: controllers
    that are drawn anew for each sound, around the middle. little: those that are drawn near nothing (vibrato, breath).
    Both as STK's SKINI.msg numbers them. compass: lowest and highest MIDI note, the class's own where None. rings:
    struck or plucked, and left to ring."""

    label: str
    instrument: str
    preset: int | None = None
    moved: tuple[int, ...] = (2, 4)
    little: tuple[int, ...] = ()
    compass: tuple[int, int] | None = None
    rings: bool = False

    @property
    def source(self) -> str:
        return f"{SOURCE}:{self.instrument}" + ("" if self.preset is None else f":{self.preset}")


PLAYED = (
    *(Model("woodwind", name, moved=(2, 11), little=(1, 4)) for name in ("Clarinet", "Flute", "Recorder")),
    Model("woodwind", "BlowHole", moved=(2,), little=(4, 11)),
    Model("woodwind", "BlowBotl", moved=(11,), little=(1, 4)),
    Model("strings", "Bowed", moved=(2, 4, 11), little=(1,)),
    Model("guitar", "Plucked", moved=(), rings=True), Model("guitar", "StifKarp", rings=True),
    Model("guitar", "Mandolin", rings=True),
    Model("keys", "Rhodey", rings=True), Model("keys", "Wurley", rings=True),
    Model("keys", "BeeThree", moved=(2, 4, 11), little=(1,)), Model("mallet", "TubeBell", rings=True),
    Model("vocal", "FMVoices", moved=(2, 4, 11), little=(1,)),
    Model("vocal", "VoicForm", moved=(4, 11), little=(1, 2)),
    Model("synth", "Moog", moved=(2, 4, 11), little=(1,)),
    *(Model("mallet", "ModalBar", i, rings=True) for i in (0, 1, 4)),
)  # fmt: skip
STRUCK = (*(Model("perc", "ModalBar", i, compass=(60, 96), rings=True) for i in (3, 5, 8)),)
"""Wood blocks and clumps. Left out: the agogo bell, after which bells of rides are percussion."""
SHAKEN = (
    *(Model("shaker", "Shakers", i, (4, 11, 1)) for i in (0, 1, 6)),
    *(Model("tambourine", "Shakers", i, (4, 11, 1)) for i in (3, 4)),
    Model("perc", "Shakers", 8, (4, 11, 1)),
)
"""Maraca, cabasa, sandpaper; tambourine, sleigh bells; sticks. Left out, as they sound like something else or like
noise: sekere, guiro, rocks, and of the played ones brass, saxophone, sitar and banded waveguides."""
_AUDIBLE = butter(2, 25, "highpass", fs=RATE_HZ, output="sos")
_REVERB, _PRESET = 44, 16  # controllers
_RELEASE_S = 0.7  # left to a note after it has ended
_BODIES = 32  # what is left of the note's number, divided by this, chooses what is shaken


def sounds(rng: Rng) -> Iterator[Sound]:
    """Sounds of each model, settings drawn widely. Exits with the Debian package when it is missing."""
    if not STK.exists():
        raise SystemExit(f"{STK} is not there: apt-get install stk")
    for models, count in ((PLAYED, EACH), (STRUCK, EACH), (SHAKEN, OF_SHAKEN)):
        for model in models:
            for _ in range(count):
                audio = played(rng, model)
                if audio is not None and (sound := tidy(audio)) is not None:
                    yield Sound(model.label, model.source, sound, pitched=models is PLAYED)


def played(rng: Rng, model: Model) -> Mono | None:
    """A sound of a model, None where it does not speak; noise in it is STK's own and differs each time. Raises
    CalledProcessError."""
    with tempfile.TemporaryDirectory() as folder:
        score, wav = Path(folder) / "score.ski", Path(folder) / "sound.wav"
        score.write_text("\n".join(_score(rng, model)) + "\n")
        command = [STK, model.instrument, "-s", str(RATE_HZ), "-ow", wav, "-if", score]
        subprocess.run(command, check=True, capture_output=True, timeout=_LONGEST_S)
        audio, _ = soundfile.read(wav, dtype="float32")
    swinging = sosfilt(_AUDIBLE, audio).astype(np.float32)
    # a reed that does not swing is a steady pressure
    return swinging if swinging.std() > 0.5 * np.sqrt(np.mean(audio**2)) > 0 else None


def _score(rng: Rng, model: Model) -> list[str]:
    """Lines of SKINI: seconds since the line before, channel, values from 0 to 128."""
    drawn = [(number, rng.normal(64, 32)) for number in model.moved]
    drawn += [(number, abs(rng.normal(0, 16))) for number in (*model.little, _REVERB)]
    settings = [_set(number, min(max(value, 0), 127)) for number, value in drawn]
    if model.preset is not None and model in SHAKEN:
        return _shaken(rng, _BODIES + model.preset, settings)
    low, high = model.compass or COMPASS[model.label]
    note = int(rng.integers(low, high + 1))
    held_s = float(rng.choice([0.15, 0.4, 1.0, 2.4], p=[0.2, 0.35, 0.25, 0.2]))
    return [
        *([] if model.preset is None else [_set(_PRESET, model.preset)]),
        *settings,
        _note("On", 0.0, note, rng.uniform(40, 127)),
        _note("Off", max(held_s, 0.5) if model.rings else held_s, note, rng.uniform(30, 100)),
        _note("Off", _RELEASE_S, note, 64),
    ]


def _shaken(rng: Rng, body: int, settings: list[str]) -> list[str]:
    """Once, or two or three times in a row."""
    again_s = rng.uniform(0.04, 0.2, int(rng.choice([0, 1, 2], p=[0.6, 0.25, 0.15])))
    first, *others = (_note("On", s, body, rng.uniform(50, 127)) for s in (0.0, *again_s))
    # settings come after the first: a body that is chosen anew forgets them
    ends = [_note("Off", rng.uniform(0.3, 1.2), body, 64), _note("Off", _RELEASE_S, body, 64)]
    return [first, *settings, *others, *ends]


def _set(number: int, value: float) -> str:
    return f"ControlChange 0.0 1 {number} {value:.1f}"


def _note(way: str, after_s: float, note: int, velocity: float) -> str:
    return f"Note{way} {after_s:.4f} 1 {note}.0 {velocity:.1f}"
