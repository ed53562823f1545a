"""The analyse step's work: two passes over the file, neither of which holds it."""

from __future__ import annotations

import numpy as np

from daemon.audio.loudness import LoudnessMeter
from daemon.audio.reader import Audio, AudioReader, open_audio
from daemon.engines.classifier.measures import measure
from daemon.kernel.types import Json
from daemon.kernel.work import Annotation, InputFile, StepResult
from daemon.steps.analyse import AnalyseParams
from daemon.steps.analysing import pulses
from daemon.steps.analysing.chroma import PitchClasses
from daemon.steps.analysing.key import harmony_at, key_of
from daemon.steps.analysing.tempo import Tempo, estimate
from daemon.steps.measuring.ends import Ends
from daemon.steps.measuring.names import tempo_in_name
from daemon.steps.measuring.sound import LONGEST_S, measure_sound
from daemon.steps.measuring.wrap import loopability
from daemon.steps.spec import StepContext

_LONG_S = 6.0  # from here on a sound has beats; below, it is one sound, or a loop whose length tells its tempo
_TEMPO_S = 900.0  # of a longer file the beginning decides tempo and key, so that memory stays bounded
_SAME_TEMPO = 0.02  # closer tempi are one, which a loop's length then tells exactly
_OF_BARS = frozenset({"bars", "bpm", "bpm_confidence"})
_SILENT = 1e-4  # -80 dBFS
_WINDOW = 2048


def run(ctx: StepContext, inputs: tuple[InputFile, ...], params: AnalyseParams) -> StepResult:
    """One annotation for each input."""
    notes = []
    for index, one in enumerate(inputs):
        with open_audio(one.path, one.region) as audio:
            notes.append(
                Annotation(index, _analyse(ctx, audio, params, tempo_in_name(str(one.meta.get("source", "")))))
            )
    return StepResult(annotations=tuple(notes), reason="signal processing")


def _analyse(
    ctx: StepContext, audio: AudioReader, params: AnalyseParams, claimed_bpm: float | None
) -> dict[str, Json]:
    levels = _Levels(audio.rate_hz, audio.channels)
    done = 0
    for block in audio.blocks():
        levels.write(block)
        done += block.shape[1]
        ctx.checkpoint(0.5 * done / audio.frames, "levels and pitch")
    meta: dict[str, Json] = {"channels": audio.channels, **levels.meta()}
    if levels.peak < _SILENT:
        return meta
    if audio.frames < _LONG_S * audio.rate_hz:
        meta |= measure_sound(audio.read(), audio.rate_hz, claimed_bpm)
        several = "loop_confidence" in meta  # one note alone has no key
        return meta | (_key(levels, params) if several else {})
    return meta | _of_long(ctx, audio, levels, params, claimed_bpm)


class _Levels:
    """The first pass: loudness, brightness, pitch classes."""

    def __init__(self, rate_hz: int, channels: int) -> None:
        self.pitches = PitchClasses(rate_hz, _TEMPO_S)
        self.peak = 0.0
        self._meter = LoudnessMeter(rate_hz, channels)
        self._hz = np.fft.rfftfreq(_WINDOW, 1 / rate_hz)
        self._power = np.zeros(_WINDOW // 2 + 1)
        self._ends = Ends()

    def write(self, block: Audio) -> None:
        self._meter.write(block)
        self.peak = max(self.peak, float(np.abs(block).max(initial=0.0)))
        self._ends.write(block)
        mono = np.asarray(block.mean(axis=0), np.float32)
        self.pitches.write(mono)
        whole = mono[: mono.size // _WINDOW * _WINDOW].reshape(-1, _WINDOW)
        self._power += (np.abs(np.fft.rfft(whole * np.hanning(_WINDOW), axis=1)) ** 2).sum(axis=0)

    def of_long(self, audio: AudioReader) -> dict[str, Json]:
        """Width, silence at the ends and clipping, which short sounds are measured for in one piece."""
        return self._ends.meta(audio.rate_hz)

    def meta(self) -> dict[str, Json]:
        """Without the levels of silence, which are minus infinity and no JSON."""
        measured = self._meter.result()
        pairs = {
            "lufs": measured.lufs,
            "true_peak_dbtp": measured.true_peak_dbtp,
            "peak_db": measured.peak_db,
        }
        told: dict[str, Json] = {key: round(value, 2) for key, value in pairs.items() if np.isfinite(value)}
        if self._power.any():
            told["brightness_hz"] = round(float((self._hz * self._power).sum() / self._power.sum()), 1)
        return told


def _of_long(
    ctx: StepContext, audio: AudioReader, levels: _Levels, params: AnalyseParams, claimed_bpm: float | None
) -> dict[str, Json]:
    """Whole bars that agree with the tempo that was heard tell it exactly, and decide its octave, in which a loop that
    goes round is heard better than once through; where they do not agree, nothing is said of bars."""
    told = levels.of_long(audio) | _key(levels, params)
    curves = pulses.curves(ctx, audio, levels.peak, _TEMPO_S)
    fps = audio.rate_hz / pulses.step_frames(audio.rate_hz)
    heard = curves, harmony_at(levels.pitches, np.arange(curves.shape[1]) / fps), fps
    tempo = estimate(*heard, (params.bpm_min, params.bpm_max), claimed_bpm)
    if tempo is not None and tempo.confidence < params.min_confidence:
        tempo = None
    loop = _as_loop(audio, claimed_bpm) if audio.frames <= LONGEST_S * audio.rate_hz else {}
    if tempo is not None and isinstance(exact := loop.get("bpm"), float):
        octave = round(float(np.log2(exact / tempo.bpm)))
        near = abs(exact / tempo.bpm / 2.0**octave - 1) < _SAME_TEMPO
        if not near or not params.bpm_min <= exact <= params.bpm_max:
            loop = {name: value for name, value in loop.items() if name not in _OF_BARS}
        elif octave:
            tempo = estimate(*heard, (exact * (1 - _SAME_TEMPO), exact * (1 + _SAME_TEMPO)))
    return told | (_beats(tempo) if tempo is not None else {}) | loop


def _beats(tempo: Tempo) -> dict[str, Json]:
    return {
        "bpm": tempo.bpm,
        "bpm_confidence": tempo.confidence,
        "beats_per_bar": tempo.beats_per_bar,
        "first_downbeat_s": tempo.first_downbeat_s,
        "beats_s": [*tempo.beats_s.round(3).tolist()],
        "downbeats_s": [*tempo.downbeats_s.round(3).tolist()],
    }


def _as_loop(audio: AudioReader, claimed_bpm: float | None) -> dict[str, Json]:
    """Whether it goes round, and of how many bars it is."""
    whole = audio.read()
    plain = measure(whole, audio.rate_hz)
    return loopability(whole, audio.rate_hz, 0 if plain is None else plain.hits, claimed_bpm)


def _key(levels: _Levels, params: AnalyseParams) -> dict[str, Json]:
    key = key_of(levels.pitches.frames)
    if key is None or key.confidence < params.min_confidence:
        return {}
    return {"key": key.name, "key_confidence": key.confidence}
