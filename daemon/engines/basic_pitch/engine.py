"""The engine: a stream of audio through the network, then notes by one of three decoders."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import closing
from pathlib import Path
from typing import Self

import numpy as np

from daemon.engines.basic_pitch.constants import KEPT_FRAMES, NOMINAL_FRAMES_PER_S, RATE, WINDOW_HOP
from daemon.engines.basic_pitch.network import Network
from daemon.engines.basic_pitch.posteriors import Spool, frame_times
from daemon.engines.basic_pitch.settings import Settings, decoder
from daemon.engines.basic_pitch.windows import Audio, windows
from daemon.engines.protocol import Compute, Note
from daemon.kernel.checkpoint import Checkpoint
from daemon.kernel.errors import NotInstalled
from daemon.kernel.types import Json
from daemon.kernel.work import EngineChoice

_CHECKED_WINDOWS = 4
"""About six seconds of audio: a checkpoint comes several times a second."""
_NETWORK_SHARE = 0.9
"""Of the run's time, for its progress."""


class BasicPitch:
    """Notes from mono audio at 22050 Hz. Runs on the CPU: the network is too small to gain from a GPU."""

    rate = RATE
    device = "cpu"
    reason = "Basic Pitch is a small network; it runs on the CPU"

    def __init__(self, network: Network) -> None:
        self._network = network

    @classmethod
    def load(cls, choice: EngineChoice, compute: Compute) -> Self:
        if choice.path is None:
            raise NotInstalled("the weights of Basic Pitch are not there", hint="Run `roadie models list`")
        return cls(Network(_weights_file(choice.path), compute.threads))

    def notes(
        self, blocks: Iterator[Audio], settings: Mapping[str, Json], checkpoint: Checkpoint, frames: int
    ) -> list[Note]:
        """blocks: (1, n) at 22050 Hz, `frames` samples in all. settings: the fields of `Settings`."""
        chosen = Settings.parse(settings)
        with Spool(chosen.scratch) as spool:
            self._listen(blocks, spool, checkpoint, frames)
            spool.truncate(_frames_of(spool.samples, nominal=chosen.mode == "raw"))
            checkpoint(_NETWORK_SHARE, "notes")
            found = decoder(chosen.mode)(spool, chosen, checkpoint)
        return sorted(found, key=lambda note: (note.start_s, note.pitch))

    def _listen(self, blocks: Iterator[Audio], spool: Spool, checkpoint: Checkpoint, frames: int) -> None:
        answers = self._network.answers(windows(_keep(blocks, spool)))
        with closing(answers):
            for count, answer in enumerate(answers, start=1):
                spool.append(*answer)
                if count % _CHECKED_WINDOWS == 0:
                    done = min(1.0, count * WINDOW_HOP / max(1, frames))
                    checkpoint(done * _NETWORK_SHARE, "listening")


def _keep(blocks: Iterator[Audio], spool: Spool) -> Iterator[Audio]:
    for block in blocks:
        spool.append_audio(block[0])
        yield block


def _weights_file(path: Path) -> Path:
    if path.is_file():
        return path
    found = sorted(path.rglob("*.onnx"))
    if not found:
        raise NotInstalled("there is no .onnx file", where=path, hint="Install the package basic-pitch again")
    return found[0]


def _frames_of(samples: int, nominal: bool) -> int:
    """How many frames a recording has. Basic Pitch itself (nominal) counts 86 per second, a few less than its
    network yields, and so loses the last 0.7 % of a recording; the other decoders keep it."""
    if nominal:
        return int(np.floor(samples * (NOMINAL_FRAMES_PER_S / RATE)))
    upper = (samples // WINDOW_HOP + 1) * KEPT_FRAMES
    return int(np.searchsorted(frame_times(0, upper), samples / RATE))
