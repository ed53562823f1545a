"""What the network's convolutions look at: a constant-Q transform, normalised and stacked by harmonics.

The same layers stand in the ONNX file (`basic_pitch.layers.signal.NormalizedLog`, `basic_pitch.nn.
HarmonicStacking`), where onnxruntime spends ten times as long on them: every number waits for its own call.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from daemon.engines.basic_pitch.constants import BINS_PER_SEMITONE, CONTOUR_BINS

Array32 = NDArray[np.float32]

_HARMONICS = (0.5, 1, 2, 3, 4, 5, 6, 7)
CHANNELS = len(_HARMONICS)
_SHIFTS = tuple(round(12 * BINS_PER_SEMITONE * float(np.log2(harmonic))) for harmonic in _HARMONICS)
CQT = "model_1/cq_t2010v2_1/strided_slice_9;model_1/cq_t2010v2_1/strided_slice_92"
"""The exporter's name of the transform: (windows, 172, 309, 2), real and imaginary parts."""
_ROOT_LENGTHS = "model_1/cq_t2010v2_1/Sqrt;model_1/cq_t2010v2_1/Sqrt"
_FLOOR = "model_1/normalized_log_1/add/y;model_1/normalized_log_1/add/y"
_GAIN = "model_1/batch_normalization/FusedBatchNormV3;model_1/batch_normalization/FusedBatchNormV3"
_OFFSET = f"{_GAIN}1"


@dataclass(frozen=True, slots=True)
class Features:
    """lengths: (309,) of the transform's kernels, by which its power is scaled. floor: added to the power.
    gain, offset: of the batch normalisation."""

    lengths: Array32
    floor: np.float32
    gain: np.float32
    offset: np.float32

    @classmethod
    def read(cls, constants: Mapping[str, NDArray[np.float32]]) -> Features:
        """constants: the network's, by name. Raises KeyError for another network's."""
        floor, gain, offset = (np.float32(constants[name].item()) for name in (_FLOOR, _GAIN, _OFFSET))
        return cls(constants[_ROOT_LENGTHS].ravel() ** 2, floor, gain, offset)

    def into(self, stack: Array32, transform: Array32) -> Array32:
        """transform: (frames, 309, 2) of one window. Fills and returns stack: (8, fewer frames, 264), for each
        harmonic the level at that multiple of each contour bin's frequency, the window's quietest 0 and its
        loudest 1 before the batch normalisation. As many frames are left out at the start as at the end; they
        count for the extremes."""
        power = transform[:, :, 0] ** 2
        power += transform[:, :, 1] ** 2
        power *= self.lengths
        power += self.floor
        level = np.log(power, out=power)
        quietest, loudest = level.min(), level.max()
        trim = (len(level) - stack.shape[1]) // 2
        level = level[trim : len(level) - trim]
        if loudest > quietest:
            level -= quietest
            level *= self.gain / (loudest - quietest)
            level += self.offset
        else:
            level[:] = self.offset
        return _pile(stack, level)


def _pile(stack: Array32, level: Array32) -> Array32:
    bins = level.shape[1]
    for channel, shift in zip(stack, _SHIFTS, strict=True):
        first, last = max(0, -shift), min(CONTOUR_BINS, bins - shift)
        channel[:, :first] = 0
        channel[:, first:last] = level[:, first + shift : last + shift]
        channel[:, last:] = 0
    return stack
