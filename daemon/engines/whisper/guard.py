"""What is kept of what Whisper says.

Thresholds are those of Radford et al., "Robust Speech Recognition via Large-Scale Weak Supervision" (2022),
section 4.5: text that compresses too well repeats itself; text that the model itself doubts, over audio that
it takes for no speech, is invented.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from daemon.engines.protocol import Line, Word
from daemon.engines.whisper.silence import RATE_HZ, Gate, Mono, Span

COMPRESSION_RATIO = 2.4
LOG_PROBABILITY = -1.0
NO_SPEECH = 0.6


class HeardWord(Protocol):
    word: str
    start: float
    end: float
    probability: float


class HeardSegment(Protocol):
    text: str
    words: Sequence[HeardWord] | None
    avg_logprob: float
    no_speech_prob: float
    compression_ratio: float


def believable(segment: HeardSegment) -> bool:
    if not segment.text.strip() or segment.compression_ratio > COMPRESSION_RATIO:
        return False
    return not (segment.no_speech_prob > NO_SPEECH and segment.avg_logprob < LOG_PROBABILITY)


def line_of(segment: HeardSegment, audio: Mono, offset_s: float, gate: Gate) -> Line | None:
    """The segment as a line of words, without those that stand where the audio is silent. audio: what Whisper
    heard; times in the segment count from its beginning, which is at offset_s of the recording."""
    length_s = len(audio) / RATE_HZ
    words = []
    for heard in segment.words or ():
        text = heard.word.strip()
        start_s = min(max(0.0, float(heard.start)), length_s)
        end_s = min(max(start_s, float(heard.end)), length_s)
        if text and gate.sounds(audio, Span(int(start_s * RATE_HZ), int(end_s * RATE_HZ))):
            words.append(Word(text, offset_s + start_s, offset_s + end_s, float(heard.probability)))
    if not words:
        return None
    return Line(tuple(words), words[0].start_s, words[-1].end_s)
