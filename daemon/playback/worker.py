"""The playing process: reads orders from standard input, decodes, plays, reports on standard output.

Not of low priority, unlike the workers that compute: what is played is waited for. It ends when its input closes, and
by itself when nothing has sounded for a while or the output has gone: the next one finds what there is then.
"""

from __future__ import annotations

import os
import queue
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec
import numpy as np

from daemon.audio.reader import open_audio
from daemon.audio.resample import resample, resample_blocks, to_channels
from daemon.kernel.errors import RoadieError
from daemon.kernel.lifeline import die_with_parent
from daemon.playback.errors import NoAudio
from daemon.playback.messages import (
    Begun,
    Failed,
    Hit,
    Kit,
    NoOutput,
    Pad,
    Play,
    Ready,
    Report,
    Stop,
    encode,
    read_order,
)
from daemon.playback.mixer import Block, Mixer, Sample, Stream, Voice, velocity_gain
from daemon.playback.output import CHANNELS, Output

IDLE_S = 60.0
KIT_IDLE_S = 600.0
"""A loaded kit is kept ready: the first hit after a pause must not wait for a process to start."""
AHEAD_S = 2.0
LONGEST_PAD_S = 30.0
STANDS_S = 3
"""An output that asks for nothing for so long stands still: a sound server that is stopped or hangs says nothing."""
_BLOCK_FRAMES = 8192
_LOOK_S = 0.05


def main(parent: int) -> None:
    die_with_parent(parent)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    # Reports have the real standard output; whatever a library prints goes to the other one.
    reports = os.fdopen(os.dup(sys.stdout.fileno()), "wb", buffering=0)
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    mixer = Mixer(CHANNELS)
    try:
        output = Output(mixer.render)
    except NoAudio as error:
        reports.write(
            encode(NoOutput(error.what + (f" ({error.why})" if error.why else ""), error.hint or "")) + b"\n"
        )
        return
    player = PlayingProcess(mixer, output.rate_hz, lambda report: reports.write(encode(report) + b"\n"))
    player.tell(Ready(output.device, output.rate_hz, output.latency_s))
    player.serve(lambda: output.alive)
    os._exit(0)  # the audio thread may be in the middle of a block, and a lost sound server answers no farewell


class PlayingProcess:
    """Hits are obeyed by the thread that reads them; what needs decoding waits for a thread of its own."""

    def __init__(self, mixer: Mixer, rate_hz: int, write: Callable[[Report], object]) -> None:
        self._mixer = mixer
        self._rate_hz = rate_hz
        self._write = write
        self._writing = threading.Lock()
        self._pads: dict[int, list[tuple[Pad, Block]]] = {}
        self._plays: queue.SimpleQueue[Play] = queue.SimpleQueue()
        self._kits: queue.SimpleQueue[Kit] = (
            queue.SimpleQueue()
        )  # apart: many files, and no audition waits for them
        self._played = 0
        self._busy_at_s = time.monotonic()

    def tell(self, report: Report) -> None:
        with self._writing:
            self._write(report)

    def serve(self, alive: Callable[[], bool]) -> None:
        """Until the input closes, the output is not alive or stands still, or nothing has sounded for long."""
        for work in (self._read_orders, self._play_forever, self._load_forever):
            threading.Thread(target=work, daemon=True).start()
        rendered, still_s = -1, 0
        while alive() and still_s < 2 * STANDS_S:
            time.sleep(1.0)
            # Counted in looks, not by the clock: a computer that slept has not stood still.
            still_s = still_s + 1 if self._mixer.rendered == rendered else 0
            rendered = self._mixer.rendered
            if self._mixer.sounding:
                self._busy_at_s = time.monotonic()
            if time.monotonic() - self._busy_at_s > (KIT_IDLE_S if self._pads else IDLE_S):
                return

    def _read_orders(self) -> None:
        for line in sys.stdin.buffer:
            self.obey(line)
        os._exit(0)  # the daemon is gone or wants no more; the audio thread may be in the middle of a block

    def obey(self, line: bytes) -> None:
        try:
            order = read_order.decode(line)
        except msgspec.MsgspecError:
            return  # a line that was cut off with its sender
        self._busy_at_s = time.monotonic()
        match order:
            case Hit(note, velocity):
                for pad, sound in self._pads.get(note, ()):
                    if pad.low <= velocity <= pad.high:
                        self._mixer.start(Sample(sound), velocity_gain(velocity))
            case Stop():
                self._played = -1
                self._mixer.silence()
            case Play():
                self._played = order.serial
                self._plays.put(order)
            case Kit():
                self._kits.put(order)

    def _play_forever(self) -> None:
        while True:
            order = self._plays.get()
            with self._telling(order.serial):
                self._play(order)

    def _load_forever(self) -> None:
        while True:
            kit = self._kits.get()
            with self._telling(kit.serial):
                self.load(kit)

    @contextmanager
    def _telling(self, serial: int) -> Iterator[None]:
        """What goes wrong is told, and what comes next has its turn."""
        try:
            yield
        except Exception as error:  # noqa: BLE001 - a decoder's mistake must not end every sound after it
            code = (
                error.code
                if isinstance(error, RoadieError)
                else "disk"
                if isinstance(error, OSError)
                else "internal"
            )
            self.tell(Failed(serial, code, str(error) or type(error).__name__))

    def load(self, kit: Kit) -> None:
        pads: dict[int, list[tuple[Pad, Block]]] = {}
        failed: dict[str, str] = {}
        for pad in kit.pads:
            try:
                pads.setdefault(pad.note, []).append((pad, self._sound(Path(pad.path))))
            except (RoadieError, OSError) as error:
                failed[pad.path] = str(error)
        self._pads = pads
        self.tell(Begun(kit.serial, failed))

    def _sound(self, path: Path) -> Block:
        """A whole pad at the output's rate, (frames, channels)."""
        with open_audio(path) as reader:
            most = int(LONGEST_PAD_S * reader.rate_hz)
            parts, have = [], 0
            for block in to_channels(reader.blocks(_BLOCK_FRAMES), CHANNELS):
                parts.append(block[:, : most - have])
                have += block.shape[1]
                if have >= most:
                    break
            sound = resample(np.concatenate(parts, axis=1), reader.rate_hz, self._rate_hz)
        return np.ascontiguousarray(sound.T)

    def _play(self, order: Play) -> None:
        """Decode ahead of what is heard, until the end or until something else is to be played."""
        if order.serial != self._played:
            self.tell(Begun(order.serial))
            return
        stream = Stream()
        self._mixer.silence(_is_stream)
        with open_audio(Path(order.path)) as reader:
            blocks = to_channels(reader.blocks(_BLOCK_FRAMES), CHANNELS)
            for block in resample_blocks(blocks, reader.rate_hz, self._rate_hz, CHANNELS):
                stream.feed(np.ascontiguousarray(block.T))
                if not stream.asked_for.is_set():
                    self._begin(stream, order)
                while stream.waiting_frames > AHEAD_S * self._rate_hz and order.serial == self._played:
                    time.sleep(_LOOK_S)
                if order.serial != self._played:
                    break
        stream.end()
        if not stream.asked_for.is_set():  # there was nothing in it
            self.tell(Begun(order.serial))

    def _begin(self, stream: Stream, order: Play) -> None:
        """Raises NoAudio when the output does not ask for it."""
        self._mixer.start(stream, order.gain)
        if not stream.asked_for.wait(STANDS_S):
            self._mixer.silence(_is_stream)  # or it would be heard whenever the output goes on
            raise NoAudio(
                f"the sound output has asked for nothing for {STANDS_S} s",
                hint="Look at the sound server (PipeWire, PulseAudio or JACK); it may hang",
            )
        self.tell(Begun(order.serial))


def _is_stream(voice: Voice) -> bool:
    return isinstance(voice, Stream)
