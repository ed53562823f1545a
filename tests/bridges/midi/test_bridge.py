"""A real virtual port, where this machine has a MIDI system (ALSA's sequencer, or JACK with its dummy driver), and
a real daemon without one."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from bridges.midi import bridge as midi_bridge
from bridges.midi.bridge import MidiBridge
from bridges.midi.commands import Commands
from bridges.midi.errors import NoMidi
from bridges.midi.ports import SEQUENCER, check_system
from daemon.app import running
from daemon.config import load_settings
from daemon.services.controls import ControlsService
from daemon.services.events import EventMessage, EventsService
from daemon.services.types_controls import BindingView
from tests.bridges.midi.conftest import Api, Controller, Device, arrives, learnt, plays
from tests.bridges.osc.conftest import RECIPE, Stage, stage

pytestmark = pytest.mark.xdist_group("jack")


async def test_a_key_is_learnt_and_runs_a_recipe_whose_light_shows_it(played: tuple[Stage, Controller, Api]):
    staged, controller, api = played

    def press() -> None:
        controller.send("note_on", channel=0, note=36, velocity=100)

    assert await learnt(api, "run light", press) == {"on": "note 1 36", "do": "run light"}
    await api.ask("PUT", "/selection", path=str(staged.song()))
    assert (await api.ask("GET", "/jobs"))["items"] == []  # learning was no press
    press()
    controller.send("note_off", channel=0, note=36)
    (job,) = (await api.until("/jobs?state=done", lambda found: found["items"]))["items"]
    assert job["recipe"] == "light" and job["client"] == "midi"
    async with asyncio.timeout(5):
        while not (controller.lit and controller.lit[-1].velocity == 0):  # noqa: ASYNC110
            await asyncio.sleep(0.05)
    assert controller.lit[0].note == 36 and controller.lit[0].velocity > 0


@pytest.mark.parametrize(
    ("kind", "fields", "on"),
    [
        ("control_change", {"control": 20, "value": 127}, "cc 3 20"),
        ("program_change", {"program": 5}, "program 3 5"),
    ],
)
async def test_a_controller_and_a_program_are_learnt_and_pressed(
    played: tuple[Stage, Controller, Api], kind: str, fields: dict[str, int], on: str
):
    staged, controller, api = played
    await api.ask("PUT", "/selection", path=str(staged.song()))

    def press() -> None:
        if kind == "control_change":
            controller.send(kind, channel=2, control=20, value=10)  # on its way up
        controller.send(kind, channel=2, **fields)

    assert await learnt(api, "run light", press) == {"on": on, "do": "run light"}
    if kind == "control_change":
        controller.send(kind, channel=2, control=20, value=0)
    controller.send(kind, channel=2, **fields)
    (job,) = (await api.until("/jobs?state=done", lambda found: found["items"]))["items"]
    assert job["client"] == "midi"


async def test_a_turn_of_a_knob_is_one_press(played: tuple[Stage, Controller, Api]):
    staged, controller, api = played
    await api.ask(
        "PUT", "/midi", bindings=[{"on": "cc 1 20", "do": "cancel"}, {"on": "note 1 1", "do": "run light"}]
    )
    await api.ask("PUT", "/transport", playing=True)  # so that they stay open
    await api.ask("PUT", "/selection", path=str(staged.song()))
    song = str(staged.song("held.wav"))
    held = [(await api.ask("POST", "/jobs", recipe="stems", inputs=[{"path": song}]))["id"] for _ in range(3)]
    for value in range(60, 70):
        controller.send("control_change", channel=0, control=20, value=value)
    controller.send("note_on", channel=0, note=1, velocity=100)  # in order: when this is done, all before is
    await api.until("/jobs", lambda found: any(each["recipe"] == "light" for each in found["items"]))
    states = [(await api.ask("GET", f"/jobs/{job}"))["state"] for job in held]
    assert [state == "cancelled" for state in states] == [False, False, True]  # the newest


async def test_a_key_and_a_button_over_osc_mean_one_job(played: tuple[Stage, Controller, Api]):
    staged, controller, api = played
    await api.ask(
        "PUT", "/midi", bindings=[{"on": "note 1 1", "do": "run stems"}, {"on": "note 1 2", "do": "run light"}]
    )
    await api.ask("PUT", "/selection", path=str(staged.song()))
    await api.ask("PUT", "/transport", playing=True)  # so that it stays open
    controller.send("note_on", channel=0, note=1, velocity=100)
    (job,) = (await api.until("/jobs", lambda found: found["items"]))["items"]
    surface = staged.surface()
    surface.send("/roadie/selected/run/stems", 1.0)
    assert (await surface.next("/roadie/queued")).args[1] == job["id"]
    for note in (1, 2):  # in order: when the second is done, so is the first
        controller.send("note_on", channel=0, note=note, velocity=100)
    found = await api.until("/jobs", lambda found: any(each["recipe"] == "light" for each in found["items"]))
    assert sorted(each["recipe"] for each in found["items"]) == ["light", "stems"]


async def test_learning_ends_with_who_asked_for_it(
    played: tuple[Stage, Controller, Api], monkeypatch: pytest.MonkeyPatch
):
    staged, controller, api = played
    right, begun = ControlsService.learn, asyncio.Event()
    ended: asyncio.Future[BaseException] = asyncio.get_running_loop().create_future()

    async def seen(self: ControlsService, do: str, wait_s: float) -> BindingView:
        begun.set()
        try:
            return await right(self, do, wait_s)
        except BaseException as error:
            ended.set_result(error)
            raise

    monkeypatch.setattr(ControlsService, "learn", seen)
    asking = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "daemon.cli", "midi", "learn", "cancel",
        env={**os.environ, "ROADIE_HOME": str(staged.home)},
    )  # fmt: skip
    await begun.wait()
    asking.send_signal(signal.SIGINT)
    assert await asking.wait() != 0
    assert isinstance(await ended, asyncio.CancelledError)  # and not because no key came
    controller.send("note_on", channel=0, note=60, velocity=90)
    await arrives(controller, api)
    assert (await api.ask("GET", "/midi"))["bindings"] == []


async def test_a_learnt_key_outlives_a_restart(midi_system: dict[str, Any], tmp_path: Path):
    async with stage(tmp_path, **midi_system) as staged:
        api = Api(staged)
        await api.ask(
            "PUT", "/midi", bindings=[{"on": "cc 1 20", "do": "progress"}, {"on": "note 1 1", "do": "next"}]
        )
        await api.close()
    async with stage(tmp_path, **midi_system) as staged:
        api = Api(staged)
        found = await api.ask("GET", "/midi")
        assert {each["on"]: each["do"] for each in found["bindings"]} == {
            "cc 1 20": "progress",
            "note 1 1": "next",
        }
        await api.close()


async def test_lights_go_on_after_what_nobody_foresaw(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """A disk that cannot be read for a moment. It takes no MIDI to see what would be sent."""
    monkeypatch.setattr(midi_bridge, "_AGAIN_S", 0.01)
    sent: list[bytes] = []
    monkeypatch.setattr(MidiBridge, "_send", lambda _bridge, message: sent.append(message))
    stream, broken, first = EventsService.stream, asyncio.Event(), []

    async def breaks_once(events: EventsService, since: int | None) -> AsyncIterator[EventMessage]:
        """For each that listens, at the first job."""
        async for message in stream(events, since):
            if message.body["type"] == "job.submitted":
                first.append(message.body["job"])
                if message.body["job"] == first[0]:
                    broken.set()
                    raise OSError("disk I/O error")
            yield message

    monkeypatch.setattr(EventsService, "stream", breaks_once)
    async with stage(tmp_path, **{"midi.enabled": True, "osc.enabled": False}) as staged:
        api = Api(staged)
        await api.ask("PUT", "/midi", bindings=[{"on": "note 1 36", "do": "run light"}])
        for name in ("broken.wav", "lit.wav"):
            sent.clear()
            song = str(staged.song(name))
            job = await api.ask("POST", "/jobs", recipe="light", inputs=[{"path": song}])
            await api.until(f"/jobs/{job['id']}", lambda found: found["state"] == "done")
            await asyncio.wait_for(broken.wait(), 60)
        async with asyncio.timeout(60):
            while not (len(sent) > 1 and sent[-1] == bytes([0x90, 36, 0])):  # noqa: ASYNC110
                await asyncio.sleep(0.05)
        await api.close()


async def test_two_keys_go_through_the_hits(played: tuple[Stage, Controller, Api]):
    staged, controller, api = played
    for name in ("Alpha.wav", "Beta.wav", "Epsilon.wav"):
        staged.song(name, 1.0 + len(name) / 10)
    await api.ask("POST", "/scans", path=str(staged.music))
    await api.until("/jobs?state=done", lambda found: found["items"])
    surface = staged.surface()
    surface.send("/roadie/search", "wav", 10)
    heard = await surface.until("/roadie/search/done")
    hits = [each.args[2] for each in heard if each.address == "/roadie/hit"]
    if not hits:
        surface.send("/roadie/search", "", 10)
        heard = await surface.until("/roadie/search/done")
        hits = [each.args[2] for each in heard if each.address == "/roadie/hit"]
    assert len(hits) == 3
    await api.ask(
        "PUT", "/midi", bindings=[{"on": "program 1 5", "do": "next"}, {"on": "cc 1 9", "do": "previous"}]
    )
    for place in (0, 1, 2, 0):
        controller.send("program_change", channel=0, program=5)
        await api.until("/selection", lambda found, place=place: found["path"] == hits[place])
    controller.send("control_change", channel=0, control=9, value=127)
    await api.until("/selection", lambda found: found["path"] == hits[2])


async def _ticked(controller: Controller, api: Api) -> Any:
    """What is known of the transport after a clock of 60 ticks at 125 bpm."""
    for _ in range(60):
        controller.clock(0xF8)
        await asyncio.sleep(60 / 125 / 24)
    return await api.ask("GET", "/transport")


async def test_clock_and_start_pause_heavy_work_and_stop_lets_it_go_on(played: tuple[Stage, Controller, Api]):
    _, controller, api = played
    async with asyncio.timeout(60):
        found = await api.ask("GET", "/transport")
        while not (found["playing"] and found["bpm"]):  # where others keep this process from sending, once more
            controller.clock(0xFA)
            found = await _ticked(controller, api)
    assert found["heavy_paused"] and 60 < found["bpm"] < 140  # paced by a busy machine's own clock
    await plays(controller, api, False)
    await api.until("/transport", lambda found: not found["heavy_paused"])
    await plays(controller, api, True)
    await api.until("/transport", lambda found: not found["playing"])  # the clock fell silent, and said nothing


async def test_a_clock_alone_leaves_what_others_said_and_stop_is_heard_among_many_keys(
    played: tuple[Stage, Controller, Api],
):
    _, controller, api = played
    await api.ask("PUT", "/midi", bindings=[{"on": "cc 1 20", "do": "next"}])
    await api.ask("PUT", "/transport", playing=True, recording=True)
    async with asyncio.timeout(60):
        while not (found := await _ticked(controller, api))["bpm"]:
            pass
    assert found["playing"] and found["recording"] and found["said_by"] == "HTTP"
    controller.clock(0xFA)
    for turn in range(200):
        controller.send("control_change", channel=0, control=20, value=100 * (turn % 2))
    controller.clock(0xFC)
    await api.until("/transport", lambda found: not found["playing"])


@pytest.fixture
async def ports(
    midi_system: dict[str, Any], tmp_path: Path
) -> AsyncIterator[tuple[Stage, Controller, Device, Api]]:
    """A DAW at roadie's own port, and a drum machine that roadie opens."""
    async with stage(tmp_path, **{**midi_system, "midi.devices": ["Drums*"]}) as staged:
        daw, api = Controller(bool(midi_system)), Api(staged)
        await daw.connect()
        drums = Device("Drums 9000", bool(midi_system))
        try:
            for port in (daw, drums):
                await arrives(port, api)
            yield staged, daw, drums, api
        finally:
            daw.close()
            drums.close()
            await api.close()


async def test_two_clocks_at_two_ports_are_not_one_of_twice_the_tempo(
    ports: tuple[Stage, Controller, Device, Api],
):
    _, daw, drums, api = ports
    async with asyncio.timeout(60):
        while not (bpm := (await api.ask("GET", "/transport"))["bpm"]):
            for _ in range(60):
                for port in (daw, drums):
                    port.clock(0xF8)
                await asyncio.sleep(60 / 125 / 24)
    assert bpm < 140  # a busy machine's own clock is slower, never faster


async def test_a_stop_ends_what_the_same_port_began(ports: tuple[Stage, Controller, Device, Api]):
    staged, daw, drums, api = ports
    await api.ask("PUT", "/midi", bindings=[{"on": "note 1 1", "do": "run light"}])
    await api.ask("PUT", "/selection", path=str(staged.song()))
    await plays(daw, api, True)
    drums.clock(0xFC)
    drums.send("note_on", channel=0, note=1, velocity=100)  # when this is done, so is what came before
    await api.until("/jobs", lambda found: found["items"])
    assert (await api.ask("GET", "/transport"))["playing"]
    await plays(daw, api, False)


async def test_a_device_that_is_pulled_out_plays_no_more(ports: tuple[Stage, Controller, Device, Api]):
    """It has no clock that could fall silent."""
    _, _, drums, api = ports
    await plays(drums, api, True)
    drums.close()
    await api.until("/transport", lambda found: not found["playing"])


async def test_a_device_is_opened_when_it_is_plugged_in(midi_system: dict[str, Any], tmp_path: Path):
    async with stage(tmp_path, **{**midi_system, "midi.devices": ["Pads*"]}) as staged:
        api = Api(staged)
        await api.ask("PUT", "/midi", bindings=[{"on": "note 1 36", "do": "run light"}])
        await api.ask("PUT", "/selection", path=str(staged.song()))
        for _ in range(2):  # in, out, and in again
            pads = Device("Pads 9000", bool(midi_system))
            before = len((await api.ask("GET", "/jobs"))["items"])
            async with asyncio.timeout(60):
                while len((await api.ask("GET", "/jobs"))["items"]) == before:
                    pads.send("note_on", channel=0, note=36, velocity=90)
                    await asyncio.sleep(0.5)
            pads.close()
            await asyncio.sleep(3.5)
        await api.close()


async def test_a_mistake_in_a_command_does_not_end_the_keys(
    played: tuple[Stage, Controller, Api], monkeypatch: pytest.MonkeyPatch
):
    staged, controller, api = played
    await api.ask("PUT", "/midi", bindings=[{"on": "note 1 36", "do": "run light"}])
    await api.ask("PUT", "/selection", path=str(staged.song()))
    right, struck = Commands.do, []

    async def wrong_once(self: Commands, command: str, value: int) -> None:
        struck.append(command)
        if len(struck) == 1:
            raise ValueError("a mistake")
        await right(self, command, value)

    monkeypatch.setattr(Commands, "do", wrong_once)
    for _ in range(2):
        controller.send("note_on", channel=0, note=36, velocity=100)
    await api.until("/jobs?state=done", lambda found: found["items"])
    assert len(struck) == 2


async def test_keys_beyond_what_can_wait_are_left_out_and_the_log_says_so_once(
    played: tuple[Stage, Controller, Api], monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
):
    _, controller, api = played
    await api.ask("PUT", "/midi", bindings=[{"on": "note 1 1", "do": "next"}])
    go_on, done = asyncio.Event(), []

    async def slow(self: Commands, command: str, value: int) -> None:
        await go_on.wait()
        done.append(value)

    monkeypatch.setattr(Commands, "do", slow)
    for velocity in range(1, 101):
        controller.send("note_on", channel=0, note=1, velocity=velocity)
    await arrives(controller, api)
    go_on.set()
    async with asyncio.timeout(60):
        while len(done) < 32:  # noqa: ASYNC110 - of another task
            await asyncio.sleep(0.01)
    assert done[:32] == list(range(1, 33))
    assert [each.message for each in caplog.records if "are left out" in each.message] == [
        "MIDI keys come faster than they can be done: some are left out"
    ]


async def test_what_osc_says_of_recording_outlives_a_change_of_tempo(played: tuple[Stage, Controller, Api]):
    _, controller, api = played
    await plays(controller, api, True)
    await api.ask("PUT", "/transport", playing=True, recording=True)
    for _ in range(60):
        controller.clock(0xF8)
        await asyncio.sleep(60 / 125 / 24)
    found = await api.until("/transport", lambda found: found["bpm"])
    assert found["recording"]
    await plays(controller, api, False)
    assert not (await api.ask("GET", "/transport"))["recording"]


async def test_a_key_that_is_none_is_refused_also_where_there_is_no_midi(tmp_path: Path):
    async with stage(tmp_path, **{"midi.enabled": False}) as staged:
        api = Api(staged)
        with pytest.raises(AssertionError, match="is no trigger"):
            await api.ask("PUT", "/midi", bindings=[{"on": "note 17 128", "do": "next"}])
        with pytest.raises(AssertionError, match="'note 16 1' is bound twice"):
            await api.ask(
                "PUT", "/midi", bindings=[{"on": on, "do": "next"} for on in ("note 16 1", "note 16 01")]
            )
        with pytest.raises(AssertionError, match="there is no recipe 'nope'"):
            await api.ask("PUT", "/midi", bindings=[{"on": "note 1 1", "do": "run nope"}])
        with pytest.raises(AssertionError, match="a program change has no value"):
            await api.ask("PUT", "/midi", bindings=[{"on": "program 1 3", "do": "progress"}])
        bound = await api.ask("PUT", "/midi", bindings=[{"on": "note 16 0127", "do": "run  light "}])
        assert bound["bindings"] == [{"on": "note 16 127", "do": "run light"}]
        await api.close()


@pytest.mark.skipif(sys.platform != "linux" or SEQUENCER.exists(), reason="this machine has an ALSA sequencer")
async def test_a_daemon_without_midi_works_and_says_so(tmp_path: Path):
    (tmp_path / "recipes").mkdir()
    (tmp_path / "recipes" / "light.toml").write_text(RECIPE)
    settings = load_settings({"ROADIE_HOME": str(tmp_path)}, **{"http.port": 0, "osc.enabled": False})
    async with running(settings) as runtime:
        staged = Stage(tmp_path, tmp_path, tmp_path, runtime, [])
        api = Api(staged)
        checks = await api.until(
            "/doctor", lambda found: any(each["name"] == "MIDI" for each in found["items"])
        )
        (line,) = [each for each in checks["items"] if each["name"] == "MIDI"]
        assert line["ok"] and "no ALSA sequencer" in line["found"] and "modprobe snd-seq" in line["mend"]
        await api.close()


def test_the_reason_is_told(tmp_path: Path):
    if sys.platform == "linux":
        with pytest.raises(NoMidi, match="no ALSA sequencer"):
            check_system(False, tmp_path / "seq")
