"""The lyrics document, JSON.

    {"version": 1, "language": "en", "language_confidence": 0.98, "length_s": 181.2,
     "lines": [{"start_s": 12.34, "end_s": 15.1, "text": "Hello there",
                "words": [{"text": "Hello", "start_s": 12.34, "end_s": 12.8, "confidence": 0.91}, ...]}]}

Times are seconds from the beginning of the audio, to the millisecond; confidence is 0..1; language is "" when
nobody sings.
"""

from __future__ import annotations

import msgspec

from daemon.engines.protocol import Lyrics

VERSION = 1


class WordEntry(msgspec.Struct, frozen=True):
    text: str
    start_s: float
    end_s: float
    confidence: float


class LineEntry(msgspec.Struct, frozen=True):
    start_s: float
    end_s: float
    text: str
    words: list[WordEntry]


class LyricsFile(msgspec.Struct, frozen=True):
    version: int
    language: str
    language_confidence: float
    length_s: float
    lines: list[LineEntry]


def document(lyrics: Lyrics, length_s: float) -> LyricsFile:
    lines = []
    for line in lyrics.lines:
        words = [
            WordEntry(" ".join(w.text.split()), round(w.start_s, 3), round(w.end_s, 3), round(w.confidence, 4))
            for w in line.words
        ]
        text = _spoken([word.text for word in words], lyrics.language)
        lines.append(LineEntry(words[0].start_s, words[-1].end_s, text, words))
    confidence = round(lyrics.language_confidence, 4)
    return LyricsFile(VERSION, lyrics.language, confidence, round(length_s, 3), lines)


def _spoken(words: list[str], language: str) -> str:
    return separator(language).join(words)


def separator(language: str) -> str:
    """What stands between words: nothing in the languages that are written without spaces."""
    return "" if language in {"zh", "ja", "th", "lo", "my", "yue", "km"} else " "


def encode(lyrics: LyricsFile) -> str:
    return msgspec.json.format(msgspec.json.encode(lyrics), indent=1).decode("utf-8") + "\n"
