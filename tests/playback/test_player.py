"""The playing process with a real output, and without one."""

from __future__ import annotations

import asyncio
import os
import signal
from pathlib import Path

import numpy as np
import psutil
import pytest
import soundfile

from daemon.kernel.errors import StepFailed, WorkerDied
from daemon.playback.errors import NoAudio
from daemon.playback.messages import Pad
from daemon.playback.player import Player
from tests.jack import jack_server
from tests.listening import RATE, Heard

pytestmark = pytest.mark.xdist_group("jack")


def tone(path: Path, hz: float, seconds: float, level: float = 0.5, rate: int = RATE) -> Path:
    sound = level * np.sin(2 * np.pi * hz * np.arange(int(seconds * rate)) / rate)
    soundfile.write(path, sound, rate, subtype="FLOAT")
    return path


def pitch_hz(sound: np.ndarray, rate: int = RATE) -> float:
    """Of the strongest partial, by its bin."""
    return float(np.argmax(np.abs(np.fft.rfft(sound[:, 0]))) * rate / len(sound))


async def settled(heard: Heard, seconds: float) -> np.ndarray:
    await asyncio.sleep(seconds)
    return heard.sound()


async def test_a_file_is_heard_whole_at_its_pitch_and_level(heard: Heard, tmp_path: Path):
    player = Player(heard.environ)
    try:
        other_rate = tone(tmp_path / "a.wav", 440, 0.5, rate=48_000)
        await player.play(str(other_rate))
        assert (await player.probe()).rate_hz == RATE
    finally:
        sound = await settled(heard, 0.5)
        await player.close()
    # The output takes blocks faster than they are decoded, so silence may stand between them: nothing is lost though.
    loud = sound[np.abs(sound).max(axis=1) > 1e-6]
    assert abs(len(loud) - 0.5 * RATE) < 0.01 * RATE
    assert np.abs(loud).max() == pytest.approx(0.5, abs=0.02)
    assert (loud[:, 0] == loud[:, 1]).all()  # mono on both sides


async def test_pads_are_heard_at_their_velocity(heard: Heard, tmp_path: Path):
    kick, hat = tone(tmp_path / "kick.wav", 100, 0.1), tone(tmp_path / "hat.wav", 4000, 0.1)
    (tmp_path / "text.wav").write_text("this is no audio")
    player = Player(heard.environ)
    try:
        assert not player.hit(36, 127)  # no kit: nothing is started by a hit
        text = str(tmp_path / "text.wav")
        layers = [Pad(42, str(hat), 1, 80), Pad(42, str(kick), 81, 127)]
        failed = await player.load([Pad(36, str(kick)), *layers, Pad(50, text)])
        assert list(failed) == [text] and "text.wav" in failed[text]
        assert player.hit(36, 127)
        full = await settled(heard, 0.4)
        assert pitch_hz(full) == pytest.approx(100, abs=10) and len(full) == pytest.approx(0.1 * RATE, abs=50)
        assert np.abs(full).max() == pytest.approx(0.5, abs=1e-3)
        player.hit(42, 64)
        player.hit(60, 127)  # no sound there
        both = await settled(heard, 0.4)
        soft = both[len(full) :]
        assert np.abs(soft).max() == pytest.approx(0.5 * (64 / 127) ** 2, abs=1e-3)  # General MIDI's curve
        assert pitch_hz(soft) == pytest.approx(4000, abs=10)  # the layer of this velocity alone
    finally:
        await player.close()


async def test_stop_silences_and_what_comes_next_replaces(heard: Heard, tmp_path: Path):
    player = Player(heard.environ)
    long = tone(tmp_path / "long.wav", 200, 60.0)
    try:
        await player.play(str(long))
        await player.play(str(long))
        player.stop()
        await asyncio.sleep(0.3)
        size = len(heard.sound())
        await asyncio.sleep(0.3)
        assert len(heard.sound()) == size
    finally:
        await player.close()


async def test_a_file_that_cannot_be_heard_says_why_and_the_next_plays(heard: Heard, tmp_path: Path):
    player = Player(heard.environ)
    (tmp_path / "text.wav").write_text("this is no audio")
    try:
        for name, words in (("text.wav", "text.wav"), ("missing.wav", "missing.wav")):
            with pytest.raises(StepFailed, match=words):
                await player.play(str(tmp_path / name))
        await player.play(str(tone(tmp_path / "a.wav", 440, 0.2)))
        assert len(await settled(heard, 0.3))
    finally:
        await player.close()


async def test_a_process_that_was_killed_is_started_anew(heard: Heard, tmp_path: Path):
    player = Player(heard.environ)
    sound = str(tone(tmp_path / "a.wav", 440, 0.2))
    try:
        await player.play(sound)
        playing().kill()
        async with asyncio.timeout(10):
            while player.hit(36, 100):  # noqa: ASYNC110 - another process's end is no event of this loop
                await asyncio.sleep(0.05)
        await player.play(sound)
    finally:
        await player.close()
    assert not [each for each in psutil.Process().children() if "playback" in " ".join(each.cmdline())]


def playing() -> psutil.Process:
    (child,) = [each for each in psutil.Process().children() if "playback" in " ".join(each.cmdline())]
    return child


async def test_a_kit_outlives_its_process(heard: Heard, tmp_path: Path):
    player = Player(heard.environ)
    try:
        await player.load([Pad(36, str(tone(tmp_path / "kick.wav", 100, 0.1)))])
        playing().kill()
        async with asyncio.timeout(60):
            while not player.hit(36, 127):  # noqa: ASYNC110 - the first ones get it ready
                await asyncio.sleep(0.1)
            while len(heard.sound()) == 0:
                await asyncio.sleep(0.3)
                player.hit(36, 127)
    finally:
        await player.close()


async def test_pads_sound_again_after_the_sound_server_was_killed(tmp_path: Path):
    name = f"roadie-pads-{os.getpid()}"
    player = Player({**os.environ, "JACK_DEFAULT_SERVER": name, "JACK_NO_START_SERVER": "1"})
    pads = [Pad(36, str(tone(tmp_path / "kick.wav", 100, 0.1)))]
    try:
        with jack_server(name) as server:
            await player.load(pads)
            assert (await player.probe()).device == "system"
            assert player.hit(36, 127)
            server.kill()
        async with asyncio.timeout(60):
            while player.hit(36, 127):  # noqa: ASYNC110 - another process's end is no event of this loop
                await asyncio.sleep(0.1)
        with jack_server(name):
            async with asyncio.timeout(60):
                while not player.hit(36, 127):  # noqa: ASYNC110
                    await asyncio.sleep(0.2)
            assert (await player.probe()).device == "system"
    finally:
        await player.close()


async def test_a_sound_server_that_stands_still_is_said_and_left(tmp_path: Path):
    name = f"roadie-still-{os.getpid()}"
    player = Player({**os.environ, "JACK_DEFAULT_SERVER": name, "JACK_NO_START_SERVER": "1"})
    sound = str(tone(tmp_path / "a.wav", 440, 0.2))
    try:
        with jack_server(name) as server:
            await player.play(sound)
            process = playing()
            server.send_signal(signal.SIGSTOP)
            try:
                with pytest.raises(StepFailed, match=r"asked for nothing .*sound server"):
                    await player.play(sound)
                async with asyncio.timeout(30):
                    while process.is_running():  # noqa: ASYNC110 - another process's end is no event of this loop
                        await asyncio.sleep(0.1)
            finally:
                server.send_signal(signal.SIGCONT)
            await player.play(sound)
    finally:
        await player.close()


async def test_a_process_that_reads_nothing_keeps_nobody_and_is_replaced(heard: Heard, tmp_path: Path):
    player = Player(heard.environ)
    sound = str(tone(tmp_path / "kick.wav", 100, 0.1))
    try:
        await player.load([Pad(36, sound)])
        process = playing()
        process.suspend()
        hits = 0
        async with asyncio.timeout(60):
            while player.hit(36, 127):  # far more than a pipe and a queue hold
                player.stop()
                hits += 1
            assert hits > 100
            while process.is_running():  # noqa: ASYNC110 - another process's end is no event of this loop
                await asyncio.sleep(0.05)
            while not player.hit(36, 127):  # noqa: ASYNC110 - the first ones get the kit ready again
                await asyncio.sleep(0.1)
        await player.play(sound)
    finally:
        await player.close()


async def test_a_process_that_hangs_is_ended_and_the_next_plays(
    heard: Heard, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    player = Player(heard.environ)
    sound = str(tone(tmp_path / "a.wav", 440, 0.2))
    try:
        await player.play(sound)
        process = playing()
        process.suspend()
        monkeypatch.setattr("daemon.playback.player.PLAY_S", 0.3)
        with pytest.raises(WorkerDied, match="does not answer"):
            await player.play(sound)
        monkeypatch.undo()
        await player.play(sound)
        assert not process.is_running()
    finally:
        await player.close()


async def test_what_is_overtaken_before_it_is_heard_is_answered_too(heard: Heard, tmp_path: Path):
    player = Player(heard.environ)
    sounds = [str(tone(tmp_path / f"{hz}.wav", hz, 0.2)) for hz in (200, 300, 400, 500)]
    try:
        await player.probe()
        asked = [asyncio.create_task(player.play(each)) for each in sounds]
        await asyncio.sleep(0)
        player.stop()
        async with asyncio.timeout(10):
            await asyncio.gather(*asked)
    finally:
        await player.close()


async def test_a_sound_that_ends_before_it_begins_is_answered(heard: Heard, tmp_path: Path):
    player = Player(heard.environ)
    soundfile.write(tmp_path / "click.wav", np.ones(1), 192_000)
    try:
        async with asyncio.timeout(10):
            await player.play(str(tmp_path / "click.wav"))
    finally:
        await player.close()


async def test_no_output_is_said_with_what_to_do(tmp_path: Path):
    if Path("/dev/snd").exists():  # noqa: ASYNC240
        pytest.skip("this machine has a sound card, so nothing to hear with cannot be tried")
    player = Player()
    with pytest.raises(NoAudio, match="no sound output"):
        await player.play(str(tone(tmp_path / "a.wav", 440, 0.1)))
    with pytest.raises(NoAudio):
        await player.probe()
    await player.close()


async def test_without_the_optional_package_the_command_that_installs_it_is_told(tmp_path: Path):
    """The package hidden from the playing process by an empty one of its name, which says that it is not there."""
    hidden = tmp_path / "sounddevice.py"
    hidden.write_text("raise ImportError('hidden')")
    import sys

    before = list(sys.path)
    sys.path.insert(0, str(tmp_path))
    player = Player()
    try:
        with pytest.raises(NoAudio, match="uv sync --extra audio"):
            await player.play("/none.wav")
    finally:
        sys.path[:] = before
        await player.close()


async def test_a_process_that_cannot_even_start(tmp_path: Path):
    import sys

    (tmp_path / "soundfile.py").write_text("raise SystemExit(3)")
    before = list(sys.path)
    sys.path.insert(0, str(tmp_path))
    player = Player()
    try:
        with pytest.raises(WorkerDied, match="exit code 3"):
            await player.play("/none.wav")
    finally:
        sys.path[:] = before
        await player.close()
