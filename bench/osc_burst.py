"""10,000 OSC messages a second for a minute, all sorts and junk, among them 100 `/roadie/run` with a ref at known
places, each repeated until it is acknowledged. Shown: that each became exactly one job, what others' latencies are
meanwhile (HTTP GET /health, POST /jobs, a ping from another port), and the daemon's memory. Beside: before; the same
hundred requests without the flood; and the same with the flood going to a port where nobody reads, which takes as much
of the machine and nothing of the daemon. The flood has a process of its own: whoever measures does not wait for it.
Ends with 1 where a job was lost or doubled or the memory was not flat; of latencies, which depend on the machine, it
says whether the bar was met.

    uv run python bench/osc_burst.py --seconds 60
"""

from __future__ import annotations

import argparse
import json
import os
import random
import socket
import statistics
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from multiprocessing import Pipe, get_context
from multiprocessing.connection import Connection
from pathlib import Path

import psutil
from pythonosc.osc_packet import OscPacket, ParseError

from bench.acknowledge import BAR_MS, percentile, song
from bench.acknowledge import Client as Http
from bench.osc_roundtrip import Client, all_jobs, packet
from tests.recovery.house import House

RUNS = 100
FLAT = 1.1
"""So many times the memory of the first half of the flood may the second half take."""
REPEAT_S = 0.5
TICK_S = 0.005


@dataclass
class Told:
    """What a flood has seen."""

    acknowledged: dict[str, set[str]] = field(default_factory=dict)
    heard: Counter[str] = field(default_factory=Counter)
    sent: int = 0
    repeats: int = 0
    waited_ms: list[float] = field(default_factory=list)


def flood(
    port: int, path: Path, mark: str, per_s: int, seconds: float, elsewhere: bool, tell: Connection
) -> None:
    """The whole of a flood, for a process of its own. mark: how its refs begin. elsewhere: it goes to a port where
    nobody reads, and only the requests to roadie."""
    running = Flood(port, path, mark, per_s, seconds, elsewhere)
    running.run()
    tell.send(running.told)


class Flood:
    """Sends at a steady rate from one socket; hears what comes back on another thread."""

    def __init__(self, port: int, path: Path, mark: str, per_s: int, seconds: float, elsewhere: bool) -> None:
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4 << 20)
        self._socket.connect(("127.0.0.1", port))
        self._socket.settimeout(0.5)
        self._per_s, self._seconds = per_s, seconds
        self._noise = self._socket
        if elsewhere:
            self._deaf = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
            self._deaf.bind(("127.0.0.1", 0))
            self._noise = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
            self._noise.connect(self._deaf.getsockname())
        refs = [f"{mark}{n}" for n in range(RUNS)]
        self._runs = {ref: packet("/roadie/run", "light", str(path), f"ref={ref}") for ref in refs}
        self._first = {ref: (n + 0.5) * seconds / RUNS for n, ref in enumerate(refs)}
        self._due = dict(self._first)
        self.told = Told()
        self._over = False
        self._began_s = 0.0
        self._filling = self._mix(random.Random(1))
        self._reader = threading.Thread(target=self._read, daemon=True)

    @staticmethod
    def _mix(rng: random.Random) -> list[bytes]:
        sorts = [
            (40, lambda: packet("/roadie/ping", f"ref={rng.random()}")),
            (20, lambda: packet("/roadie/fader/" + str(rng.randrange(100)))),
            (15, lambda: rng.randbytes(rng.randrange(200))),
            (10, lambda: packet("/roadie/slot/*/nothing", "x" * rng.randrange(300))),
            (8, lambda: b"/roadie/selected/run/light\0\0,f\0\0\0\0\0\0"),  # a release: 0.0
            (5, lambda: b"#bundle\0\0\0\0\0\0\0\0\1" + rng.randbytes(40)),
            (1, lambda: packet("/roadie/jobs")),
            (1, lambda: b"/roadie/search\0\0,si\0ki\0\0\0\0\0\5"),
        ]
        return [make() for share, make in sorts for _ in range(share * 20)]

    def run(self) -> None:
        self._reader.start()
        rng = random.Random(2)
        began = self._began_s = time.perf_counter()
        while (now_s := time.perf_counter() - began) < self._seconds:
            for _ in range(int(now_s * self._per_s) - self.told.sent):
                self._send(self._noise, rng.choice(self._filling))
            self._ask(now_s)
            time.sleep(TICK_S)
        while len(self.told.acknowledged) < RUNS and time.perf_counter() - began < self._seconds + 30:
            self._ask(time.perf_counter() - began)
            time.sleep(TICK_S)
        time.sleep(1.0)
        self._over = True
        self._reader.join()

    def _ask(self, now_s: float) -> None:
        for ref, due_s in self._due.items():
            if due_s <= now_s and ref not in self.told.acknowledged:
                self._send(self._socket, self._runs[ref])
                self.told.repeats += due_s != self._first[ref]
                self._due[ref] = now_s + REPEAT_S

    def _send(self, through: socket.socket, data: bytes) -> None:
        self.told.sent += 1
        try:
            through.send(data)
        except OSError:
            self.told.heard["not sent"] += 1

    def _read(self) -> None:
        while not self._over:
            try:
                data = self._socket.recv(65_536)
                messages = OscPacket(data).messages
            except (TimeoutError, OSError, ParseError):
                continue
            for timed in messages:
                self.told.heard[timed.message.address] += 1
                if timed.message.address == "/roadie/queued":
                    self._acknowledged(*timed.message.params)

    def _acknowledged(self, ref: str, job: str) -> None:
        if ref not in self.told.acknowledged:
            self.told.waited_ms.append(1000 * (time.perf_counter() - self._began_s - self._first[ref]))
        self.told.acknowledged.setdefault(ref, set()).add(job)


class Others:
    """What everyone else notices."""

    def __init__(self, house: House, port: int) -> None:
        self._http = Http(house)
        self._osc = Client(port)
        self.times: dict[str, list[float]] = {"GET /health": [], "POST /jobs": [], "OSC ping": []}

    def look(self, path: Path, seconds: float, mark: str) -> None:
        until_s = time.perf_counter() + seconds
        number = 0
        while time.perf_counter() < until_s:
            number += 1
            body = {
                "recipe": "light",
                "inputs": [{"path": str(path)}],
                "idempotency_key": f"{mark}{number}",
            }
            self.times["GET /health"].append(self._http.timed("GET", "/health"))
            if number % 5 == 0:
                self.times["POST /jobs"].append(self._http.timed("POST", "/api/v1/jobs", body))
            try:
                self.times["OSC ping"].append(self._osc.timed(packet("/roadie/ping"), "/roadie/pong"))
            except TimeoutError:
                self.times["OSC ping"].append(10_000.0)
            time.sleep(0.1)

    def taken(self) -> dict[str, list[float]]:
        times, self.times = self.times, {name: [] for name in self.times}
        return times


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--per-second", type=int, default=10_000)
    options = parser.parse_args()
    print(f"load before: {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores")
    with tempfile.TemporaryDirectory() as folder:
        house = House(Path(folder))
        house.start()
        house.up()
        try:
            runtime = json.loads((house.home / "runtime.json").read_text())
            house.out.mkdir(exist_ok=True)
            path = song(house.out / "short.wav", 1)
            house.wait(house.submit(path, "warm"))
            others = Others(house, runtime["osc_port"])
            others.look(path, 10.0, "quiet")
            quiet = others.taken()
            stage = Stage(runtime, house.out, others, options.seconds)
            alone = stage.play("alone", 0)
            elsewhere = stage.play("elsewhere", options.per_second, elsewhere=True)
            flooded = stage.play("run", options.per_second)
            jobs = [each for each in all_jobs(house) if each["client"] == "osc"]
        finally:
            house.stop()
    report(quiet, alone, elsewhere, flooded, options.seconds)
    rounds = (alone, elsewhere, flooded)
    for passed in rounds:
        ids = {job for jobs_of in passed.told.acknowledged.values() for job in jobs_of}
        doubled = sum(len(each) > 1 for each in passed.told.acknowledged.values())
        print(
            f"runs acknowledged {len(passed.told.acknowledged)} of {RUNS}, sent again {passed.told.repeats} times; "
            f"distinct jobs {len(ids)}, refs with two jobs {doubled}; until acknowledged p50 "
            f"{statistics.median(passed.told.waited_ms):.0f} ms, p99 {percentile(passed.told.waited_ms, 0.99):.0f} ms"
        )
    print(f"jobs stored: {len(jobs)}")
    missed = [*_of_jobs(rounds, {each["id"] for each in jobs}), *_of_memory(flooded.memory_mb)]
    for each in missed:
        print(f"MISSED: {each}")
    sys.exit(1 if missed else 0)


def _of_jobs(rounds: Sequence[Passed], stored: set[str]) -> Iterator[str]:
    """What is wrong with the jobs: each request is exactly one, and nothing else is."""
    told = [passed.told.acknowledged for passed in rounds]
    unanswered = sum(RUNS - len(each) for each in told)
    doubled = sum(len(jobs) > 1 for each in told for jobs in each.values())
    known = {job for each in told for jobs in each.values() for job in jobs}
    if unanswered:
        yield f"{unanswered} requests were never acknowledged"
    if doubled or len(known) < sum(len(each) for each in told):
        yield f"{doubled} requests became two jobs, {len(known)} jobs are behind {sum(map(len, told))} requests"
    if stored != known:
        yield f"{len(stored - known)} jobs are stored that nobody was told of, {len(known - stored)} were lost"


def _of_memory(memory_mb: Sequence[float]) -> Iterator[str]:
    middle = len(memory_mb) // 2
    first, second = statistics.median(memory_mb[:middle]), statistics.median(memory_mb[middle:])
    if second > FLAT * first:
        yield f"memory grew from {first:.0f} to {second:.0f} MB while it was flooded"


@dataclass
class Passed:
    """What one round showed. used_s: of processor, by the daemon."""

    told: Told
    times: dict[str, list[float]]
    memory_mb: list[float]
    used_s: float


class Stage:
    def __init__(self, runtime: dict, folder: Path, others: Others, seconds: float) -> None:
        self._port = runtime["osc_port"]
        self._daemon = psutil.Process(runtime["pid"])
        self._folder, self._others, self._seconds = folder, others, seconds
        self._rounds = 0

    def play(self, mark: str, per_s: int, elsewhere: bool = False) -> Passed:
        """RUNS requests among per_s other messages a second, or beside them; of a song of its own, so that no round
        delivers beside what the one before has."""
        self._rounds += 1
        path = song(self._folder / f"{mark}.wav", 1, seed=self._rounds + 1)
        used = self._daemon.cpu_times()
        memory = [self._daemon.memory_info().rss / 1e6]
        ours, theirs = Pipe()
        asked = (self._port, path, mark, per_s, self._seconds, elsewhere, theirs)
        sending = get_context("spawn").Process(target=flood, args=asked)
        sending.start()
        while sending.is_alive():
            self._others.look(path, min(10.0, self._seconds / 6), f"{mark}{len(memory)}-")
            memory.append(self._daemon.memory_info().rss / 1e6)
        now = self._daemon.cpu_times()
        return Passed(
            ours.recv(), self._others.taken(), memory, now.user + now.system - used.user - used.system
        )


def report(quiet: dict, alone: Passed, elsewhere: Passed, flooded: Passed, seconds: float) -> None:
    print(f"sent {flooded.told.sent} messages in {seconds:.0f} s ({flooded.told.sent / seconds:.0f} a second)")
    print(f"answered: {dict(flooded.told.heard.most_common(8))}")
    shares = (f"{100 * each.used_s / seconds:.0f} %" for each in (alone, elsewhere, flooded))
    print(f"the daemon used of a core: requests alone -> flood elsewhere -> flooded: {' -> '.join(shares)}")
    for name, times in quiet.items():
        rounds = [times, alone.times[name], elsewhere.times[name], flooded.times[name]]
        middle = " -> ".join(f"{statistics.median(each):6.2f}" for each in rounds)
        late = " -> ".join(f"{percentile(each, 0.99):6.2f}" for each in rounds)
        met = "met" if percentile(flooded.times[name], 0.99) <= BAR_MS else "not met"
        print(
            f"{name:12} quiet -> alone -> elsewhere -> flooded: p50 {middle} ms  p99 {late} ms; "
            f"bar: p99 {BAR_MS:.0f} ms, {met}"
        )
    print(f"memory of the daemon: {' '.join(f'{each:.0f}' for each in flooded.memory_mb)} MB")


if __name__ == "__main__":
    main()
