"""The drum machine patches (.ds) that lmms-common brings, played by a small synthesiser of our own.

The format: an INI file in which a tone, coloured noise, a pair of overtones and two bands of noise each have an
envelope of (sample, percent) points, as DrumSynth 2.0 (Paul Kellett, 1999) writes it. Played in the spirit of the
patch rather than bit by bit; which class a patch is comes from its name.
"""

from __future__ import annotations

import configparser
import re
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from training.tagger.sound import Sound, tidy
from training.tagger.voices.dsp import (
    RATE,
    Rng,
    Wave,
    band,
    log_uniform,
    noise,
    resonance,
    saw,
    sine,
    square,
    unit,
)

FOLDER = Path("/usr/share/lmms/samples/drumsynth")
_LONGEST = int(3.2 * RATE)
# What a patch is called tells its class; the first that matches counts. Prefixes end in "*", else any word of the name.
_NAMES = (
    (r"tamb", "tambourine"), (r"cow", "cowbell"), (r"cl(a)?p", "clap"), (r"cga|conga|bongo|tabla", "hand-drum"),
    (r"^linn_cab|marac|shak(er|e)(?!_ride)", "shaker"), (r"rim|stk", "rim"), (r"ride", "ride"),
    (r"bass_?drum|kick|ki?k\b|\bbd\b|^k |808$|809$|909$|808_(click|hummer)", "kick"),
    (r"ha?t.?(o\d*\b|op)|open (high )?h|open$|half open|\boh\b(?! so)", "open-hat"),
    (r"\bhats?|\bhh|h closed|hihat|hi-hat|high hat", "closed-hat"),
    (r"crash|cym", "crash"), (r"\btom|syntom|tom \d*$", "tom"), (r"snr|snare|snar|brush|\bsn\b|^s ", "snare"),
    (r"clav|wood|guiro|triangle|gamelan|hi-q|cui|clinky|knock|timbale|temple", "perc"), (r"thumbpno", "mallet"),
)  # fmt: skip
_FOLDERS = {"effects": "fx", "misc_fx": "fx", "misc_bass": "bass", "misc_synth": "synth", "misc_claps": "clap"}
_DOUBTFUL = re.compile(r"noise|loop|tone|reverse|backwd|&|what|that|funk_box|slide hat")


def label_of(path: Path) -> str | None:
    """The class that a patch's folder and name tell; None in doubt."""
    name, folder = re.sub(r"[ _]+", " ", path.stem.lower()), path.parent.name
    if folder in ("magnetboy", "instrument") or _DOUBTFUL.search(name):
        return None
    found = next((label for word, label in _NAMES if re.search(word.replace("_", " "), name)), None)
    if folder in _FOLDERS:
        return found if folder == "misc_bass" and found == "kick" else _FOLDERS[folder]
    if folder == "misc_hats" and found not in ("ride", "crash", "open-hat"):
        return "closed-hat"
    return found


def sounds(rng: Rng, variants: int) -> Iterator[Sound]:
    """Every patch whose class is known, `variants` times with its settings moved a little."""
    for path in sorted(FOLDER.rglob("*.ds")):
        label = label_of(path)
        if label is None:
            continue
        patch = _read(path)
        for i in range(variants):
            try:
                wave = play(rng, patch, spread=0.0 if i == 0 else rng.uniform(0.05, 0.5))
            except ValueError:
                break  # a patch with numbers that make no sense
            if (sound := tidy(wave)) is not None:
                yield Sound(label, f"drumsynth:{path.parent.name}", sound)


def _read(path: Path) -> dict[str, dict[str, str]]:
    parser = configparser.ConfigParser(strict=False, interpolation=None)
    parser.read_string(path.read_text("latin-1"))
    return {section.lower(): dict(parser[section]) for section in parser.sections()}


def _number(section: dict[str, str], key: str, default: float = 0.0) -> float:
    try:
        return float(section.get(key, "") or default)
    except ValueError:
        return default


def play(rng: Rng, patch: dict[str, dict[str, str]], spread: float) -> Wave:
    """The patch as a wave. spread: how far levels, pitches and lengths are moved (natural logarithm, deviation)."""
    general = patch.get("general", {})
    stretch = float(np.clip(_number(general, "stretch", 100) / 100, 0.2, 10)) * float(
        np.exp(rng.normal(0, spread))
    )
    tune = 2 ** (_number(general, "tuning") / 12) * float(np.exp(rng.normal(0, spread * 0.5)))

    def on(name: str) -> bool:
        return _number(patch.get(name, {}), "on") == 1

    def level(name: str) -> float:
        return (_number(patch[name], "level", 128) / 128) ** 2 * float(np.exp(rng.normal(0, spread)))

    out = np.zeros(_LONGEST)
    if on("tone"):
        out += level("tone") * _tone(patch["tone"], stretch, tune)
    if on("noise"):
        out += level("noise") * _noise(rng, patch["noise"], stretch)
    if on("overtones"):
        out += level("overtones") * _overtones(rng, patch["overtones"], stretch, tune)
    for name in ("noiseband", "noiseband2"):
        if on(name):
            out += level(name) * _band(rng, patch[name], stretch, tune)
    if on("distortion"):
        out = np.clip(unit(out) * 10 ** (_number(patch["distortion"], "clipping") / 20), -1, 1)
    return out


def _envelope(section: dict[str, str], key: str, stretch: float) -> Wave:
    points = [tuple(float(n) for n in pair.split(",")) for pair in section.get(key, "0,0 100,0").split()]
    at = np.array([point[0] for point in points]) * stretch
    return np.interp(
        np.arange(_LONGEST), np.maximum.accumulate(at), [point[1] / 100 for point in points], right=0
    )


def _tone(section: dict[str, str], stretch: float, tune: float) -> Wave:
    first, last = _number(section, "f1", 200) * tune, _number(section, "f2", 120) * tune
    envelope = _envelope(section, "envelope", stretch)
    length = max(int(np.flatnonzero(envelope)[-1]) if envelope.any() else 1, 1)
    u = np.minimum(np.arange(_LONGEST) / length, 1)
    droop = _number(section, "droop")
    if droop > 0:
        rate = 4 * 10 ** ((droop - 20) / 30)
        u = (1 - np.exp(-rate * u)) / (1 - np.exp(-rate))
    return sine(first + (last - first) * u, _LONGEST, np.deg2rad(_number(section, "phase", 90))) * envelope


def _noise(rng: Rng, section: dict[str, str], stretch: float) -> Wave:
    slope = _number(section, "slope")
    x = noise(rng, _LONGEST) * 0.5
    x = (
        band(x, 12000 * (slope / 100) ** 2 + 20, None, 1)
        if slope > 0
        else band(x, None, 18000 * 10 ** (slope / 60), 1)
    )
    return x * _envelope(section, "envelope", stretch)


def _wave(kind: float, hz: float) -> Wave:
    if kind in (0, 1):
        return sine(hz, _LONGEST)
    return (
        saw(hz, _LONGEST)
        if kind == 3
        else square(hz, _LONGEST)
        if kind == 4
        else 2 * np.abs(saw(hz, _LONGEST)) - 1
    )


def _overtones(rng: Rng, section: dict[str, str], stretch: float, tune: float) -> Wave:
    first, second = (max(_number(section, key, 200) * tune, 5.0) for key in ("f1", "f2"))
    one, two = _envelope(section, "envelope1", stretch), _envelope(section, "envelope2", stretch)
    share = _number(section, "param", 50) / 100
    method = _number(section, "method", 2)
    kinds = _number(section, "wave1"), _number(section, "wave2")
    if method == 0:
        return _wave(kinds[0], first) * one * (1 - share) + _wave(kinds[1], second) * two * share
    if method == 1:
        depth = 8 * share**3 * 6
        turns = 2 * np.pi * first * np.arange(_LONGEST) / RATE
        return np.asarray(np.sin(turns + depth * two * _wave(kinds[1], second)) * one)
    if method == 2:
        return _wave(kinds[0], first) * one * (1 - share + share * _wave(kinds[1], second) * two)
    squares = sum(square(first + (second - first) * i / 5, _LONGEST, 0.5, rng.random()) for i in range(6))
    centre = log_uniform(rng, 5000, 9000)
    return (
        unit(
            band(np.asarray(squares), 2500 + 5000 * share, None, 2) + resonance(np.asarray(squares), centre, 2)
        )
        * one
    )


def _band(rng: Rng, section: dict[str, str], stretch: float, tune: float) -> Wave:
    hz = max(_number(section, "f", 1000) * tune, 30.0)
    width = max(_number(section, "df", 50), 2) / 100
    x = resonance(noise(rng, _LONGEST), hz, 1.2 / width)
    return unit(x) * _envelope(section, "envelope", stretch)
