"""The classifier behind the Protocol."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Self

from daemon.audio.reader import open_audio
from daemon.engines.classifier.compare import BY_STEM, fit, likelihoods
from daemon.engines.classifier.features import features
from daemon.engines.classifier.measures import Measures, measure, midi_note
from daemon.engines.protocol import Classification, Compute, Sound
from daemon.kernel.checkpoint import Checkpoint
from daemon.kernel.types import Frames, Json
from daemon.kernel.work import EngineChoice, Region

UNSURE = "unsure"
_SURE = 0.4
_HEARD_S = 8.0  # of a file: a class is heard at its beginning
_LOOP_HITS, _LOOP_S = 4, 1.2
_ALTERNATIVES = 3
_TUNED = frozenset(
    {"bass", "guitar", "keys", "strings", "brass", "woodwind", "mallet", "synth", "vocal", "kick", "tom"}
)


class BuiltinClassifier:
    """Measures and compares; the same on every machine."""

    device = "cpu"
    reason = "signal processing, no model"
    heard_s = _HEARD_S

    @classmethod
    def load(cls, choice: EngineChoice, compute: Compute) -> Self:  # noqa: ARG003 - nothing to load
        return cls()

    def classify(
        self, files: Sequence[Path], hints: Sequence[Mapping[str, Json]], checkpoint: Checkpoint
    ) -> list[Classification]:
        found = []
        for i, (path, hint) in enumerate(zip(files, hints, strict=True)):
            if i % 16 == 0:
                checkpoint(i / len(files))
            found.append(_classify(_read(path), hint))
        return found

    def classify_sounds(
        self, sounds: Sequence[Sound], hints: Sequence[Mapping[str, Json]], checkpoint: Checkpoint
    ) -> list[Classification]:
        found = []
        for i, (sound, hint) in enumerate(zip(sounds, hints, strict=True)):
            if i % 16 == 0:
                checkpoint(i / len(sounds))
            found.append(_classify(sound, hint))
        return found


def _read(path: Path) -> Sound:
    with open_audio(path) as audio:
        heard = min(audio.frames, int(_HEARD_S * audio.rate_hz))
        length_s, rate_hz = audio.frames / audio.rate_hz, audio.rate_hz
    with open_audio(path, Region(Frames(0), Frames(heard))) as audio:
        return Sound(audio.read(), rate_hz, length_s)


def _classify(sound: Sound, hint: Mapping[str, Json]) -> Classification:
    m, length_s = measure(sound.audio[:, : int(_HEARD_S * sound.rate_hz)], sound.rate_hz), sound.length_s
    kind = hint.get("kind")
    if kind not in ("loop", "one-shot"):
        kind = "loop" if m is not None and m.hits >= _LOOP_HITS and length_s >= _LOOP_S else "one-shot"
    if m is None:
        return Classification(UNSURE, 0.0, str(kind), measures={"peak_db": -80.0})
    stem = str(hint.get("stem") or "")
    return _of_loop(m, stem) if kind == "loop" else _of_one_shot(m, stem)


def _of_one_shot(m: Measures, stem: str) -> Classification:
    x = features(m)
    shares = likelihoods(x, stem)
    ranked = sorted(((name, share * fit(x, name)) for name, share in shares.items()), key=lambda pair: -pair[1])
    label, confidence = ranked[0]
    if len(BY_STEM.get(stem, ())) == 1 and label == BY_STEM[stem][0]:
        confidence = shares[label]  # the stem says what it is; an odd sound of it is still that instrument's
    others = tuple((name, round(share, 3)) for name, share in ranked[1 : 1 + _ALTERNATIVES] if share >= 0.02)
    if confidence < _SURE:
        others = ((label, round(confidence, 3)), *others)[:_ALTERNATIVES]
        label = UNSURE
    return Classification(label, round(confidence, 3), "one-shot", others, _told(m, label))


def _of_loop(m: Measures, stem: str) -> Classification:
    """A loop's class is its stem's, where that has one; several instruments together have none."""
    own = BY_STEM.get(stem, ())
    if len(own) == 1:
        return Classification(own[0], 0.9, "loop", (), _told(m, own[0]))
    if stem == "drums":
        return Classification("perc", 0.9, "loop", (), _told(m, "perc"))
    return Classification(UNSURE, 0.0, "loop", (), _told(m, UNSURE))


def _told(m: Measures, label: str) -> dict[str, Json]:
    told: dict[str, Json] = {
        "brightness_hz": round(m.brightness_hz, 1),
        "attack_s": round(m.attack_s, 4),
        "decay_s": round(m.decay_s, 3),
        "noisiness": round(m.noisiness, 3),
        "peak_db": round(m.peak_db, 2),
    }
    if m.pitch_hz and label in _TUNED:
        told["root_note"] = midi_note(m.pitch_hz)
    return told
