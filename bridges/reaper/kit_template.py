"""A kit as a track template: one track with a sampler for each class, one note each, in the order of General MIDI.

Layers by velocity are left to the action in REAPER, which can ask the plug-in for its parameters: here each class has
its loudest sample.
"""

from __future__ import annotations

import base64
import re
import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from bridges.reaper import sampler
from bridges.reaper.rpp_text import block, line, quoted, text
from daemon.steps.notation import drum_map

_NAMESPACE = uuid.UUID("6f0f3d3e-6f4b-5a0e-9c51-5d2f4f1f6b5a")
_LAST_NOTE = 127
_STATE = re.compile(r"<VST [^\n]*\n\s*\S+\n((?:\s*[A-Za-z0-9+/=]+\n)+?)\s*AAAQAAAA\n")


@dataclass(frozen=True, slots=True)
class Sample:
    """velocity: 1..127, how hard it was struck."""

    path: Path
    label: str
    velocity: int = 127


def encode(name: str, samples: Iterable[Sample]) -> str:
    """The template. The same kit is the same text; no samples make no track but ""."""
    pads = _pads(samples)
    if not pads:
        return ""
    names = [f"-1 {note} {quoted(sample.label)} 0 {note}" for note, sample in pads]
    chain = ["SHOW 0", "LASTSEL 0", "DOCKED 0"]
    for note, sample in pads:
        guid = _guid(f"{name}/{note}")
        chain += ["BYPASS 0 0 0", *sampler.chunk(sample.path, note, sample.label), f"FXID {guid}", "WAK 0 0"]
    guid = _guid(name)
    body = [
        line("NAME", name), "NCHAN 2", "FX 1", f"TRACKID {guid}", "MAINSEND 1 0",
        *block("MIDINOTENAMES", names), *block("FXCHAIN", chain),
    ]  # fmt: skip
    return text(block(f"TRACK {guid}", body))


def samples_of(template: str) -> list[Path]:
    """The samples that a template of ours plays."""
    found = []
    for state in _STATE.findall(template):
        content = b"".join(base64.b64decode(part) for part in state.split())
        found.append(sampler.sample_of(content))
    return found


def _pads(samples: Iterable[Sample]) -> list[tuple[int, Sample]]:
    """(note, sample) in order of notes: each class on its drum key, or on the next free one above."""
    loudest: dict[str, Sample] = {}
    for sample in sorted(samples, key=lambda each: (each.velocity, str(each.path))):
        loudest[sample.label] = sample
    taken: dict[int, Sample] = {}
    for sample in _known_first(list(loudest.values())):
        note = drum_map.key(sample.label)
        while note in taken and note < _LAST_NOTE:
            note += 1
        taken.setdefault(note, sample)
    return sorted(taken.items())


def _known_first(samples: Sequence[Sample]) -> list[Sample]:
    return sorted(samples, key=lambda each: (each.label not in drum_map.KEYS, each.label))


def _guid(name: str) -> str:
    return "{" + str(uuid.uuid5(_NAMESPACE, name)).upper() + "}"
