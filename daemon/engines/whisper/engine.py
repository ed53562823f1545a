"""The engine: passages with a voice through faster-whisper, one by one on a CPU, in batches on a GPU."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Self

import ctranslate2
import numpy as np
from faster_whisper import BatchedInferencePipeline, WhisperModel
from numpy.typing import NDArray

from daemon.engines.protocol import Compute, Line, Lyrics
from daemon.engines.whisper import guard
from daemon.engines.whisper.passages import stream
from daemon.engines.whisper.settings import Settings
from daemon.engines.whisper.silence import RATE_HZ, Gate, Mono, Span
from daemon.kernel.checkpoint import Checkpoint
from daemon.kernel.errors import BadParameter, NotInstalled, OutOfMemory
from daemon.kernel.types import Hertz, Json
from daemon.kernel.work import EngineChoice

_COMPUTE_TYPES = {"int8": "int8", "fp16": "float16", "bf16": "bfloat16", "fp32": "float32"}
_BATCH_PASSAGES = 8
_SEEK_SAMPLES = RATE_HZ // 100
_SURE = 0.5
"""A language detected with this probability is kept for the rest of the recording."""


@dataclass(slots=True)
class _Language:
    code: str | None = None
    confidence: float = 0.0


class Whisper:
    """Lyrics from mono audio at 16 kHz."""

    rate = Hertz(RATE_HZ)

    def __init__(self, model: WhisperModel, device: str, reason: str) -> None:
        self._model = model
        self.device = device
        self.reason = reason
        self._batch = _BATCH_PASSAGES

    @classmethod
    def load(cls, choice: EngineChoice, compute: Compute) -> Self:
        folder = choice.path
        if folder is None or not (folder / "model.bin").is_file():
            raise NotInstalled(
                f"the Whisper model {choice.model} is not there", where=folder, hint="Run `roadie models list`"
            )
        device = "cuda" if compute.device == "cuda" else "cpu"
        model = _read(folder, device, _COMPUTE_TYPES[choice.precision], compute.threads)
        return cls(model, device, _reason(compute.device, choice.precision))

    def lyrics(
        self,
        blocks: Iterator[NDArray[np.float32]],
        settings: Mapping[str, Json],
        checkpoint: Checkpoint,
        frames: int,
    ) -> Lyrics:
        """blocks: (1, n) at 16 kHz, `frames` samples in all. settings: the fields of `Settings`."""
        chosen = Settings.parse(settings)
        language = _Language(self._known(chosen.language), 1.0 if chosen.language else 0.0)
        ctranslate2.set_random_seed(0)  # its fallback samples; the same audio must give the same text
        gate = Gate(chosen.silence_db)
        lines: list[Line] = []
        for position, audio, passages in stream(blocks, gate, chosen.voice_threshold):
            checkpoint(min(1.0, position / max(1, frames)), "listening")
            self._settle_language(language, audio, passages)
            for group in _groups(passages, self._batch if self.device == "cuda" else 1):
                lines += self._lines(audio, group, position, language, gate, chosen)
                checkpoint(min(1.0, (position + group[-1].end) / max(1, frames)), "words")
        return Lyrics(language.code or "", round(language.confidence, 4), tuple(lines))

    def _known(self, code: str | None) -> str | None:
        if code is not None and code not in self._model.supported_languages:
            raise BadParameter(
                f"this Whisper model knows no language {code!r}",
                hint=f"Languages: {', '.join(sorted(self._model.supported_languages))}",
            )
        return code

    def _settle_language(self, language: _Language, audio: Mono, passages: Sequence[Span]) -> None:
        """Detect it on the passages of this stretch, unless it is known with some certainty already."""
        if not passages or language.confidence >= _SURE:
            return
        heard = np.concatenate([audio[span.start : span.end] for span in passages])
        code, confidence, _ = self._model.detect_language(heard, language_detection_segments=4)
        if confidence > language.confidence:
            language.code, language.confidence = code, float(confidence)

    def _lines(
        self,
        audio: Mono,
        group: Sequence[Span],
        position: int,
        language: _Language,
        gate: Gate,
        settings: Settings,
    ) -> list[Line]:
        """The lines of a few passages. audio: of their stretch, which begins at `position`."""
        lines = []
        for span, segments in self._heard(audio, group, language.code or "en", settings):
            part = audio[span.start : span.end]
            offset_s = (position + span.start) / RATE_HZ
            found = (guard.line_of(s, part, offset_s, gate) for s in segments if guard.believable(s))
            lines += [line for line in found if line is not None]
        return lines

    def _heard(
        self, audio: Mono, group: Sequence[Span], language: str, settings: Settings
    ) -> Iterator[tuple[Span, Iterable[Any]]]:
        options: dict[str, Any] = {
            "language": language,
            "beam_size": settings.beam_size,
            "initial_prompt": settings.prompt,
            "condition_on_previous_text": False,
            "word_timestamps": True,
            "vad_filter": False,
            "compression_ratio_threshold": guard.COMPRESSION_RATIO,
            "log_prob_threshold": guard.LOG_PROBABILITY,
            "no_speech_threshold": guard.NO_SPEECH,
        }
        if self.device == "cuda":
            yield from self._heard_batched(audio, group, options)
            return
        for span in group:
            segments, _ = self._model.transcribe(
                audio[span.start : span.end], hallucination_silence_threshold=2.0, **options
            )
            yield span, segments

    def _heard_batched(
        self, audio: Mono, group: Sequence[Span], options: dict[str, Any]
    ) -> Iterator[tuple[Span, Iterable[Any]]]:
        """All passages at once; when the GPU has no room for that, in halves from then on."""
        pipeline = BatchedInferencePipeline(self._model)
        clips = [{"start": span.start / RATE_HZ, "end": span.end / RATE_HZ} for span in group]
        try:
            found, _ = pipeline.transcribe(
                audio, clip_timestamps=clips, batch_size=len(group), without_timestamps=False, **options
            )
            segments = list(found)
        except RuntimeError as error:
            if "out of memory" not in str(error).lower():
                raise
            if len(group) == 1:
                raise OutOfMemory("the GPU has too little memory for this Whisper model", why=error) from error
            half = self._batch = max(1, len(group) // 2)
            for part in _groups(group, half):
                yield from self._heard_batched(audio, part, options)
            return
        for span in group:
            yield span, [_moved(s, span.start / RATE_HZ) for s in segments if _within(s, span)]


def _read(folder: Path, device: str, compute_type: str, threads: int) -> WhisperModel:
    try:
        return WhisperModel(
            str(folder), device=device, compute_type=compute_type, cpu_threads=max(1, threads),
            local_files_only=True,
        )  # fmt: skip
    except (RuntimeError, ValueError, OSError) as error:
        if "out of memory" in str(error).lower():
            raise OutOfMemory("there is too little memory for this Whisper model", why=error) from error
        raise NotInstalled(
            "the weights cannot be read", where=folder, why=error, hint="Remove the model and pull it again"
        ) from error


def _reason(device: str, precision: str) -> str:
    if device == "cuda":
        return f"a CUDA device is there; {precision}, passages in batches"
    if device == "mps":
        return f"CTranslate2 does not run on Apple's GPU; CPU, {precision}"
    return f"no CUDA device; CPU, {precision}"


def _groups(spans: Sequence[Span], size: int) -> Iterator[Sequence[Span]]:
    for first in range(0, len(spans), size):
        yield spans[first : first + size]


def _within(segment: Any, span: Span) -> bool:
    """seek: where its clip begins, in hundredths of a second, rounded down."""
    start = int(segment.seek) * RATE_HZ // 100
    return span.start - 2 * _SEEK_SAMPLES <= start < span.end - 2 * _SEEK_SAMPLES


def _moved(segment: Any, start_s: float) -> Any:
    """Its words' times from the passage's beginning."""
    words = [replace(word, start=word.start - start_s, end=word.end - start_s) for word in segment.words or ()]
    return replace(segment, words=words)
