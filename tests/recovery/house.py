"""A real daemon in a process of its own that a test may kill, and what must be true of its home afterwards."""

from __future__ import annotations

import hashlib
import json
import os
import signal
import sqlite3
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import psutil
import soundfile

# Light work that still goes through two workers' steps, the cache, the journal and a sidecar.
RECIPE = """
name = "light"
[[step]]
id = "slices"
use = "slice"
from = "input"
[[effect]]
use = "deliver"
from = ["slices"]
layout = "{source}/{kind}"
"""
START_S = 30.0


class House:
    """One home, and the daemon in it when there is one."""

    def __init__(self, folder: Path) -> None:
        self.home = folder / "home"
        self.out = folder / "out"
        self.folder = folder
        (self.home / "recipes").mkdir(parents=True)
        (self.home / "recipes" / "light.toml").write_text(RECIPE)
        self._process: subprocess.Popen[bytes] | None = None
        self._log = folder / "daemon.log"

    # ------------------------------------------------------------ the daemon

    def start(self, **environ: str) -> None:
        """Start a daemon; does not wait for it."""
        env = {
            **os.environ, "ROADIE_HOME": str(self.home), "ROADIE_DELIVERY": str(self.out), "ROADIE_OSC_PORT": "0",
            "ROADIE_OSC_QUERY_PORT": "0", **environ,
        }  # fmt: skip
        log = self._log.open("ab")
        self._process = subprocess.Popen(
            [sys.executable, "-m", "daemon.cli", "serve", "--port", "0"],
            env=env, stdin=subprocess.DEVNULL, stdout=log, stderr=log,
        )  # fmt: skip

    @property
    def alive(self) -> bool:
        return self._process is not None and self._process.poll() is None

    def up(self) -> bool:
        """Wait until requests are answered; False when the daemon died before."""
        assert self._process is not None
        deadline = time.monotonic() + START_S
        while time.monotonic() < deadline:
            if not self.alive:
                return False
            runtime = self._runtime()
            if runtime is not None and runtime["pid"] == self._process.pid:
                return True
            time.sleep(0.02)
        raise AssertionError(f"the daemon did not come up:\n{self._log.read_text()[-3000:]}")

    def kill(self) -> list[int]:
        """SIGKILL, as a loss of power for this process; returns the pids of the workers it had."""
        assert self._process is not None
        workers = []
        if self.alive:
            workers = [child.pid for child in psutil.Process(self._process.pid).children(recursive=True)]
            self._process.send_signal(signal.SIGKILL)
        self._process.wait(10)
        return workers

    def died(self, timeout_s: float) -> bool:
        """Whether the daemon ended by itself within the time."""
        assert self._process is not None
        try:
            self._process.wait(timeout_s)
        except subprocess.TimeoutExpired:
            return False
        return True

    def stop(self) -> None:
        if self._process is not None and self.alive:
            self._process.terminate()
            self._process.wait(15)

    def _runtime(self) -> dict[str, Any] | None:
        try:
            return json.loads((self.home / "runtime.json").read_text())
        except (OSError, ValueError):
            return None

    # ------------------------------------------------------------ requests

    def ask(self, method: str, path: str, body: Any = None) -> Any:
        """One API request. Raises OSError when the daemon went away meanwhile."""
        base, token = self.address()
        request = urllib.request.Request(
            f"{base}{path}", method=method,
            data=None if body is None else json.dumps(body).encode(),
            headers={"Authorization": f"Bearer {token}", "Content-Type": "application/json"},
        )  # fmt: skip
        with urllib.request.urlopen(request, timeout=20) as answer:
            text = answer.read()
        return json.loads(text) if text else None

    def refused(self, method: str, path: str, body: Any = None) -> dict[str, Any]:
        """The problem of a request that must be refused."""
        try:
            answer = self.ask(method, path, body)
        except urllib.error.HTTPError as error:
            return json.loads(error.read())
        raise AssertionError(f"{method} {path} was not refused: {answer}")

    def address(self) -> tuple[str, str]:
        """(where the API is, the token). Raises OSError when there is no daemon."""
        runtime = self._runtime()
        if runtime is None:
            raise ConnectionError("no daemon")
        token = Path(runtime["token_file"]).read_text().strip()
        return f"http://{runtime['http_host']}:{runtime['http_port']}/api/v1", token

    def submit(self, song: Path, key: str, recipe: str = "light", **more: Any) -> str:
        """Ask for a job; again with the same key as often as needed."""
        return self.request([{"path": str(song)}], recipe, idempotency_key=key, **more)

    def request(self, inputs: list[dict[str, Any]], recipe: str = "light", **more: Any) -> str:
        body = {"recipe": recipe, "inputs": inputs, "deliver": {"folder": str(self.out)}, **more}
        return str(self.ask("POST", "/jobs", body)["id"])

    def wait(self, job: str, timeout_s: float = 60.0) -> dict[str, Any]:
        deadline = time.monotonic() + timeout_s
        while time.monotonic() < deadline:
            view = self.ask("GET", f"/jobs/{job}")
            if view["state"] in ("done", "failed", "cancelled"):
                return view
            time.sleep(0.05)
        raise AssertionError(f"job {job} is {view['state']}: {json.dumps(view['steps'], indent=1)}")

    # ------------------------------------------------------------ what must be true

    def delivered(self) -> dict[str, str]:
        """Every file below the delivery folder, by its hash; hidden ones and sidecars left out."""
        files = {}
        for path in sorted(self.out.rglob("*")):
            inside = path.relative_to(self.out).parts
            if (
                path.is_file()
                and path.name != "roadie.json"
                and not any(part.startswith(".") for part in inside)
            ):
                files[str(path.relative_to(self.out))] = hashlib.sha256(path.read_bytes()).hexdigest()
        return files

    def check(self, expected: dict[str, str]) -> None:
        """After recovery: what was asked for once stands there once, whole, and nothing else does."""
        assert self.delivered() == expected
        hidden = [path for path in self.out.rglob(".roadie/*") if path.is_file()]
        assert hidden == [], "left over in a hidden folder"
        with sqlite3.connect(self.home / "roadie.db") as db:
            assert db.execute("PRAGMA integrity_check").fetchone() == ("ok",)
            states = Counter(row[0] for row in db.execute("SELECT state FROM intent"))
            assert states["open"] == 0, states
            written = [
                row[0] for row in db.execute("SELECT delivered FROM artifact WHERE delivered IS NOT NULL")
            ]
            assert len(written) == len(set(written)), "one file for two artifacts"
        for sidecar in self.out.rglob("roadie.json"):
            json.loads(sidecar.read_text())


def write_song(path: Path, seed: int, hits: int = 3) -> Path:
    """A second of clicks that decay, each seed another sound."""
    rate = 44100
    rng = np.random.default_rng(seed)
    audio = np.zeros((rate, 2), np.float32)
    for hit in range(hits):
        start = int((0.05 + hit * 0.9 / hits) * rate)
        length = int(0.15 * rate)
        decay = np.exp(-np.arange(length) / (0.02 * rate))
        tone = np.sin(2 * np.pi * rng.uniform(80, 4000) * np.arange(length) / rate)
        click = (0.5 * decay * tone)[: rate - start, None].astype(np.float32)
        audio[start : start + length] += click
    path.parent.mkdir(parents=True, exist_ok=True)
    soundfile.write(path, audio, rate, subtype="PCM_16")
    return path
