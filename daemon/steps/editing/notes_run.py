"""The work of the step `edited-notes`."""

from __future__ import annotations

from pathlib import PurePosixPath

from daemon.audio.identity import byte_hash
from daemon.files.names import with_ending
from daemon.kernel.types import AssetId, Json
from daemon.kernel.work import InputFile, Kind, Produced, StepResult
from daemon.steps.edited_notes import EditedNotesParams, WrittenPart
from daemon.steps.notation import notes_file
from daemon.steps.spec import StepContext


def run(context: StepContext, inputs: tuple[InputFile, ...], params: EditedNotesParams) -> StepResult:
    """One notes file for each part."""
    (file,) = inputs
    base = PurePosixPath(file.name).stem
    tempo = {
        "bpm": params.bpm,
        "beats_per_bar": params.beats_per_bar,
        "first_downbeat_s": params.first_downbeat_s,
    }
    known: dict[str, Json] = {} if params.bpm is None else {k: v for k, v in tempo.items() if v is not None}
    made = []
    for part in params.parts:
        name = with_ending(" - ".join(filter(None, (base, part.stem))), " notes.json")
        path = context.out / name
        notes_file.write(path, _document(part))
        meta = known | ({"stem": part.stem} if part.stem else {})
        made.append(Produced(name, Kind.NOTES, AssetId(byte_hash(path)), 0, meta))
    context.checkpoint(1.0, "notes")
    return StepResult(tuple(made))


def _document(part: WrittenPart) -> notes_file.NotesFile:
    notes = [
        notes_file.NoteEntry(
            note.start_s, note.end_s, note.pitch, note.velocity, note.confidence, sorted(note.bends)
        )
        for note in sorted(part.notes, key=lambda note: (note.start_s, note.pitch))
    ]
    length_s = max((note.end_s for note in notes), default=0.0) if part.length_s is None else part.length_s
    return notes_file.NotesFile(notes_file.VERSION, part.stem, part.mode, length_s, notes)
