"""The ICASSP 2022 network, taken apart so that each part runs where it is fastest.

The ONNX file of the package is cut in two. Its transform runs in onnxruntime, what is made of the transform in
numpy (`features`), the one long convolution by Fourier transforms (`spectral`), and the layers after it in
onnxruntime again, rewritten (`sums`, `unroll`).
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Generator, Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

import numpy as np
import onnx
import onnxruntime as ort
from numpy.typing import NDArray

from daemon.engines.basic_pitch import graph
from daemon.engines.basic_pitch.constants import (
    CONTOUR_BINS,
    KEPT_FRAMES,
    WINDOW_FRAMES,
    WINDOW_SAMPLES,
)
from daemon.engines.basic_pitch.features import CHANNELS, CQT, Features
from daemon.engines.basic_pitch.posteriors import Matrix
from daemon.engines.basic_pitch.spectral import SpectralConvolution
from daemon.engines.basic_pitch.sums import parted
from daemon.engines.basic_pitch.unroll import widened
from daemon.kernel.errors import NotInstalled

_INPUT = "serving_default_input_2:0"
_OUTPUTS = ("StatefulPartitionedCall:1", "StatefulPartitionedCall:2", "StatefulPartitionedCall:0")
"""note, onset, contour: the names under which the exporter left them."""
_LONG_KERNEL = (3, 39)
_REACH_FRAMES = 10
"""The layers after the features look so far to either side: 1 + 2 (contours) + 3 + 3 (notes) + 1 (onsets)."""
_FRAMES = KEPT_FRAMES + 2 * _REACH_FRAMES

Answer = tuple[Matrix, Matrix, Matrix]


class Network:
    """path: the .onnx file. threads: windows computed at once."""

    def __init__(self, path: Path, threads: int) -> None:
        self._threads = ThreadPoolExecutor(max(1, threads), "basic-pitch")
        self._ahead = 2 * max(1, threads)
        try:
            self._layers = _Layers(onnx.load(str(path)))
        except Exception as error:  # neither onnx nor onnxruntime has a common base for its errors
            raise NotInstalled(
                "the weights of Basic Pitch cannot be read",
                where=path,
                why=error,
                hint="Install the package basic-pitch again",
            ) from error
        self._silence: Answer | None = None

    def answers(self, windows: Iterable[NDArray[np.float32]]) -> Generator[Answer, None, None]:
        """windows: (43844,) each. Yields for each, in order, note (142, 88), onset (142, 88) and contour
        (142, 264), the overlap cut away. A few windows are read ahead, so that reading goes on beside computing.
        Windows of digital silence, common in stems, are computed once."""
        pending: deque[Future[Answer]] = deque()
        try:
            for window in windows:
                pending.append(self._threads.submit(self._window, window))
                if len(pending) > self._ahead:
                    yield pending.popleft().result()
            while pending:
                yield pending.popleft().result()
        finally:
            for future in pending:
                future.cancel()

    def _window(self, window: NDArray[np.float32]) -> Answer:
        if window.any():
            return self._layers.answer(window)
        if self._silence is None:
            self._silence = self._layers.answer(np.zeros(WINDOW_SAMPLES, np.float32))
        return self._silence


class _Buffers(threading.local):
    """Each thread's own. Memory of this size, taken and given back for every window, costs more in page faults
    than the arithmetic that fills it."""

    def __init__(self) -> None:
        self.features = np.empty((CHANNELS, _FRAMES, CONTOUR_BINS), np.float32)
        self.convolved = np.empty_like(self.features)


class _Layers:
    """The network on one window. Raises KeyError, ValueError or StopIteration when the model is another one."""

    def __init__(self, model: onnx.ModelProto) -> None:
        weights = graph.constants(model)
        long = next(node for node in model.graph.node if _is_long(node, weights))
        self._long_names = long.input[0], long.output[0]
        self._buffers = _Buffers()
        self._features = Features.read(weights)
        self._long = SpectralConvolution(weights[long.input[1]], weights[long.input[2]], CONTOUR_BINS)
        self._transform = _session(widened(graph.between(model, [_INPUT], [CQT])))
        rest = graph.between(parted(model), self._long_names, _OUTPUTS)
        self._rest = _session(widened(graph.resized(rest, WINDOW_FRAMES, _FRAMES)))

    def answer(self, window: NDArray[np.float32]) -> Answer:
        """window: (43844,). Returns note (142, 88), onset (142, 88), contour (142, 264)."""
        (transform,) = self._transform.run([CQT], {_INPUT: window[None, :, None]})
        features = self._features.into(self._buffers.features, transform[0])
        convolved = self._long.into(self._buffers.convolved, features)
        parts = dict(zip(self._long_names, (features[None], convolved[None]), strict=True))
        outputs = self._rest.run(_OUTPUTS, parts)
        notes, onsets, contours = (output[0, _REACH_FRAMES:-_REACH_FRAMES] for output in outputs)
        return notes, onsets, contours


def _is_long(node: onnx.NodeProto, weights: dict[str, NDArray[np.float32]]) -> bool:
    return node.op_type == "Conv" and weights[node.input[1]].shape[2:] == _LONG_KERNEL


def _session(model: onnx.ModelProto) -> ort.InferenceSession:
    options = ort.SessionOptions()
    options.intra_op_num_threads = 1  # whole windows side by side use the cores better than parts of one
    options.inter_op_num_threads = 1
    options.log_severity_level = 3
    return ort.InferenceSession(model.SerializeToString(), options, providers=["CPUExecutionProvider"])
