"""SubRip (.srt) and WebVTT (.vtt): one cue for each line."""

from __future__ import annotations

from collections.abc import Iterator

from daemon.steps.words.document import LineEntry, LyricsFile, separator

_SHORTEST_MS = 300
"""A cue that is shown for less cannot be read; it is held this long where the next one leaves room."""


def encode_srt(lyrics: LyricsFile) -> str:
    cues = (
        f"{number}\n{_clock(start, ',')} --> {_clock(end, ',')}\n{_srt_text(line.text)}\n"
        for number, (start, end, line) in enumerate(_cues(lyrics), start=1)
    )
    return "\n".join(cues)


def encode_vtt(lyrics: LyricsFile) -> str:
    """With a stamp before each word after the first, as WebVTT has it for karaoke."""
    between = separator(lyrics.language)
    head = f"WEBVTT\nLanguage: {lyrics.language}\n" if lyrics.language else "WEBVTT\n"
    cues = (
        f"{_clock(start, '.')} --> {_clock(end, '.')}\n{_vtt_text(line, start, end, between)}\n"
        for start, end, line in _cues(lyrics)
    )
    return "\n".join([head, *cues])


def _cues(lyrics: LyricsFile) -> Iterator[tuple[int, int, LineEntry]]:
    """(start, end, line) in milliseconds, never overlapping, never empty."""
    lines = lyrics.lines
    for place, line in enumerate(lines):
        start, end = round(line.start_s * 1000), round(line.end_s * 1000)
        limit = round(lines[place + 1].start_s * 1000) if place + 1 < len(lines) else end + _SHORTEST_MS
        end = min(max(end, start + _SHORTEST_MS), limit) if limit > start else max(end, start + 1)
        yield start, end, line


def _clock(milliseconds: int, point: str) -> str:
    seconds, rest = divmod(milliseconds, 1000)
    return f"{seconds // 3600:02d}:{seconds // 60 % 60:02d}:{seconds % 60:02d}{point}{rest:03d}"


def _srt_text(text: str) -> str:
    """SRT has no escapes; players read angle brackets as tags and an arrow as a time line."""
    return text.replace("-->", "→").replace("<", "‹").replace(">", "›")


def _vtt_text(line: LineEntry, start: int, end: int, between: str) -> str:
    parts = []
    latest = start
    for word in line.words:
        at = round(word.start_s * 1000)
        stamped = latest < at < end  # stamps must grow and lie inside the cue
        latest = at if stamped else latest
        parts.append((f"<{_clock(at, '.')}>" if stamped else "") + _escaped(word.text))
    return between.join(parts)


def _escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
