"""The trained network behind onnxruntime: pictures in, shares of the classes and embeddings out."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime as ort
from numpy.typing import NDArray

from daemon.kernel.errors import NotInstalled

WEIGHTS = Path(__file__).with_name("weights") / "tagger.onnx"
_BATCH = 32  # pictures at once: more gains nothing, and cancel waits for it


class Network:
    """Made by training/tagger. Its shares are calibrated: the temperature is part of the graph."""

    def __init__(self, path: Path = WEIGHTS, threads: int = 1) -> None:
        if not path.is_file():
            raise NotInstalled(
                "the tagger's weights are missing", where=path, hint="Install roadie again; they are part of it"
            )
        options = ort.SessionOptions()
        options.intra_op_num_threads = threads
        options.inter_op_num_threads = 1
        options.log_severity_level = 3
        self._session: Any = ort.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])

    def __call__(self, pictures: NDArray[np.float16]) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """pictures: (n, PLANES, BANDS, FRAMES). Returns (shares (n, classes) that sum to 1, embeddings
        (n, EMBEDDING_DIMS) of length 1)."""
        shares, embeddings = [], []
        for i in range(0, len(pictures), _BATCH):
            part = pictures[i : i + _BATCH].astype(np.float32)
            s, e = self._session.run(["shares", "embedding"], {"pictures": part})
            shares.append(s)
            embeddings.append(e)
        return np.concatenate(shares), np.concatenate(embeddings)
