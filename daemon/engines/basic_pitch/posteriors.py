"""What the network says of a recording, frame by frame, held on disk rather than in memory."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

import numpy as np
from numpy.typing import NDArray

from daemon.engines.basic_pitch.constants import CONTOUR_BINS, FRAME_HOP, KEPT_FRAMES, PITCHES, RATE, WINDOW_HOP

Matrix = NDArray[np.float32]
_COLUMNS = 2 * PITCHES + CONTOUR_BINS


@dataclass(frozen=True, slots=True)
class Posteriors:
    """Probabilities 0..1 of consecutive frames, the first of which is frame `first` of the recording.

    notes: (frames, 88) a note sounds. onsets: (frames, 88) a note begins. contours: (frames, 264) the sounding
    frequency in thirds of a semitone from A0.
    """

    notes: Matrix
    onsets: Matrix
    contours: Matrix
    first: int = 0

    def __len__(self) -> int:
        return int(self.notes.shape[0])


def frame_times(first: int, count: int) -> NDArray[np.float64]:
    """Times in seconds of `count` frames from frame `first`, exact within each window."""
    window, within = np.divmod(np.arange(first, first + count), KEPT_FRAMES)
    return np.asarray((window * WINDOW_HOP + within * FRAME_HOP) / RATE)


class Spool:
    """Posteriors and the audio they were made of, appended in order, read back in parts.

    A three-hour recording has 1.6 GB of them, so they go into an unnamed file (in `folder`, or where the system
    keeps temporary files) that vanishes with the spool.
    """

    def __init__(self, folder: Path | None = None) -> None:
        self._file = tempfile.TemporaryFile(dir=folder)  # noqa: SIM115 - closed by __exit__
        self._audio = tempfile.TemporaryFile(dir=folder)  # noqa: SIM115
        self.frames = 0
        self.samples = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._file.close()
        self._audio.close()

    def append_audio(self, audio: Matrix) -> None:
        """audio: (n,) mono, in order."""
        self._audio.write(np.ascontiguousarray(audio, np.float32).tobytes())
        self.samples += len(audio)

    def read_audio(self, first: int, last: int) -> Matrix:
        """Samples first..last-1, as far as there are any."""
        self._audio.seek(first * 4)
        return np.frombuffer(self._audio.read((last - first) * 4), np.float32)

    def append(self, notes: Matrix, onsets: Matrix, contours: Matrix) -> None:
        rows = np.concatenate([notes, onsets, contours], axis=1, dtype=np.float32)
        self._file.write(rows.tobytes())
        self.frames += len(rows)

    def truncate(self, frames: int) -> None:
        """Forget every frame from `frames` on."""
        self.frames = min(self.frames, frames)

    def read(self, first: int, last: int) -> Posteriors:
        """Frames first..last-1, each matrix a contiguous copy."""
        self._file.seek(first * _COLUMNS * 4)
        data = self._file.read((last - first) * _COLUMNS * 4)
        rows = np.frombuffer(data, np.float32).reshape(last - first, _COLUMNS)
        parts = np.split(rows, [PITCHES, 2 * PITCHES], axis=1)
        notes, onsets, contours = (np.ascontiguousarray(part) for part in parts)
        return Posteriors(notes, onsets, contours, first)
