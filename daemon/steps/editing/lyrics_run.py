"""The work of the step `edited-lyrics`."""

from __future__ import annotations

from daemon.kernel.work import InputFile, StepResult
from daemon.steps.edited_lyrics import EditedLyricsParams, WrittenLine, WrittenLyrics
from daemon.steps.spec import StepContext
from daemon.steps.words import document
from daemon.steps.words.lyrics_run import write


def run(context: StepContext, inputs: tuple[InputFile, ...], params: EditedLyricsParams) -> StepResult:
    """The four lyrics files."""
    (file,) = inputs
    made = write(context.out, file, _document(params.lyrics))
    context.checkpoint(1.0, "lyrics")
    return StepResult(made)


def _document(lyrics: WrittenLyrics) -> document.LyricsFile:
    lines = [_line(line) for line in sorted(lyrics.lines, key=lambda line: line.start_s)]
    length_s = max((line.end_s for line in lines), default=0.0) if lyrics.length_s is None else lyrics.length_s
    return document.LyricsFile(document.VERSION, lyrics.language, lyrics.language_confidence, length_s, lines)


def _line(line: WrittenLine) -> document.LineEntry:
    words = [
        document.WordEntry(word.text, word.start_s, word.end_s, word.confidence)
        for word in sorted(line.words, key=lambda word: word.start_s)
    ]
    whole = document.WordEntry(line.text, line.start_s, line.end_s, 1.0)
    return document.LineEntry(line.start_s, line.end_s, line.text, words or [whole])
