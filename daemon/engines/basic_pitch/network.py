"""The ICASSP 2022 network in an onnxruntime session of our own."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import onnxruntime as ort
from numpy.typing import NDArray

from daemon.engines.basic_pitch.constants import TRIM_FRAMES, WINDOW_SAMPLES
from daemon.engines.basic_pitch.posteriors import Matrix
from daemon.engines.basic_pitch.unroll import widened
from daemon.kernel.errors import NotInstalled

_INPUT = "serving_default_input_2:0"
_OUTPUTS = ("StatefulPartitionedCall:1", "StatefulPartitionedCall:2", "StatefulPartitionedCall:0")
"""note, onset, contour: the names under which the exporter left them."""

Answer = tuple[Matrix, Matrix, Matrix]


class Network:
    """path: the .onnx file. threads: windows computed at once."""

    def __init__(self, path: Path, threads: int) -> None:
        options = ort.SessionOptions()
        options.intra_op_num_threads = 1  # whole windows side by side use the cores better than parts of one
        options.inter_op_num_threads = 1
        options.log_severity_level = 3
        self._threads = ThreadPoolExecutor(max(1, threads), "basic-pitch")
        try:
            self._session = ort.InferenceSession(widened(path), options, providers=["CPUExecutionProvider"])
        except Exception as error:  # neither onnx nor onnxruntime has a common base for its errors
            raise NotInstalled(
                "the weights of Basic Pitch cannot be read",
                where=path,
                why=error,
                hint="Install the package basic-pitch again",
            ) from error
        self._silence: Answer | None = None

    def answer(self, batch: NDArray[np.float32]) -> Answer:
        """batch: (n, 43844). Returns note (n * 142, 88), onset (n * 142, 88), contour (n * 142, 264), the
        overlap cut away. Windows of digital silence, common in stems, are computed once."""
        sounding = batch.any(axis=1)
        if sounding.all():
            return _join(self._run(batch))
        if self._silence is None:
            self._silence = self._run(np.zeros((1, WINDOW_SAMPLES), np.float32))
        full = tuple(np.repeat(part, len(batch), axis=0) for part in self._silence)
        if sounding.any():
            for part, heard in zip(full, self._run(batch[sounding]), strict=True):
                part[sounding] = heard
        return _join(full)

    def _run(self, batch: NDArray[np.float32]) -> Answer:
        windows = (batch[place : place + 1, :, None] for place in range(len(batch)))
        answers = list(self._threads.map(self._window, windows))
        notes, onsets, contours = (np.concatenate(parts) for parts in zip(*answers, strict=True))
        return notes, onsets, contours

    def _window(self, window: NDArray[np.float32]) -> Answer:
        notes, onsets, contours = self._session.run(_OUTPUTS, {_INPUT: window})
        return notes, onsets, contours


def _join(outputs: tuple[Matrix, ...]) -> Answer:
    """(n, 172, columns) each to (n * 142, columns)."""
    kept = (output[:, TRIM_FRAMES:-TRIM_FRAMES] for output in outputs)
    notes, onsets, contours = (part.reshape(-1, part.shape[2]) for part in kept)
    return notes, onsets, contours
