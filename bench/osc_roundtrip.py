"""Round trips over OSC, real sockets and a real daemon: `/roadie/ping` to its pong, `/roadie/run` to its
acknowledgement, idle and while every core separates; beside python-osc's own asyncio server answering a ping, which
does nothing else, and a bare durable commit of SQLite on the same disk. Ends with 1 where a request became no job or
more than one; of latencies, which depend on the machine, it says whether the bar was met. A slow disk is most
of a slow `/roadie/run`: with TMPDIR on a file system in memory it is left out.

    uv run python bench/osc_roundtrip.py --requests 500
"""

from __future__ import annotations

import argparse
import json
import os
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from pythonosc.osc_message import OscMessage
from pythonosc.osc_message_builder import OscMessageBuilder
from pythonosc.osc_packet import OscPacket

from bench.acknowledge import LOAD_S, commits, percentile, song
from tests.recovery.house import House

WAIT_S = 10.0
IDLE_BAR_MS, BUSY_BAR_MS = 5.0, 20.0
PEER = """
import asyncio, sys
from pythonosc.dispatcher import Dispatcher
from pythonosc.osc_server import AsyncIOOSCUDPServer
async def main():
    dispatcher = Dispatcher()
    dispatcher.map("/ping", lambda address, *args: ("/pong", ["", "1"]))
    server = AsyncIOOSCUDPServer(("127.0.0.1", int(sys.argv[1])), dispatcher, asyncio.get_running_loop())
    await server.create_serve_endpoint()
    print("up", flush=True)
    await asyncio.sleep(3600)
asyncio.run(main())
"""


def packet(address: str, *args: str) -> bytes:
    builder = OscMessageBuilder(address)
    for value in args:
        builder.add_arg(value)
    return bytes(builder.build().dgram)


class Client:
    def __init__(self, port: int) -> None:
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.connect(("127.0.0.1", port))
        self._socket.settimeout(WAIT_S)

    def timed(self, sent: bytes, answer: str) -> float:
        """Milliseconds until a message to `answer` is here; feedback in between is read away, and what came since
        the last question too: an answer that finds the system's buffer full is lost."""
        self._drain()
        began = time.perf_counter()
        self._socket.send(sent)
        while True:
            data = self._socket.recv(65_536)
            took = (time.perf_counter() - began) * 1000
            for timed in OscPacket(data).messages:
                message: OscMessage = timed.message
                if message.address == "/roadie/error":
                    raise SystemExit(f"refused: {message.params}")
                if message.address == answer:
                    return took

    def _drain(self) -> None:
        self._socket.setblocking(False)
        with suppress(BlockingIOError):
            while True:
                self._socket.recv(65_536)
        self._socket.settimeout(WAIT_S)


def at_rest(house: House) -> None:
    """Until no worker computes: what the job before has to be made ready for is not what is measured."""
    while any(
        each["busy"] or (each["waiting"] and each["lane"] != "heavy")
        for each in house.ask("GET", "/system")["lanes"]
    ):
        time.sleep(0.05)


def all_jobs(house: House) -> list[dict]:
    found, cursor = [], ""
    while True:
        page = house.ask("GET", f"/jobs?limit=200{cursor}")
        found += page["items"]
        if page["next_cursor"] is None:
            return found
        cursor = f"&cursor={page['next_cursor']}"


def measure(
    client: Client, path: Path, requests: int, every_s: float, mark: str, settle: Callable[[], None]
) -> dict[str, list[float]]:
    """settle: called before each round."""
    pings, runs = [], []
    for number in range(requests):
        settle()
        pings.append(client.timed(packet("/roadie/ping", f"ref={number}"), "/roadie/pong"))
        # Each asks for another separation, so that none is answered from an earlier one.
        overlap = f"separate.overlap={0.1 + number / 10_000:.4f}"
        step = packet("/roadie/run", "stems", str(path), f"ref={mark}{number}", overlap)
        runs.append(client.timed(step, "/roadie/queued"))
        time.sleep(every_s)
    return {"ping": pings, "run": runs}


def peer(requests: int, every_s: float) -> list[float]:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    server = subprocess.Popen([sys.executable, "-c", PEER, str(port)], stdout=subprocess.PIPE)
    assert server.stdout is not None
    try:
        server.stdout.readline()
        client = Client(port)
        times = []
        for _ in range(requests):
            times.append(client.timed(packet("/ping"), "/pong"))
            time.sleep(every_s)
        return times
    finally:
        server.terminate()
        server.wait()


def show(name: str, times: list[float]) -> None:
    print(
        f"{name:28} p50 {statistics.median(times):6.2f} ms  p99 {percentile(times, 0.99):6.2f} ms  "
        f"worst {max(times):6.2f} ms  of {len(times)}"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--requests", type=int, default=500)
    parser.add_argument("--every-ms", type=float, default=20.0)
    options = parser.parse_args()
    every_s = options.every_ms / 1000
    print(f"load before: {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores")
    with tempfile.TemporaryDirectory() as folder:
        house = House(Path(folder))
        house.start()
        house.up()
        try:
            runtime = json.loads((house.home / "runtime.json").read_text())
            (house.out).mkdir(exist_ok=True)
            short = song(house.out / "short.wav", 1)  # below the delivery folder, which OSC may name
            client = Client(runtime["osc_port"])
            house.ask("PUT", "/transport", {"playing": True})  # jobs are taken and wait: idle means idle
            house.ask("PATCH", "/settings", {"values": {"pause_heavy": "playing"}})
            idle = measure(client, short, options.requests, every_s, "i", lambda: at_rest(house))
            quiet = peer(options.requests, every_s), commits(Path(folder), options.requests, every_s)
            for job in house.ask("GET", "/jobs?state=open&limit=1000")["items"]:
                house.ask("POST", f"/jobs/{job['id']}/cancel")
            house.ask("PATCH", "/settings", {"values": {"pause_heavy": "never"}})
            long = song(Path(folder) / "long.wav", LOAD_S)
            loads = [house.submit(long, recipe, recipe) for recipe in ("stems", "light")]
            time.sleep(15)  # until the workers are in the middle of it
            busy = measure(client, short, options.requests, every_s, "b", lambda: None)
            loud = peer(options.requests, every_s), commits(Path(folder), options.requests, every_s)
            states = [house.ask("GET", f"/jobs/{job}")["state"] for job in loads]
            stored = sum(each["client"] == "osc" for each in all_jobs(house))
            lanes = [(each["lane"], each["busy"]) for each in house.ask("GET", "/system")["lanes"]]
        finally:
            house.stop()
    for when, found, (other, bare), bar in (
        ("idle", idle, quiet, IDLE_BAR_MS),
        ("busy", busy, loud, BUSY_BAR_MS),
    ):
        for kind, times in found.items():
            show(f"{when} /roadie/{kind}", times)
        show(f"{when} ping of python-osc's server", other)
        show(f"{when} a bare durable commit", bare)
        pings = percentile(found["ping"], 0.99) / percentile(other, 0.99)
        runs = statistics.median(found["run"]) / statistics.median(bare)
        met = all(percentile(times, 0.99) <= bar for times in found.values())
        print(
            f"  p99 of ping to python-osc's: {pings:.1f}; p50 of run to a bare commit: {runs:.1f}; "
            f"bar: p99 {bar} ms, {'met' if met else 'not met'}"
        )
    print(f"separating meanwhile: {states}; busy workers {lanes}")
    if stored != 2 * options.requests:
        print(f"MISSED: {2 * options.requests} requests became {stored} jobs")
        sys.exit(1)


if __name__ == "__main__":
    main()
