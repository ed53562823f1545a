"""The analyse step's work: two passes over the file, neither of which holds it."""

from __future__ import annotations

import numpy as np

from daemon.audio.loudness import LoudnessMeter
from daemon.audio.reader import Audio, AudioReader, open_audio
from daemon.engines.classifier.measures import measure, midi_note
from daemon.kernel.types import Json
from daemon.kernel.work import Annotation, InputFile, StepResult
from daemon.steps.analyse import AnalyseParams
from daemon.steps.analysing.key import PitchClasses, harmony_change, key_of
from daemon.steps.analysing.tempo import Tempo, estimate
from daemon.steps.slicing.forward import Forward
from daemon.steps.slicing.novelty import hop_frames, novelty_by_range
from daemon.steps.spec import StepContext

_LONG_S = 6.0  # from here on a sound has a tempo and a key; below, it is one sound and has a pitch
_CHUNK_S, _CONTEXT_S = 30.0, 0.1
_THIN = 4  # novelty is kept at a quarter of its rate: 100 frames per second
_TEMPO_S = 900.0  # of a longer file the beginning decides its tempo, so that memory stays bounded
_SILENT = 1e-4  # -80 dBFS
_WINDOW = 2048


def run(ctx: StepContext, inputs: tuple[InputFile, ...], params: AnalyseParams) -> StepResult:
    """One annotation for each input."""
    notes = []
    for index, one in enumerate(inputs):
        with open_audio(one.path, one.region) as audio:
            notes.append(Annotation(index, _analyse(ctx, audio, params)))
    return StepResult(annotations=tuple(notes), reason="signal processing")


def _analyse(ctx: StepContext, audio: AudioReader, params: AnalyseParams) -> dict[str, Json]:
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
        return meta | _of_short(audio)
    return meta | _of_long(ctx, audio, levels, params)


class _Levels:
    """The first pass: loudness, brightness, pitch classes."""

    def __init__(self, rate_hz: int, channels: int) -> None:
        self.pitches = PitchClasses(rate_hz)
        self.peak = 0.0
        self._meter = LoudnessMeter(rate_hz, channels)
        self._hz = np.fft.rfftfreq(_WINDOW, 1 / rate_hz)
        self._power = np.zeros(_WINDOW // 2 + 1)

    def write(self, block: Audio) -> None:
        self._meter.write(block)
        self.peak = max(self.peak, float(np.abs(block).max(initial=0.0)))
        mono = np.asarray(block.mean(axis=0), np.float32)
        self.pitches.write(mono)
        whole = mono[: mono.size // _WINDOW * _WINDOW].reshape(-1, _WINDOW)
        self._power += (np.abs(np.fft.rfft(whole * np.hanning(_WINDOW), axis=1)) ** 2).sum(axis=0)

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


def _of_short(audio: AudioReader) -> dict[str, Json]:
    m = measure(audio.read(), audio.rate_hz)
    if m is None:
        return {}
    told: dict[str, Json] = {
        "brightness_hz": round(m.brightness_hz, 1),
        "attack_s": round(m.attack_s, 4),
        "decay_s": round(m.decay_s, 3),
        "noisiness": round(m.noisiness, 3),
    }
    return told | ({"root_note": midi_note(m.pitch_hz)} if m.pitch_hz else {})


def _of_long(ctx: StepContext, audio: AudioReader, levels: _Levels, params: AnalyseParams) -> dict[str, Json]:
    told: dict[str, Json] = {}
    key = key_of(levels.pitches)
    if key is not None and key.confidence >= params.min_confidence:
        told |= {"key": key.name, "key_confidence": key.confidence}
    tempo = _tempo(ctx, audio, levels, params)
    if tempo is not None and tempo.confidence >= params.min_confidence:
        told |= {
            "bpm": tempo.bpm,
            "bpm_confidence": tempo.confidence,
            "beats_per_bar": tempo.beats_per_bar,
            "first_downbeat_s": tempo.first_downbeat_s,
        }
    return told


def _tempo(ctx: StepContext, audio: AudioReader, levels: _Levels, params: AnalyseParams) -> Tempo | None:
    rate = audio.rate_hz
    step = hop_frames(rate) * _THIN
    curves = _curves(ctx, audio, levels.peak, step)
    fps = rate / step
    change = harmony_change(levels.pitches.frames)
    # a window of the pitch classes is centred half a window after it begins
    centres_s = (np.arange(change.size) * levels.pitches.hop + levels.pitches.size / 2) / rate
    at_s = np.arange(curves.shape[1]) / fps
    change = np.interp(at_s, centres_s, change).astype(np.float32)
    share = 0.3 * curves[0] + 0.7 * curves[1]
    return estimate(share, curves[0], change, fps, (params.bpm_min, params.bpm_max))


def _curves(ctx: StepContext, audio: AudioReader, peak: float, step: int) -> Audio:
    """(2, frames): low and high novelty of the first _TEMPO_S, one frame for every `step` frames of audio."""
    rate = audio.rate_hz
    frames = min(audio.frames, int(_TEMPO_S * rate))
    size = int(_CHUNK_S * rate) // step * step
    context = int(_CONTEXT_S * rate) // step * step
    forward = Forward(audio.blocks(), audio.channels)
    parts = []
    for start in range(0, frames, size):
        first, end = max(start - context, 0), min(start + size, frames)
        fine = novelty_by_range(forward.read(first, end + context - first), rate, peak)
        skip, count = (start - first) // step, -(-(end - start) // step)
        whole = fine[:, : fine.shape[1] // _THIN * _THIN].reshape(2, -1, _THIN).max(axis=2)
        parts.append(whole[:, skip : skip + count])
        ctx.checkpoint(0.5 + 0.5 * end / frames, "tempo")
    return np.concatenate(parts, axis=1)
