"""How long it takes from a key's note-on to the first frame that sounds, through JACK with its dummy driver: to the
frame, because note and sound are seen in the same audio graph. Beside it fluidsynth, a sampler in C, on the same graph.

    uv run --extra audio --with JACK-Client python -m bench.pad_latency
"""

from __future__ import annotations

import argparse
import os
import random
import shutil
import statistics
import subprocess
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import jack
import numpy as np
import soundfile

from bench.acknowledge import percentile, song
from tests.recovery.house import House

RATE = 48000
BAR_MS = 15.0
KICK = 36
NOTE_ON = 0x99
"""On channel 10."""
PROGRAM = 0xC0
LOUD = 1e-4
SOUNDFONT = Path("/usr/share/sounds/sf2/FluidR3_GM.sf2")


class Striker:
    """A JACK client that strikes a key at a known frame and tells at which frame sound comes in."""

    def __init__(self) -> None:
        self._client = jack.Client("striker")
        self._keys = self._client.midi_outports.register("keys")
        self._ears = self._client.inports.register("ear")
        self._message: tuple[int, ...] = ()
        self._asked: int | None = None
        self._struck: int | None = None
        self._heard: int | None = None
        self._event = threading.Event()
        self.missed = 0
        """Blocks that the graph was too late for."""
        self._client.set_xrun_callback(self._miss)
        self._client.set_process_callback(self._process)
        self._client.activate()

    def connect_keys(self, name: str) -> None:
        """Raises AssertionError when no port with this in its name comes within 20 s."""
        self._client.connect(self._keys, self._port(name, is_midi=True, is_input=True))

    def connect_ear(self, name: str) -> bool:
        """Whether there is such a port."""
        ports = [port for port in self._client.get_ports(is_audio=True, is_output=True) if name in port.name]
        if ports:
            self._client.connect(ports[0], self._ears)
        return bool(ports)

    def send(self, *message: int) -> None:
        self._message, self._asked = message, 0

    def strike(self, note: int, at: float) -> float | None:
        """Milliseconds until it sounds; None when nothing does within two seconds. at: 0 to 1, where in the block."""
        self._event.clear()
        self._heard = self._struck = None
        self._message, self._asked = (NOTE_ON, note, 127), int(at * (self._client.blocksize - 1))
        if not self._event.wait(2.0):
            return None
        assert self._struck is not None and self._heard is not None
        return (self._heard - self._struck) / RATE * 1000

    def sounds(self, note: int) -> bool:
        self.wait_for_silence()
        return self.strike(note, 0.5) is not None

    def wait_for_silence(self) -> None:
        while np.abs(self._ears.get_array()).max() > LOUD:
            time.sleep(0.02)
        time.sleep(0.1)

    def close(self) -> None:
        self._client.deactivate()
        self._client.close()

    def _miss(self, _late_us: float) -> None:
        self.missed += 1

    def _process(self, _frames: int) -> None:
        self._keys.clear_buffer()
        now = self._client.last_frame_time
        if self._asked is not None:
            self._keys.write_midi_event(self._asked, self._message)
            self._struck, self._asked = now + self._asked, None
            return
        if self._struck is not None and self._heard is None:
            loud = np.flatnonzero(np.abs(self._ears.get_array()) > LOUD)
            if len(loud):
                self._heard = now + int(loud[0])
                self._event.set()

    def _port(self, part: str, **kind: bool) -> jack.Port:
        until_s = time.monotonic() + 20
        while time.monotonic() < until_s:
            for port in self._client.get_ports(**kind):
                if part in port.name:
                    return port
            time.sleep(0.1)
        raise AssertionError(f"no port {part!r} among {self._client.get_ports()}")


@contextmanager
def jack_server(period: int) -> Iterator[None]:
    name = f"roadie-bench-{os.getpid()}"
    command = ["jackd", "--no-realtime", "-n", name, "-d", "dummy", "-r", str(RATE), "-p", str(period)]
    server = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    os.environ["JACK_DEFAULT_SERVER"] = name
    os.environ["JACK_NO_START_SERVER"] = "1"
    try:
        time.sleep(2)
        yield
    finally:
        server.terminate()
        server.wait(10)


def strikes(striker: Striker, notes: list[int], count: int) -> list[float]:
    """One that is lost while the audio graph itself misses a block is not roadie's, and is struck again."""
    rng = random.Random(1)
    times: list[float] = []
    while len(times) < count:
        missed = striker.missed
        took = striker.strike(rng.choice(notes), rng.random())
        if striker.missed == missed:
            if took is None:
                raise SystemExit("a struck key did not sound, and JACK missed no block")
            times.append(took)
        striker.wait_for_silence()
    return times


@contextmanager
def fluidsynth() -> Iterator[None]:
    command = [
        "fluidsynth", "-a", "jack", "-m", "jack", "-s", "-i", "-r", str(RATE), "-o", "synth.reverb.active=0",
        "-o", "synth.chorus.active=0", str(SOUNDFONT),
    ]  # fmt: skip
    other = subprocess.Popen(
        command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        yield
    finally:
        other.terminate()
        other.wait(10)


def hits(path: Path) -> Path:
    """Clicks that begin at once."""
    audio = np.zeros(2 * RATE, np.float32)
    for place in (0.1, 0.7, 1.3):
        begin = int(place * RATE)
        audio[begin : begin + 2400] = (
            0.8 * np.exp(-np.arange(2400) / 300) * np.cos(np.arange(2400) * 0.3 * place)
        )
    soundfile.write(path, audio, RATE, subtype="PCM_16")
    return path


def roadie(folder: Path, count: int) -> dict[str, list[float]]:
    """Latencies with nothing to do and while a separation runs, less the quiet frames at the start of the sounds."""
    house = House(folder)
    (house.home / "config.toml").write_text("[midi]\njack = true\n")
    house.start()
    house.up()
    try:
        house.wait(house.submit(hits(folder / "hits.wav"), "hits"))
        house.ask("PUT", "/midi", {"bindings": [{"on": "program 1 0", "do": "kit"}]})
        begins = {_quiet_frames(path) for path in house.out.rglob("*.wav")}
        striker = Striker()
        try:
            striker.connect_keys("roadie")
            while not striker.connect_ear("PortAudio:out_0"):
                striker.send(PROGRAM, 0)  # bound to the command "kit"
                time.sleep(2)
            notes = [note for note in range(36, 44) if striker.sounds(note)]
            print(f"keys that sound: {notes}")
            idle = strikes(striker, notes, count)
            job = house.submit(song(folder / "long.wav", 600), "long", "stems")
            time.sleep(10)
            busy = strikes(striker, notes, count)
            state = house.ask("GET", f"/jobs/{job}")["state"]
            print(
                f"the separation meanwhile: {state}; quiet at the start of the sounds: {sorted(begins)} frames"
            )
        finally:
            striker.close()
        lead_ms = max(begins) / RATE * 1000
        return {"idle": [each - lead_ms for each in idle], "busy": [each - lead_ms for each in busy]}
    finally:
        house.stop()


def _quiet_frames(path: Path) -> int:
    audio, _rate = soundfile.read(path, always_2d=True)
    return int(np.flatnonzero(np.abs(audio[:, 0]) > LOUD)[0])


def show(name: str, times: list[float]) -> None:
    print(
        f"{name:24} p50 {statistics.median(times):6.2f} ms  p99 {percentile(times, 0.99):6.2f} ms  "
        f"worst {max(times):6.2f} ms  of {len(times)}"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--strikes", type=int, default=200)
    parser.add_argument("--period", type=int, default=256, help="frames of a JACK block")
    options = parser.parse_args()
    print(
        f"load before: {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores; block {options.period / RATE * 1000:.1f} ms"
    )
    with tempfile.TemporaryDirectory() as folder, jack_server(options.period):
        found = roadie(Path(folder), options.strikes)
        for when, times in found.items():
            show(f"roadie, {when}", times)
        if shutil.which("fluidsynth") and SOUNDFONT.exists():
            with fluidsynth():
                striker = Striker()
                striker.connect_keys("fluidsynth")
                while not striker.connect_ear("fluidsynth"):
                    time.sleep(0.5)
                other = strikes(striker, [KICK], options.strikes)
                striker.close()
            show("fluidsynth, idle", other)
            print(
                f"p50 of roadie to fluidsynth's: {statistics.median(found['idle']) / statistics.median(other):.2f}"
            )
    print(f"bar: less than {BAR_MS} ms added")


if __name__ == "__main__":
    main()
