"""Enhanced LRC: a stamp before each line, and one before each word in it, in centiseconds."""

from __future__ import annotations

from daemon.steps.words.document import LineEntry, LyricsFile, separator


def encode(lyrics: LyricsFile, title: str) -> str:
    """Each line ends with the stamp at which its last word ends. An empty line stands where a pause begins, so
    that players do not leave the last line lit."""
    heads = [f"[ti:{_tag(title)}]"] if title else []
    heads += [f"[la:{lyrics.language}]"] if lyrics.language else []
    heads += [f"[length:{_stamp(lyrics.length_s)}]", "[re:roadie]"]
    rows = []
    for place, line in enumerate(lyrics.lines):
        rows.append(_row(line, separator(lyrics.language)))
        following_s = lyrics.lines[place + 1].start_s if place + 1 < len(lyrics.lines) else None
        if following_s is None or following_s - line.end_s > 4.0:
            rows.append(f"[{_stamp(line.end_s)}]")
    return "\n".join([*heads, *rows]) + "\n"


def _row(line: LineEntry, between: str) -> str:
    words = between.join(f"<{_stamp(word.start_s)}>{_text(word.text)}" for word in line.words)
    return f"[{_stamp(line.start_s)}]{words}<{_stamp(line.end_s)}>"


def _stamp(at_s: float) -> str:
    """mm:ss.xx; minutes go on past 99."""
    centiseconds = round(at_s * 100)
    minutes, rest = divmod(centiseconds, 6000)
    return f"{minutes:02d}:{rest // 100:02d}.{rest % 100:02d}"


def _text(text: str) -> str:
    """LRC has no escapes: brackets that a player would read as stamps become round."""
    return text.translate(str.maketrans("<>[]", "()()"))


def _tag(text: str) -> str:
    return " ".join(_text(text).split())
