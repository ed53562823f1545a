"""Sample rate and channel count, block by block, through soxr (the SoX resampler: linear phase, no delay left)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Literal

import numpy as np
import soxr
from numpy.typing import NDArray

from daemon.kernel.errors import BadParameter

Audio = NDArray[np.float32]
Quality = Literal["HQ", "VHQ"]


def resampled_frames(frames: int, rate_in: int, rate_out: int) -> int:
    """Exact length after resampling: the nearest whole number of frames (half rounds up)."""
    return (2 * frames * rate_out + rate_in) // (2 * rate_in)


def resample_blocks(
    blocks: Iterable[Audio], rate_in: int, rate_out: int, channels: int, quality: Quality = "HQ"
) -> Iterator[Audio]:
    """(channels, n) blocks at `rate_in` to blocks at `rate_out`; `resampled_frames` of them in all, no delay."""
    if rate_in <= 0 or rate_out <= 0:
        raise BadParameter(f"cannot resample from {rate_in} Hz to {rate_out} Hz")
    if rate_in == rate_out:
        yield from blocks
        return
    stream = soxr.ResampleStream(rate_in, rate_out, channels, dtype="float32", quality=quality)
    taken = given = 0
    for block in blocks:
        taken += block.shape[1]
        out = stream.resample_chunk(np.ascontiguousarray(block.T))
        if len(out):
            given += len(out)
            yield np.ascontiguousarray(out.T)
    rest = stream.resample_chunk(np.zeros((0, channels), np.float32), last=True)
    missing = resampled_frames(taken, rate_in, rate_out) - given
    if missing > 0:  # soxr's own rounding may leave it one frame short
        last = np.zeros((channels, missing), np.float32)
        count = min(missing, len(rest))
        last[:, :count] = rest[:count].T
        yield last


class Resampler:
    """`resample_blocks` for a sound whose end is not known: what is pushed in comes out where it stood, later."""

    def __init__(self, rate_in: int, rate_out: int, channels: int, quality: Quality = "HQ") -> None:
        self._stream = None
        if rate_in != rate_out:
            self._stream = soxr.ResampleStream(rate_in, rate_out, channels, dtype="float32", quality=quality)

    def push(self, block: Audio) -> Audio:
        """(channels, n) to as many frames as are ready."""
        if self._stream is None or not block.shape[1]:
            return block
        return np.ascontiguousarray(self._stream.resample_chunk(np.ascontiguousarray(block.T)).T)


def resample(audio: Audio, rate_in: int, rate_out: int, quality: Quality = "HQ") -> Audio:
    """(channels, frames) at `rate_in` to (channels, `resampled_frames`) at `rate_out`."""
    if rate_in == rate_out:
        return audio
    pieces = list(resample_blocks([audio], rate_in, rate_out, audio.shape[0], quality))
    return np.concatenate(pieces, axis=1) if pieces else np.zeros((audio.shape[0], 0), np.float32)


def to_channels(blocks: Iterable[Audio], channels: int) -> Iterator[Audio]:
    """Blocks with `channels` channels.

    Mono is copied to every channel; to mono is the mean; more than two to stereo follow ITU-R BS.775 (centre
    and surrounds at -3 dB, LFE left out), scaled so that nothing can pass full scale that did not before.
    """
    for block in blocks:
        yield _mixed(block, channels)


def _mixed(block: Audio, channels: int) -> Audio:
    have = block.shape[0]
    if have == channels:
        return block
    if have == 1:
        return np.repeat(block, channels, axis=0)
    if channels == 1:
        mono: Audio = block.mean(axis=0, keepdims=True, dtype=np.float32)
        return mono
    if channels == 2:
        mixed: Audio = _stereo_matrix(have) @ block
        return mixed
    raise BadParameter(f"cannot turn {have} channels into {channels}")


def _stereo_matrix(have: int) -> NDArray[np.float32]:
    """(2, have), for the WAV channel order FL FR FC LFE BL BR SL SR; channels beyond alternate left and right."""
    minus_3_db = 2**-0.5
    centre, left, right = (minus_3_db, minus_3_db), (minus_3_db, 0.0), (0.0, minus_3_db)
    layouts = {
        3: [centre],
        4: [left, right],
        5: [centre, left, right],
        6: [centre, (0.0, 0.0), left, right],
        7: [centre, (0.0, 0.0), (0.5, 0.5), left, right],
        8: [centre, (0.0, 0.0), left, right, left, right],
    }
    rest = layouts.get(have) or [(1.0, 0.0), (0.0, 1.0)] * ((have - 1) // 2)
    columns = [(1.0, 0.0), (0.0, 1.0), *rest][:have]
    matrix = np.array(columns, np.float32).T
    return np.ascontiguousarray(matrix / matrix.sum(axis=1, keepdims=True))
