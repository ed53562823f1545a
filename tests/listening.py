"""A sound output for tests, which can be read."""

from __future__ import annotations

import asyncio
import os
import sys
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

RATE = 44_100
_CONFIG = """
</usr/share/alsa/alsa.conf>
pcm.recorded {{ type file slave.pcm "null" file "{file}" format "raw" }}
pcm.!default {{ type plug slave.pcm {{ pcm "recorded" format FLOAT_LE rate {rate} channels 2 }} }}
"""


@dataclass(frozen=True)
class Heard:
    """A real ALSA output that writes what it is given into a file. It takes it as fast as it comes."""

    file: Path
    environ: dict[str, str]

    def sound(self) -> np.ndarray:
        """(frames, 2), without the silence before and after."""
        data = self.file.read_bytes() if self.file.exists() else b""
        samples = np.frombuffer(data, np.float32, len(data) // 8 * 2)
        loud = np.flatnonzero(np.abs(samples) > 1e-6) // 2  # not frame by frame: silence comes by the gigabyte
        frames = samples.reshape(-1, 2)
        return frames[loud[0] : loud[-1] + 1] if len(loud) else frames[:0]

    async def more(self, frames: int = 0) -> None:
        """Returns when more than so many frames were heard."""
        async with asyncio.timeout(60):
            while len(self.sound()) <= frames:  # noqa: ASYNC110 - another process writes it
                await asyncio.sleep(0.05)


def output(folder: Path) -> Heard:
    if sys.platform != "linux" or not Path("/usr/share/alsa/alsa.conf").exists():
        pytest.skip("ALSA is missing: apt install libportaudio2 libasound2-data")
    file, config = folder / "heard.raw", folder / "asound.conf"
    config.write_text(_CONFIG.format(file=file, rate=RATE))
    return Heard(file, {**os.environ, "ALSA_CONFIG_PATH": str(config)})
