"""What tests of plug-ins share: sounds, chains, a catalogue as a scan makes it."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import psutil
import soundfile

from daemon.chains.plugins.binary import examine
from daemon.chains.plugins.catalogue import Catalogue, Described, Entry
from daemon.chains.plugins.host import Host, Limits
from daemon.chains.plugins.messages import Describe, Names, Render
from daemon.steps.hosting import only_answer
from tests.plugins.build import NAMES, POISON, VENDOR

RATE = 44100


def effect(bundle: Path, name: str | None = None, **more: Any) -> dict[str, Any]:
    """A resolved entry of a chain for a test plug-in."""
    name = name or NAMES[bundle.stem]
    return {
        "plugin": f"vst3:{VENDOR}/{name}", "file": str(bundle), "name": name, "hash": examine(bundle).hash,
        "version": "1.2.3", "instrument": bundle.stem == "INSTRUMENT", **more,
    }  # fmt: skip


def chain(*fx: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"name": "test", "about": "", "fx": list(fx), **more}


def write_sound(
    path: Path, seed: int, *, poison: bool = False, channels: int = 2, seconds: float = 0.3
) -> Path:
    """Noise that decays, float. poison: with the sample that misbehaving plug-ins wait for."""
    rng = np.random.default_rng(seed)
    frames = int(seconds * RATE)
    audio = 0.3 * rng.standard_normal((frames, channels)) * np.exp(-np.arange(frames) / (0.3 * frames))[:, None]
    if poison:
        audio[100] = POISON
    path.parent.mkdir(parents=True, exist_ok=True)
    soundfile.write(path, audio.astype(np.float32), RATE, subtype="FLOAT")
    return path


def read(path: Path) -> np.ndarray:
    """(frames, channels) float32"""
    return soundfile.read(path, dtype="float32", always_2d=True)[0]


def order(serial: int, path: Path, out: Path, *, exact: bool = True) -> Render:
    return Render(serial, str(path), str(out), None, None, exact)


def quiet(_: float) -> None:
    """Progress that nobody looks at."""


def scanned(bundle: Path, catalogue: Catalogue) -> list[Described]:
    """Put a bundle into the catalogue as a scan does."""
    host = Host({}, (bundle.name, str(bundle)), Limits(60))
    try:
        names = only_answer(host, Names(0, str(bundle)), quiet).answer
        found = [
            msgspec.convert(only_answer(host, Describe(1, str(bundle), name), quiet).answer, Described)
            for name in names
        ]
    finally:
        host.close()
    catalogue.put(
        Entry(path=str(bundle), format="vst3", state="ok", fingerprint=examine(bundle), plugins=found)
    )
    return found


@contextlib.contextmanager
def nothing_left_behind() -> Iterator[None]:
    """Child processes, open files and shared memory are what they were."""
    before = _belongings()
    yield
    for _ in range(100):  # a process that was just killed is reaped a moment later
        if _belongings() == before:
            return
        asyncio.run(asyncio.sleep(0.02))
    assert _belongings() == before


def _belongings() -> tuple[list[int], int, int]:
    """(child processes, open files, pieces of shared memory) of this process."""
    own = psutil.Process()
    maps = Path("/proc/self/maps")
    shared = maps.read_text().count("/dev/shm") if maps.exists() else 0
    return sorted(child.pid for child in own.children(recursive=True)), own.num_fds(), shared
