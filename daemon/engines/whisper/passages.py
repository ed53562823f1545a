"""Passages with a voice in them, each short enough for one look of Whisper (30 s)."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from faster_whisper.vad import VadOptions, get_speech_timestamps
from numpy.typing import NDArray

from daemon.engines.whisper.silence import RATE_HZ, Gate, Mono, Span

LONGEST_S = 28.0
_JOIN_S = 1.5
"""Shorter pauses stay inside a passage, so that Whisper sees whole lines."""
_BLOCK_S = 180
_PAD_S = 0.3


def voiced(audio: Mono, gate: Gate, threshold: float) -> list[Span]:
    """audio: (n,) at 16 kHz. Passages in order: what the Silero detector takes for a voice and the gate for
    loud. threshold: 0 leaves the detector out."""
    spans = _detected(audio, threshold) if threshold > 0 else _loud(audio, gate)
    return _joined([span for span in spans if gate.sounds(audio, span)])


def _detected(audio: Mono, threshold: float) -> list[Span]:
    options = VadOptions(
        threshold=threshold,
        min_speech_duration_ms=100,
        max_speech_duration_s=LONGEST_S,
        min_silence_duration_ms=400,
        speech_pad_ms=int(_PAD_S * 1000),
    )
    return [Span(found["start"], found["end"]) for found in get_speech_timestamps(audio, options)]


def _loud(audio: Mono, gate: Gate) -> list[Span]:
    frame = 320
    padded = np.concatenate([[False], gate.open(audio), [False]]).astype(np.int8)
    edges = (np.flatnonzero(np.diff(padded)) * frame).tolist()
    pad = int(_PAD_S * RATE_HZ)
    spans = []
    for start, end in zip(edges[::2], edges[1::2], strict=True):
        first, last = max(0, start - pad), min(len(audio), end + pad)
        step = int(LONGEST_S * RATE_HZ)
        spans += [Span(at, min(at + step, last)) for at in range(first, last, step)]
    return spans


def _joined(spans: list[Span]) -> list[Span]:
    joined: list[Span] = []
    for span in spans:
        last = joined[-1] if joined else None
        near = last is not None and span.start - last.end <= _JOIN_S * RATE_HZ
        if last is not None and near and span.end - last.start <= LONGEST_S * RATE_HZ:
            joined[-1] = Span(last.start, max(last.end, span.end))
        else:
            joined.append(span if last is None else Span(max(span.start, last.end), span.end))
    return [span for span in joined if span.end > span.start]


def stream(
    blocks: Iterator[NDArray[np.float32]], gate: Gate, threshold: float
) -> Iterator[tuple[int, Mono, list[Span]]]:
    """blocks: (1, n). Yields (position of the stretch in the recording, its audio, its passages).

    A stretch is three minutes at most, cut before the last passage, which may go on, so memory is bounded.
    """
    position = 0
    held = np.zeros(0, np.float32)
    parts: list[Mono] = []
    for block in blocks:
        parts.append(block[0])
        if len(held) + sum(map(len, parts)) < _BLOCK_S * RATE_HZ:
            continue
        held, parts = np.concatenate([held, *parts]), []
        gate.hear(held)
        spans = voiced(held, gate, threshold)
        cut = spans[-1].start if len(spans) > 1 else len(held)
        yield position, held[:cut], [span for span in spans if span.end <= cut]
        position += cut
        held = held[cut:].copy()
    held = np.concatenate([held, *parts])
    gate.hear(held)
    yield position, held, voiced(held, gate, threshold) if len(held) else []
