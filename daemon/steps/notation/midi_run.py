"""The work of the step `midi`: every notes file and the drums' onsets of a source into MIDI files."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from pathlib import PurePosixPath

from daemon.audio.identity import payload_hash
from daemon.kernel.types import Json
from daemon.kernel.work import InputFile, Kind, Produced, StepResult
from daemon.steps.midi import MidiParams
from daemon.steps.notation import drum_part, midi_file, notes_file, part, tempo
from daemon.steps.notation.part import Part
from daemon.steps.notation.tempo import TempoMap
from daemon.steps.spec import StepContext

_PROGRAMS = {"bass": 33, "vocals": 53, "guitar": 25, "piano": 0}
"""General MIDI, counted from 0: Electric Bass (finger), Voice Oohs, Acoustic Guitar (steel), Grand Piano."""
_OTHER_PROGRAM = 4  # Electric Piano 1, as Basic Pitch itself writes
_DRUMS = "drums"
_ASSUMED_BPM = 120.0


def run(context: StepContext, inputs: tuple[InputFile, ...], params: MidiParams) -> StepResult:
    """One file for each stem that has notes, or one for all of them. A stem without notes gets none."""
    context.checkpoint(0.0, "midi")
    tempo_map, downbeat_s = tempo_of(params, inputs)
    parts = [*_melodic(inputs, tempo_map, params), *_drums(inputs, tempo_map)]
    grid = part.GRIDS.get(params.quantise)
    if grid is not None:
        parts = [_on_grid(each, grid, tempo_map.exact_tick(downbeat_s)) for each in parts]
    empty = [f"{each.stem}: no notes, so no MIDI file" for each in parts if not each.notes]
    sounding = [each for each in parts if each.notes]
    title = _text(_first(inputs, "source"))
    markers = [(tempo_map.tick(downbeat_s), "first downbeat")] if downbeat_s > 0 else []
    groups = [(each.base, [each]) for each in sounding]
    if params.merge and sounding:
        groups = [(title or "notes", sounding)]
    made = []
    for base, group in groups:
        name = f"{_safe(base)}.mid"
        path = context.out / name
        midi_file.write(path, title or base, tempo_map, group, markers)
        meta: dict[str, Json] = {"stem": group[0].stem} if len(group) == 1 else {}
        made.append(Produced(name, Kind.MIDI, payload_hash(path), group[0].parent, meta))
    return StepResult(tuple(made), warnings=tuple(empty))


def tempo_of(params: MidiParams, inputs: Sequence[InputFile]) -> tuple[TempoMap, float]:
    """The tempo map, and the second of a downbeat that the grid goes through."""
    if params.tempo_map is not None:
        return tempo.from_points(params.tempo_map, "the project's tempo map"), 0.0
    bpm = _number(_first(inputs, "bpm"))
    beats_per_bar = round(_number(_first(inputs, "beats_per_bar"))) or 4
    if bpm > 0:
        origin = f"detected, {bpm:.2f} bpm, constant"
        return tempo.constant(bpm, beats_per_bar, origin), max(0.0, _number(_first(inputs, "first_downbeat_s")))
    origin = f"not known, {_ASSUMED_BPM:.0f} bpm assumed"
    return tempo.constant(_ASSUMED_BPM, beats_per_bar, origin), 0.0


def _melodic(inputs: Sequence[InputFile], tempo_map: TempoMap, params: MidiParams) -> list[Part]:
    documents = [
        (place, file, notes_file.read(file.path))
        for place, file in enumerate(inputs)
        if file.kind is Kind.NOTES
    ]
    often = Counter(document.stem for _, _, document in documents)
    parts = []
    for place, file, document in documents:
        own = PurePosixPath(file.name).stem.removesuffix(" notes")
        stem = document.stem or own
        bends = document.mode == "mono" if params.bends is None else params.bends
        notes = part.separated(part.placed(document.notes, tempo_map, bends))
        program = _PROGRAMS.get(stem, _OTHER_PROGRAM)
        base = stem if often[document.stem] == 1 else own
        parts.append(Part(stem, program, False, tuple(part.without_clashing_bends(notes)), place, base))
    return parts


def _drums(inputs: Sequence[InputFile], tempo_map: TempoMap) -> list[Part]:
    slices = [
        file for file in inputs if file.kind in (Kind.SLICE, Kind.ONE_SHOT) and file.meta.get("stem") == _DRUMS
    ]
    parts = []
    for place, file in enumerate(inputs):
        if file.kind is not Kind.ONSETS or file.meta.get("stem", _DRUMS) != _DRUMS:
            continue
        document = drum_part.read(file.path)
        if document.stem == _DRUMS:
            placed = part.placed(drum_part.hits(document, slices), tempo_map, bends=False)
            parts.append(Part(_DRUMS, 0, True, tuple(part.separated(placed)), place, _DRUMS))
    return parts


def _on_grid(each: Part, grid_ticks: int, origin_tick: float) -> Part:
    moved = part.separated(part.quantised(each.notes, grid_ticks, origin_tick))
    notes = tuple(part.without_clashing_bends(moved))
    return Part(each.stem, each.program, each.drums, notes, each.parent, each.base)


def _first(inputs: Sequence[InputFile], key: str) -> Json:
    return next((file.meta[key] for file in inputs if file.meta.get(key) is not None), None)


def _number(value: Json) -> float:
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else 0.0


def _text(value: Json) -> str:
    return value if isinstance(value, str) else ""


def _safe(base: str) -> str:
    """A file name: what no file system takes becomes a dash."""
    return "".join("-" if char in '/\\:*?"<>|' or ord(char) < 32 else char for char in base)
