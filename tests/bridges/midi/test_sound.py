"""What keys and pads let one hear, from the controller to the sound, and what they end."""

from __future__ import annotations

import asyncio
import os
import struct
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile

from tests.bridges.midi.conftest import Api, Controller, arrives, controlled
from tests.bridges.osc.conftest import Stage, stage
from tests.listening import RATE, Heard

pytestmark = pytest.mark.xdist_group("jack")
PADS = 9
"""Channel 10, as mido counts."""


@pytest.fixture
async def audible(
    heard: Heard, midi_system: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[tuple[Stage, Controller, Api]]:
    """As `played`, and what sounds is written down."""
    monkeypatch.setenv("ALSA_CONFIG_PATH", heard.environ["ALSA_CONFIG_PATH"])
    async with (
        stage(tmp_path, **midi_system) as staged,
        controlled(staged, bool(midi_system)) as all_three,
    ):
        yield all_three


def _tone(path: Path, seconds: float, level: float = 0.5) -> Path:
    soundfile.write(path, level * np.sin(2 * np.pi * 441 * np.arange(int(seconds * RATE)) / RATE), RATE)
    return path


async def _ended(heard: Heard, before: int = 0) -> np.ndarray:
    """What is heard after so many frames, once it sounds no more."""
    await heard.more(before)
    sound = heard.sound()
    while True:
        await asyncio.sleep(0.4)
        if len(heard.sound()) == len(sound):
            return sound[before:]
        sound = heard.sound()


@pytest.mark.parametrize(
    ("kind", "fields", "value"),
    [("note_on", {"note": 40, "velocity": 64}, 64), ("control_change", {"control": 20, "value": 90}, 90)],
)
async def test_the_selection_is_heard_as_loud_as_the_key_was_struck(
    audible: tuple[Stage, Controller, Api], heard: Heard, kind: str, fields: dict[str, int], value: int
) -> None:
    staged, controller, api = audible
    on = "note 1 40" if kind == "note_on" else "cc 1 20"
    await api.ask("PUT", "/midi", bindings=[{"on": on, "do": "audition"}])
    await api.ask("PUT", "/selection", path=str(_tone(staged.music / "tone.wav", 0.3)))
    controller.send(kind, channel=0, **fields)
    sound = await _ended(heard)
    assert np.abs(sound).max() == pytest.approx(0.5 * (value / 127) ** 2, abs=1e-3)


def _hours(path: Path, hours: int) -> Path:
    """A sound whose samples take no room on the disk: bytes of 0 are -1, and never silent."""
    frames = hours * 3600 * 8000
    form = struct.pack("<4sIHHIIHH", b"fmt ", 16, 1, 1, 8000, 8000, 1, 8)
    path.write_bytes(
        struct.pack("<4sI4s", b"RIFF", 36 + frames, b"WAVE") + form + struct.pack("<4sI", b"data", frames)
    )
    os.truncate(path, 44 + frames)
    return path


async def test_stop_ends_what_plays(audible: tuple[Stage, Controller, Api], heard: Heard) -> None:
    staged, controller, api = audible
    await api.ask(
        "PUT", "/midi", bindings=[{"on": "note 1 40", "do": "audition"}, {"on": "program 1 3", "do": "stop"}]
    )
    hours = 1  # this output takes it in half a minute, but not before it is told to stop
    await api.ask("PUT", "/selection", path=str(_hours(staged.music / "long.wav", hours)))
    controller.send("note_on", channel=0, note=40, velocity=127)
    await heard.more()
    controller.send("program_change", channel=0, program=3)
    sound = await _ended(heard)  # with gaps where this output was quicker than the file is read
    assert np.count_nonzero(sound[:, 0]) < hours * 3600 * RATE


async def test_pads_play_the_kit_that_a_key_puts_on_them(
    audible: tuple[Stage, Controller, Api], heard: Heard
) -> None:
    staged, controller, api = audible
    await api.ask("PUT", "/midi", bindings=[{"on": "note 1 41", "do": "kit"}])
    await api.ask("POST", "/jobs", recipe="light", inputs=[{"path": str(staged.song())}])
    await api.until("/jobs?state=done", lambda found: found["items"])
    screen = staged.surface()
    screen.send("/roadie/subscribe", 0, 600)
    await screen.until("/roadie/slot/8/progress")
    controller.send("note_on", channel=0, note=41, velocity=100)
    shown = await screen.until("/roadie/kit/done")
    pads = {each.args[1]: each.args[2] for each in shown if each.address == "/roadie/pad/name"}
    note, name = next(iter(pads.items()))
    (file,) = staged.out.rglob(f"*{name}.wav")
    peak = np.abs(soundfile.read(file)[0]).max()
    before = 0
    for velocity in (127, 64):
        controller.send("note_on", channel=PADS, note=note, velocity=velocity)
        sound = await _ended(heard, before)
        # General MIDI's curve, as tests/playback has it.
        assert np.abs(sound).max() == pytest.approx(peak * (velocity / 127) ** 2, abs=1e-3)
        before += len(sound)
    controller.send("note_on", channel=0, note=note, velocity=127)  # another channel's keys are no pads
    controller.send("note_off", channel=PADS, note=note)
    await arrives(controller, api)
    assert len(await _ended(heard)) == before
